export { batchedOnnx } from "./batched.ts";
export { type Compiled, type CompileOptions, compile } from "./compile.ts";
export { contiguous, fromHost, isArray } from "./host.ts";
export {
  configureEngine,
  type DeviceName,
  devices,
  type EngineName,
  type EngineSettings,
  engineSettings,
  engines,
} from "./settings.ts";
export type { HostArray, HostData, Struct, TensorsOf } from "./struct.ts";
