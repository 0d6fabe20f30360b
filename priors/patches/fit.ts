import ndarray from "ndarray";
import { sizeOf } from "../../src/data/array.ts";
import { familySpec, maximised, type Sketch, spectra } from "../../src/sketch/index.ts";
import type { PatchPrior } from "../prior.ts";

/** A mixture of Gaussians on patches, without a name. */
export type PatchModel = Omit<PatchPrior, "kind" | "name">;

/**
 * The mixture of a sketch's gated moments in closed form: π_k = n_k/n and Σ_k the second moments of cell k, leaned a little on those of all
 * cells (`maximised`): the maximisation of one step of expectation maximisation.
 * Errors (InputError): the sketch has no gated moments.
 */
export async function fitPatches({ design, sums }: Sketch, signal?: AbortSignal): Promise<PatchModel> {
  const { channels, cells } = familySpec(design, "gated-moments", "patches");
  const d = sizeOf(design.shape);
  const fit = maximised(sums["gated-moments.count"]!, sums["gated-moments.xx"]!, d);
  const { values, vectors } = await spectra(fit, d, signal);
  return {
    ...{ side: design.shape[0]!, channels, weights: fit.weights },
    values: ndarray(Float32Array.from(values), [cells, d]),
    vectors: ndarray(Float32Array.from(vectors), [cells, d, d]),
  };
}
