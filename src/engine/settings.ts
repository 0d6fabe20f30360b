import { availableThreads, environment } from "./node.ts";

export const engines = ["onnx", "tfjs"] as const;
export const devices = ["cpu", "webgpu"] as const;
export type EngineName = (typeof engines)[number];
export type DeviceName = (typeof devices)[number];

/** Where and how compiled functions run. */
export interface EngineSettings {
  /** `onnx`: one ONNX graph per function, run by ONNX Runtime. `tfjs`: op by op on tfjs-node or tfjs's cpu backend. Default onnx. */
  readonly engine: EngineName;
  /** `cpu`, or `webgpu` through ONNX Runtime's own provider. Default cpu. */
  readonly device: DeviceName;
  /** Threads of one operator; default: all processors this process may use. */
  readonly threads: number;
}

const choose = <T extends string>(name: string, choices: readonly T[], value: string | undefined): T => {
  if (value === undefined || value === "") return choices[0]!;
  const found = choices.find((c) => c === value);
  if (!found) throw new RangeError(`${name}: expected ${choices.join(" or ")}, got "${value}"`);
  return found;
};

let override: Partial<EngineSettings> = {};

/** Sets the defaults of every later `compile`; the command line calls it with its options. */
export function configureEngine(settings: Partial<EngineSettings>): void {
  override = { ...override, ...settings };
}

/** The present settings: from `configureEngine`, else SKETCHPRIOR_ENGINE, SKETCHPRIOR_DEVICE and SKETCHPRIOR_THREADS, else defaults. */
export function engineSettings(own: Partial<EngineSettings> = {}): EngineSettings {
  const { SKETCHPRIOR_ENGINE, SKETCHPRIOR_DEVICE, SKETCHPRIOR_THREADS } = environment();
  const chosen = { ...override, ...own };
  const threads = chosen.threads ?? (SKETCHPRIOR_THREADS ? Number(SKETCHPRIOR_THREADS) : availableThreads());
  if (!(Number.isInteger(threads) && threads > 0)) {
    throw new RangeError(`threads: expected a positive integer, got ${threads}`);
  }
  const engine = choose("engine", engines, chosen.engine ?? SKETCHPRIOR_ENGINE);
  const device = choose("device", devices, chosen.device ?? SKETCHPRIOR_DEVICE);
  if (engine === "tfjs" && device !== "cpu") {
    throw new RangeError(`device: the engine tfjs runs on the cpu only, got "${device}"; use the engine onnx`);
  }
  return { engine, device, threads };
}
