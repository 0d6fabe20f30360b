import type * as Ort from "onnxruntime-node";
import { Graph } from "./graph.ts";
import { digest, loadOnnxRuntime } from "./node.ts";
import { encodeOnnx } from "./onnx.ts";
import type { EngineSettings } from "./settings.ts";

/**
 * Sessions of ONNX Runtime, shared by all compiled functions with the same graph. Creating and releasing sessions again and again leaks
 * native memory (onnxruntime issues 25325, 26831). So a released session is kept here for the next equal graph.
 */

interface Entry {
  readonly session: Promise<Ort.InferenceSession>;
  users: number;
}

/** The most unused sessions that are kept for reuse. Beyond this number, the one idle for longest is released. */
const MOST_IDLE = 16;

const pool = new Map<string, Entry>();

export interface Session {
  run(
    feeds: Readonly<Record<string, Ort.Tensor>>,
    fetches?: Readonly<Record<string, Ort.Tensor | null>>,
  ): Promise<Ort.InferenceSession.ReturnType>;
  release(): Promise<void>;
}

let runtime: Promise<typeof Ort> | undefined;

/** ONNX Runtime, loaded when first needed. */
export function onnxRuntime(): Promise<typeof Ort> {
  runtime ??= loadOnnxRuntime().catch((cause) => {
    throw new Error(
      `engine onnx: onnxruntime-node could not be loaded (${cause.message}); run "npm install onnxruntime-node", ` +
        "or choose --engine tfjs",
    );
  });
  return runtime;
}

/** `file`: where the model is, if it keeps tensors in files beside it. */
export async function openSession(model: Uint8Array, settings: EngineSettings, file?: string): Promise<Session> {
  const key = `${settings.device}:${settings.threads}:${digest(model)}${file === undefined ? "" : `:${file}`}`;
  const entry = pool.get(key) ?? { session: create(file ?? model, settings), users: 0 };
  pool.set(key, entry);
  entry.users++;
  const session = await entry.session.catch((error: unknown) => {
    pool.delete(key);
    throw error;
  });
  return {
    run: (feeds, fetches) => (fetches ? session.run(feeds, fetches) : session.run(feeds)),
    release: async () => {
      entry.users--;
      pool.delete(key); // moves it to the end of the queue: a Map keeps insertion order
      pool.set(key, entry);
      await evict();
    },
  };
}

async function evict(): Promise<void> {
  const idle = [...pool].filter(([, entry]) => entry.users === 0);
  const surplus = idle.slice(0, Math.max(0, idle.length - MOST_IDLE));
  for (const [key] of surplus) pool.delete(key); // all at once: while one is released, no other surplus one may be reused
  for (const [, entry] of surplus) await (await entry.session).release();
}

async function create(model: Uint8Array | string, { device, threads }: EngineSettings): Promise<Ort.InferenceSession> {
  const ort = await onnxRuntime();
  try {
    if (device === "webgpu") {
      webgpuProbe ??= probeWebgpu(ort);
      await webgpuProbe;
    }
    return await ort.InferenceSession.create(model as string, {
      executionProviders: device === "webgpu" ? ["webgpu"] : ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
      // Not session.set_denormal_as_zero: it changes the floating-point mode of JavaScript's own thread (5e-320 reads as 0).
    });
  } catch (error) {
    if (device === "webgpu") throw new Error(webgpuHelp(error));
    throw error;
  }
}

let webgpuProbe: Promise<void> | undefined;

/** Runs one product that may not fall back to the cpu, once per process. So a provider that takes no work is noticed. */
async function probeWebgpu(ort: typeof Ort): Promise<void> {
  const graph = new Graph();
  const x = graph.input([2, 2], "float32");
  const session = await ort.InferenceSession.create(encodeOnnx(graph, [graph.node("MatMul", [x, x], [2, 2])]), {
    executionProviders: ["webgpu"],
    logSeverityLevel: 4,
    extra: { session: { disable_cpu_ep_fallback: "1" } },
  });
  await session.release();
}

/** ONNX Runtime says "…/webgpu_context.cc:136 … Failed to get a WebGPU adapter: No supported adapters". */
function webgpuHelp(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = /Failed to [^:]+: (.*)/.exec(message)?.[1] ?? message.split("\n")[0];
  return (
    `device webgpu: no usable adapter (${reason}); install a Vulkan, Metal or Direct3D 12 driver for the GPU ` +
    "(Debian: apt-get install libvulkan1 mesa-vulkan-drivers), or use --device cpu"
  );
}
