export { batchedOnnx } from "./batched.ts";
export { type Compiled, type CompileOptions, compile } from "./compile.ts";
export { answerMessages, type Helper, startHelper } from "./node.ts";
export {
  configureEngine,
  type DeviceName,
  devices,
  type EngineName,
  type EngineSettings,
  engineSettings,
  engines,
} from "./settings.ts";
export type { Struct, TensorsOf } from "./struct.ts";
