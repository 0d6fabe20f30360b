import ndarray from "ndarray";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { familySpec, LEAST, maximised, type Sketch } from "../../src/sketch/index.ts";
import type { PatchPrior } from "../prior.ts";

/** A mixture of Gaussians on patches, without a name. */
export type PatchModel = Omit<PatchPrior, "kind" | "name">;

/**
 * The mixture of a sketch's gated moments in closed form: π_k = n_k/n and Σ_k the second moments of cell k, leaned a little on those of all
 * cells (`maximised`): the maximisation of one step of expectation maximisation.
 * Errors (InputError): the sketch has no gated moments.
 */
export function fitPatches({ design, sums }: Sketch): PatchModel {
  const { channels, cells } = familySpec(design, "gated-moments", "patches");
  const d = design.shape.reduce((a, b) => a * b, 1);
  const { weights, covariances } = maximised(sums["gated-moments.count"]!, sums["gated-moments.xx"]!, d);
  const values = new Float32Array(cells * d);
  const vectors = new Float32Array(cells * d * d);
  for (const [k, covariance] of covariances.entries()) {
    const eigen = symmetricEigen(covariance, d);
    values.set(
      eigen.values.map((v) => Math.max(v, LEAST)), // of a cell that few samples are left in after a subtraction
      k * d,
    );
    vectors.set(eigen.vectors, k * d * d);
  }
  return {
    ...{ side: design.shape[0]!, channels, weights },
    values: ndarray(values, [cells, d]),
    vectors: ndarray(vectors, [cells, d, d]),
  };
}
