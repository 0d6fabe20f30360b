import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import type { PatchPrior } from "../../../priors/prior.ts";
import { fillTiles, tilesFor } from "../../data/tiles.ts";
import { compile } from "../../engine/index.ts";
import { type Gates, gatesOf, leadingOf, logGates } from "../../sketch/index.ts";

/** Patches whose components are chosen in one compiled run, and of the blocks in which they are filtered. */
const [CHOSEN, FILTERED] = [4096, 16384];
/** Patches of one component that are filtered together. */
const TILE = 32;

/** Linear maps of patches, one for each component: U_k diag(g(λ)) U_kᵀ, [components, d, d]. */
export type Filters = NdArray<Float32Array>;

export type PatchStep = Awaited<ReturnType<typeof patchStep>>;

/**
 * The patch step of half-quadratic splitting: argmin_z ‖z − v‖²/(2s²) − log N(z; 0, Σ_k) = Σ_k(Σ_k + s²I)⁻¹v for every patch v, with k the most
 * probable component of v ~ Σ_k π_k N(0, Σ_k + s²I). That choice looks at the `most` leading directions of all patches, or as many as leave a rest beside
 * the means, and at one variance of that rest.
 */
export async function patchStep(prior: PatchPrior, most: number) {
  const { weights, values, vectors, channels } = prior;
  const [cells, d] = values.shape as [number, number];
  const rank = Math.max(1, Math.min(most, d - channels - 1));
  const leading = leadingOf({ weights, values: values.data, vectors: vectors.data }, { rank, channels });
  const gates = (s: number) => gatesOf(leading, channels, s * s);
  const rows = ndarray(new Float32Array(CHOSEN * d), [CHOSEN, d]);
  const shrink = ndarray(new Float32Array(cells * d), [cells, d, 1]);
  const choose = await compile(
    ({ v, ...own }: { v: tf.Tensor } & Gates<tf.Tensor>) => tf.argMax(logGates(v, own), 0),
    { v: rows, ...gates(1) },
    { name: "patch component" },
  );
  const filters = await compile(
    (given: { shrink: tf.Tensor; vectors: tf.Tensor }) =>
      tf.matMul(tf.mul(given.vectors, given.shrink), given.vectors, true, false),
    { shrink, vectors },
    { name: "patch filters" },
  );
  const tiles = tilesFor(FILTERED, cells, TILE);
  const count = tiles.cellOf.length;
  const block = {
    v: ndarray(new Float32Array(FILTERED * d), [FILTERED, d]),
    members: ndarray(tiles.members, [count * TILE]),
    component: ndarray(tiles.cellOf, [count]),
    place: ndarray(new Int32Array(FILTERED), [FILTERED]),
  };
  const apply = await compile(
    ({ v, members, component, place, matrices }: Record<keyof typeof block | "matrices", tf.Tensor>) => {
      const own = tf.reshape(tf.gather(v, members as tf.Tensor1D), [count, TILE, d]);
      const filtered = tf.matMul(own, tf.gather(matrices, component as tf.Tensor1D));
      return tf.gather(tf.reshape(filtered, [count * TILE, d]), place as tf.Tensor1D);
    },
    { ...block, matrices: vectors },
    { name: "patch filter" },
  );

  /** The most probable component of every patch. */
  const chosen = async (patches: Float32Array, s: number, signal?: AbortSignal): Promise<Int32Array> => {
    const own = gates(s);
    const out = new Int32Array(patches.length / d);
    for (let from = 0; from < out.length; from += CHOSEN) {
      signal?.throwIfAborted();
      const some = patches.subarray(from * d, (from + CHOSEN) * d);
      rows.data.set(some);
      const found = (await choose.run({ v: rows, ...own })) as unknown as NdArray<Int32Array>;
      out.set(found.data.subarray(0, some.length / d), from);
    }
    return out;
  };

  const filtersOf = async (gain: (value: number) => number): Promise<Filters> => {
    for (const [at, v] of values.data.entries()) shrink.data[at] = gain(v);
    return filters.run({ shrink, vectors });
  };

  const filtered = async (
    patches: Float32Array,
    components: Int32Array,
    matrices: Filters,
    signal?: AbortSignal,
  ): Promise<Float32Array> => {
    const out = new Float32Array(patches.length);
    for (let from = 0; from < components.length; from += FILTERED) {
      signal?.throwIfAborted();
      const some = patches.subarray(from * d, (from + FILTERED) * d);
      block.v.data.set(some);
      fillTiles(tiles, components.subarray(from, from + FILTERED), 0, block.place.data);
      const { data } = (await apply.run({ ...block, matrices })) as NdArray<Float32Array>;
      out.set(data.subarray(0, some.length), from * d);
    }
    return out;
  };

  return {
    chosen,
    /** Filters with the gain g of every eigenvalue. */
    filtersOf,
    /** Every patch [n, d] through the filter of its component. */
    filtered,
    /** The patch step of patches [n, d] at the standard deviation s. */
    run: async (patches: Float32Array, s: number, signal?: AbortSignal): Promise<Float32Array> => {
      const components = await chosen(patches, s, signal);
      return filtered(patches, components, await filtersOf((v) => v / (v + s * s)), signal);
    },
    dispose: async () => {
      for (const compiled of [choose, filters, apply]) await compiled.dispose();
    },
  };
}
