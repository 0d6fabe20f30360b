import { matrixPower, principalRoot, ridged } from "../../../priors/cell-linear/roots.ts";
import type { MixtureModel } from "../../../priors/mixture/model.ts";
import { symmetricEigen } from "../../../src/data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../../src/data/matmul.ts";

/** Each group of a mixture's components (its labels, or all) as one Gaussian with a low-rank root: v = μ_g + zR_g + e. */
export interface GroupGaussians {
  /** Probability of every group. */
  readonly conditions: Float64Array;
  /** μ_g [k] */
  readonly means: readonly Float64Array[];
  /** R_g [rank, k], rotated so that R_g E⁻¹ R_gᵀ is diagonal. Then the posterior of z given v has independent entries. */
  readonly roots: readonly Float64Array[];
  /** E [k, k], the mean over the groups of the covariance that the roots leave out, well conditioned (`ridged`). */
  readonly rest: Float64Array;
}

export function groupGaussians(
  { weights, means, covarianceOf, factors, labels }: MixtureModel,
  rank: number,
): GroupGaussians {
  const k = means.shape[1]!;
  const groups = labels ? Math.max(...labels) + 1 : 1;
  const conditions = new Float64Array(groups);
  const sums = Array.from({ length: groups }, () => ({ v: new Float64Array(k), vv: new Float64Array(k * k) }));
  const covariances = Array.from({ length: factors.shape[0]! }, (_, c) => {
    const factor = Float64Array.from(factors.data.subarray(c * k * k, (c + 1) * k * k));
    return multiplyTransposed(factor, factor, k);
  });
  for (const [j, weight] of weights.entries()) {
    const group = labels?.[j] ?? 0;
    conditions[group]! += weight;
    const { v, vv } = sums[group]!;
    const sigma = covariances[covarianceOf[j]!]!;
    for (let a = 0; a < k; a++) {
      const mean = means.data[j * k + a]!;
      v[a]! += weight * mean;
      for (let b = 0; b < k; b++) vv[a * k + b]! += weight * (sigma[a * k + b]! + mean * means.data[j * k + b]!);
    }
  }
  const rest = new Float64Array(k * k);
  const own = sums.map(({ v, vv }, g) => {
    const total = conditions[g]! || 1; // a label that never occurs
    const mean = v.map((s) => s / total);
    const sigma = vv.map((s, at) => s / total - mean[Math.floor(at / k)]! * mean[at % k]!);
    const root = principalRoot(sigma, k, rank);
    const known = multiply(transpose(root, rank, k), root, k, rank, k);
    for (let i = 0; i < rest.length; i++) rest[i]! += conditions[g]! * (sigma[i]! - known[i]!);
    return { mean, root };
  });
  const whole = rest.slice();
  for (const [g, { root }] of own.entries()) {
    const known = multiply(transpose(root, rank, k), root, k, rank, k);
    for (let i = 0; i < whole.length; i++) whole[i]! += conditions[g]! * known[i]!;
  }
  const conditioned = ridged(rest, whole, k);
  const inverse = matrixPower(conditioned, k, -1);
  const roots = own.map(({ root }) => {
    const gain = multiplyTransposed(multiply(root, inverse, rank, k, k), root, k);
    return multiply(symmetricEigen(gain, rank).vectors, root, rank, rank, k);
  });
  return { conditions, means: own.map(({ mean }) => mean), roots, rest: conditioned };
}
