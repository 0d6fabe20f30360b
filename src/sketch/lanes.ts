import type { NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import { engineSettings, type Helper, startHelper } from "../engine/index.ts";
import type { Order, Start } from "./block-helper.ts";
import { compileBlock } from "./block-sums.ts";
import type { SketchDesign } from "./design.ts";
import { addSketch, type ExactSums, noSums } from "./exact-sums.ts";
import type { Sketch } from "./sketch.ts";

/** Blocks that a helper has before it, so that it need not wait for the next one. */
const AHEAD = 2;

/** Helpers are started where so many seconds were summed and as many are left: starting them takes about one. */
const WORTH = 2;

/** Sums of blocks, by this process or by several. */
export interface Lanes {
  /** Adds the sums over a block; `left` is how many samples come after it. It may return before they are added. */
  add(data: NdArray<Float32Array>, labels: Uint8Array | undefined, left: number): Promise<void>;
  /** How many helpers sum, once those that were asked for have started. */
  helpers(): Promise<number>;
  /** Moves all that was added so far to `sums`. */
  collect(sums: ExactSums): Promise<void>;
  dispose(): Promise<void>;
}

/** A helper, and the blocks that it has not summed yet. */
interface Lane {
  readonly helper: Helper;
  readonly pending: Set<Promise<unknown>>;
}

/**
 * Sums blocks in this process, and, where that takes more than seconds, in one helper for each thread of the engine. One block is always summed by one
 * thread, and sums are exact. So the result is the same bits, whoever adds which block, in whichever order. `worth`: see `WORTH`, for tests.
 */
export async function summing(design: SketchDesign, worth = WORTH): Promise<Lanes> {
  const settings = engineSettings();
  const block = await compileBlock(design);
  const own = noSums(design);
  let [seconds, samples] = [0, 0];
  let lanes: readonly Lane[] = [];
  let starting: Promise<void> | undefined;
  let failed: unknown;
  const start = async () => {
    const arrays = Object.entries(design.arrays).map(
      ([name, array]) => [name, contiguous(array), array.shape] as const,
    );
    for (let i = 0; i < settings.threads; i++) started.push(startHelper("./block-helper", import.meta.url));
    const message: Start = { kind: "start", design: { ...design, arrays: {} }, arrays, settings };
    await Promise.all(started.map((helper) => helper.ask(message)));
    lanes = started.map((helper) => ({ helper, pending: new Set() }));
  };
  const started: Helper[] = [];
  const end = () => {
    for (const helper of started.splice(0)) helper.end();
  };
  const isWorth = (left: number) => seconds > worth && (seconds / samples) * left > worth;
  const mayHelp = settings.threads > 1 && settings.engine === "onnx" && settings.device === "cpu";
  const addElsewhere = async (data: NdArray<Float32Array>, labels: Uint8Array | undefined): Promise<void> => {
    const free = () => lanes.find(({ pending }) => pending.size < AHEAD);
    while (!free()) await Promise.race(lanes.flatMap(({ pending }) => [...pending]));
    const { helper, pending } = lanes.reduce((a, b) => (b.pending.size < a.pending.size ? b : a));
    const order: Order = { kind: "add", data: contiguous(data) as Float32Array, shape: data.shape, labels };
    const asked = helper.ask(order).catch((error: unknown) => {
      failed = error;
    });
    pending.add(asked);
    asked.finally(() => pending.delete(asked));
  };
  return {
    add: async (data, labels, left) => {
      if (failed) throw failed;
      if (lanes.length > 0) return addElsewhere(data, labels);
      const began = performance.now();
      await block.add(data, own, labels);
      seconds += (performance.now() - began) / 1000;
      samples += data.shape[0]!;
      if (!starting && mayHelp && isWorth(left)) {
        starting = start().catch(end); // where no process can be started, this one sums all
      }
    },
    helpers: async () => {
      await starting;
      return lanes.length;
    },
    collect: async (sums) => {
      await Promise.all(lanes.flatMap(({ pending }) => [...pending]));
      if (failed) throw failed;
      const order: Order = { kind: "collect" };
      const parts = await Promise.all(lanes.map(({ helper }) => helper.ask(order)));
      for (const part of [own, ...(parts as Pick<Sketch, "sums" | "rest">[])]) addSketch(sums, part);
      for (const all of [own.sums, own.rest]) for (const sum of Object.values(all)) sum.fill(0);
    },
    dispose: async () => {
      end();
      await block.dispose();
    },
  };
}
