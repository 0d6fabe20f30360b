import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { type CompileOptions, compile } from "../../src/engine/index.ts";
import { type Gates, logGates } from "../../src/sketch/index.ts";

/** Patches whose components are chosen in one compiled run. */
const CHOSEN = 4096;

type HostGates = Gates<NdArray<Float32Array>>;

/** Chooses the most probable component of patches without their means, by `logGates`. `like` has the sizes of the gates that are given later. */
export async function componentChooser(like: HostGates, options: Pick<CompileOptions, "threads"> = {}) {
  const d = like.basis.shape[0]!;
  const rows = ndarray(new Float32Array(CHOSEN * d), [CHOSEN, d]);
  const choose = await compile(
    ({ v, ...own }: { v: tf.Tensor } & Gates<tf.Tensor>) => tf.argMax(logGates(v, own), 0),
    { v: rows, ...like },
    { ...options, name: "patch component" },
  );
  return {
    /** The component of every patch [n, d]. */
    chosen: async (patches: Float32Array, gates: HostGates, signal?: AbortSignal): Promise<Int32Array> => {
      const out = new Int32Array(patches.length / d);
      for (let from = 0; from < out.length; from += CHOSEN) {
        signal?.throwIfAborted();
        const some = patches.subarray(from * d, (from + CHOSEN) * d);
        rows.data.set(some);
        const found = (await choose.run({ v: rows, ...gates })) as unknown as NdArray<Int32Array>;
        out.set(found.data.subarray(0, some.length / d), from);
      }
      return out;
    },
    dispose: () => choose.dispose(),
  };
}
