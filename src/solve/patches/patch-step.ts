import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { cellProduct, componentChooser } from "../../../priors/patches/index.ts";
import type { PatchPrior } from "../../../priors/prior.ts";
import { compile } from "../../engine/index.ts";
import { gatesOf, rankFor, sharedDirectionsOf } from "../../sketch/index.ts";

/** Linear maps of patches, one for each component: U_k diag(g(λ)) U_kᵀ, [components, d, d]. */
export type Filters = NdArray<Float32Array>;

export type PatchStep = Awaited<ReturnType<typeof patchStep>>;

/**
 * The patch step of half-quadratic splitting: argmin_z ‖z − v‖²/(2s²) − log N(z; 0, Σ_k) = Σ_k(Σ_k + s²I)⁻¹v for every patch v, with k the most
 * probable component of v ~ Σ_k π_k N(0, Σ_k + s²I). That choice looks at covariances in the `most` leading directions of all patches, or as many as leave a rest beside
 * the means, and at variances along all others.
 */
export async function patchStep(prior: PatchPrior, most: number, signal?: AbortSignal) {
  const { weights, values, vectors, channels } = prior;
  const [cells, d] = values.shape as [number, number];
  const rank = rankFor(d, channels, most);
  const shared = await sharedDirectionsOf(
    { weights, values: values.data, vectors: vectors.data },
    { rank, channels, ...(signal && { signal }) },
  );
  const gates = (s: number) => gatesOf(shared, channels, s * s);
  const shrink = ndarray(new Float32Array(cells * d), [cells, d, 1]);
  const chooser = await componentChooser(gates(1));
  const filters = await compile(
    (given: { shrink: tf.Tensor; vectors: tf.Tensor }) =>
      tf.matMul(tf.mul(given.vectors, given.shrink), given.vectors, true, false),
    { shrink, vectors },
    { name: "patch filters" },
  );
  const product = await cellProduct({ cells, given: d, made: d });

  /** The most probable component of every patch. */
  const chosen = (patches: Float32Array, s: number, signal?: AbortSignal): Promise<Int32Array> =>
    chooser.chosen(patches, gates(s), signal);

  const filtersOf = async (gain: (value: number) => number): Promise<Filters> => {
    for (const [at, v] of values.data.entries()) shrink.data[at] = gain(v);
    return filters.run({ shrink, vectors });
  };

  return {
    chosen,
    /** Filters with the gain g of every eigenvalue. */
    filtersOf,
    /** Every patch [n, d] through the filter of its component. */
    filtered: product.run,
    /** The patch step of patches [n, d] at the standard deviation s. */
    run: async (patches: Float32Array, s: number, signal?: AbortSignal): Promise<Float32Array> => {
      const components = await chosen(patches, s, signal);
      return product.run(patches, components, await filtersOf((v) => v / (v + s * s)), signal);
    },
    dispose: async () => {
      for (const compiled of [chooser, filters, product]) await compiled.dispose();
    },
  };
}
