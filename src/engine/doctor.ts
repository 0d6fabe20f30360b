import { createRequire } from "node:module";
import os from "node:os";
import * as tf from "#tf";
import { fromHost } from "../data/array.ts";
import { messageOf } from "../data/errors.ts";
import { stream } from "../data/random.ts";
import { type EagerBackend, eagerBackend } from "./backend.ts";
import { compile } from "./compile.ts";
import { type DeviceName, type EngineName, engineSettings } from "./settings.ts";

/** Whether something can be used; if not, why, and the command that changes this. */
export interface Availability {
  readonly available: boolean;
  readonly detail: string;
  readonly install?: string;
}

export interface Speed {
  /** Matrix products of 512×512, float32. */
  readonly gflops: number;
  /** Nanoseconds for one cosine. */
  readonly cosine: number;
}

export interface Diagnosis {
  readonly engines: { readonly [K in EngineName]: Availability };
  readonly devices: { readonly [K in DeviceName]: Availability };
  /** Threads that compiled functions use. */
  readonly threads: number;
  readonly processors: string;
  /** Versions of the libraries that compute; `absent` if one is not installed. */
  readonly versions: Readonly<Record<string, string>>;
  /** Measured with the present settings; absent if these cannot run. */
  readonly speed?: Speed;
}

/** Time that the speed check takes for each of its two figures. */
const CHECK_MS = 700;

/** What this machine can run, what is missing with the command that installs it, and how fast the chosen engine is. */
export async function diagnose(): Promise<Diagnosis> {
  const settings = engineSettings();
  const found = {
    engines: { onnx: await tried("onnx", "cpu"), tfjs: await tried("tfjs", "cpu") },
    devices: { cpu: await tried("onnx", "cpu"), webgpu: await tried("onnx", "webgpu") },
  };
  const usable = found.engines[settings.engine].available && found.devices[settings.device].available;
  return {
    ...found,
    threads: settings.threads,
    processors: processorsText(),
    versions: libraryVersions(),
    ...(usable && { speed: await speed() }),
  };
}

const NATIVE_TFJS = "npm install @tensorflow/tfjs-node";

/** What the engine tfjs runs on; if that is not the native back end, how to get it. */
export function describeEager({ name, problem }: EagerBackend): Availability {
  if (name === "tensorflow") return { available: true, detail: "operation by operation, native (tfjs-node)" };
  const slow = "operation by operation in JavaScript, slow";
  if (!problem) return { available: true, detail: slow, install: NATIVE_TFJS };
  return {
    available: true,
    detail: `${slow}: ${problem}`,
    install: "npm rebuild @tensorflow/tfjs-node --build-addon-from-source",
  };
}

/** Runs a small function with this engine and device, and returns whether that works. */
async function tried(engine: EngineName, device: DeviceName): Promise<Availability> {
  try {
    const x = fromHost(Float32Array.of(3, 4), [2]);
    const norm = await compile(
      ({ x: v }: { x: tf.Tensor }) => tf.sqrt(tf.sum(tf.square(v))),
      { x },
      { engine, device },
    );
    const { data } = await norm.run({ x });
    await norm.dispose();
    if (data[0] !== 5) return { available: false, detail: `computes ${data[0]} for √(3² + 4²)` };
    if (engine === "onnx") return { available: true, detail: `ONNX Runtime, ${device} provider` };
    return describeEager(await eagerBackend());
  } catch (error) {
    const detail = messageOf(error).split(";")[0]!;
    const install =
      device === "webgpu" ? "apt-get install libvulkan1 mesa-vulkan-drivers" : "npm install onnxruntime-node";
    return { available: false, detail, install };
  }
}

/** Versions of the libraries that compute; `absent` if one is not installed. */
export const libraryVersions = (): Readonly<Record<string, string>> => ({
  node: process.versions.node,
  "@tensorflow/tfjs-core": tf.version_core,
  "onnxruntime-node": installedVersion("onnxruntime-node"),
  "@tensorflow/tfjs-node": installedVersion("@tensorflow/tfjs-node"),
});

/** The processors, and how many of them this process may use. */
export const processorsText = (): string =>
  `${os.cpus()[0]?.model.trim() ?? "unknown"}, ${os.availableParallelism()} usable`;

function installedVersion(name: string): string {
  try {
    return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
  } catch {
    return "absent";
  }
}

/** The speed of matrix products and of cosines, which determine most running times here. */
async function speed(): Promise<Speed> {
  const n = 512;
  const x = fromHost(stream(1, "speed check").fillNormal(new Float32Array(n * n)), [n, n]);
  const product = ({ x: a }: { x: tf.Tensor }) => tf.sum(tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D));
  const cosines = ({ x: a }: { x: tf.Tensor }) => tf.sum(tf.cos(a));
  return {
    gflops: (2 * n ** 3) / (await nanoseconds(product, x)),
    cosine: (await nanoseconds(cosines, x)) / n ** 2,
  };
}

/** Median time of one run. */
async function nanoseconds(
  fn: (inputs: { x: tf.Tensor }) => tf.Tensor,
  x: ReturnType<typeof fromHost>,
): Promise<number> {
  const compiled = await compile(fn, { x });
  const times: number[] = [];
  const started = performance.now();
  while (times.length < 3 || performance.now() - started < CHECK_MS) {
    const from = performance.now();
    await compiled.run({ x });
    times.push(performance.now() - from);
  }
  await compiled.dispose();
  return 1e6 * times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}
