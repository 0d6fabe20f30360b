import ndarray from "ndarray";
import { cholesky } from "../../src/data/cholesky.ts";
import type { MixturePrior, PatchPrior } from "../prior.ts";

/** Variance that is added to each number, as a part of the largest, against the rounding of float32. */
const RAISE = 1e-7;

/** The patches as signals of a mixture, all of the mean ½: for draws. Patches of photographs deviate from it to both sides. */
export function patchMixture({ name, side, channels, weights, values, vectors }: PatchPrior): MixturePrior {
  const [cells, d] = values.shape as [number, number];
  const factors = new Float32Array(cells * d * d);
  const most = values.data.reduce((a, b) => Math.max(a, b), 0);
  for (let k = 0; k < cells; k++) {
    const covariance = new Float64Array(d * d);
    for (let j = 0; j < d; j++) {
      const u = vectors.data.subarray((k * d + j) * d, (k * d + j + 1) * d);
      const value = values.data[k * d + j]!;
      for (let a = 0; a < d; a++) for (let b = 0; b <= a; b++) covariance[a * d + b]! += value * u[a]! * u[b]!;
    }
    for (let a = 0; a < d; a++) covariance[a * (d + 1)]! += RAISE * most;
    factors.set(cholesky(covariance, d), k * d * d);
  }
  const zeros = (...shape: number[]) => ndarray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  const identity = zeros(d, d);
  for (let a = 0; a < d; a++) identity.data[a * (d + 1)] = 1;
  return {
    ...{ kind: "mixture", name, weights, matrix: identity },
    shape: channels === 1 ? [side, side] : [side, side, channels],
    means: zeros(cells, d),
    covarianceOf: Int32Array.from(weights, (_, k) => k),
    factors: ndarray(factors, [cells, d, d]),
    ...{ centre: ndarray(new Float32Array(d).fill(0.5), [d]), residual: zeros(d, d) },
  };
}
