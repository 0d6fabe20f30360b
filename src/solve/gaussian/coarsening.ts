import type { MixturePrior } from "../../../priors/prior.ts";
import { cholesky, solveLower } from "../../data/cholesky.ts";
import { squaredNorm } from "../../data/vector.ts";
import { productTransposed } from "../../engine/float64.ts";
import type { Gain } from "./gain.ts";

/** ζ by default. docs/mixture.md says how it was chosen, and what other values do. */
export const COARSENING = 0.02;

/**
 * The power τ = 1/(1 + (ζd)²) of the likelihood p(y | j) by which components are weighed, P(j | y) ∝ π_j p(y | j)^τ: a coarsened posterior
 * (Miller and Dunson 2019). Learned Gaussians are only near the truth. By the faults of a covariance of d measurements, which are about
 * d² numbers, log p(y | j) is wrong by an amount that grows like d². So many measurements choose one component with certainty, and often
 * the wrong one. With 1/ζ measurements half of what they say counts.
 *
 * d is the number of measurements that say something of the features. With u = Bv + e, e ~ N(0, I), and Σ the covariance of v under the
 * whole mixture, it is d = tr BΣBᵀ(I + BΣBᵀ)⁻¹. So noise and repeated measurements do not count.
 */
export async function likelihoodPower(
  coarsening: number,
  { weights, covarianceOf }: Pick<MixturePrior, "weights" | "covarianceOf">,
  gains: readonly Gain[],
  measuredMeans: Float64Array,
): Promise<number> {
  if (coarsening === 0 || weights.length === 1) return 1;
  const r = measuredMeans.length / weights.length;
  const ofCovariance = new Float64Array(gains.length);
  for (const [j, weight] of weights.entries()) ofCovariance[covarianceOf[j]!]! += weight;
  const centre = new Float64Array(r);
  for (const [j, weight] of weights.entries()) {
    for (let q = 0; q < r; q++) centre[q]! += weight * measuredMeans[j * r + q]!;
  }
  const apart = new Float64Array(r * weights.length); // columns √π_j (Bμ_j − mean)
  for (const [j, weight] of weights.entries()) {
    for (let q = 0; q < r; q++)
      apart[q * weights.length + j] = Math.sqrt(weight) * (measuredMeans[j * r + q]! - centre[q]!);
  }
  const spread = await productTransposed(apart, apart, weights.length); // BΣBᵀ
  for (const [c, { measured }] of gains.entries()) {
    const own = await productTransposed(measured, measured, measured.length / r);
    for (let at = 0; at < spread.length; at++) spread[at]! += ofCovariance[c]! * own[at]!;
  }
  for (let q = 0; q < r; q++) spread[q * (r + 1)]! += 1;
  const identity = Float64Array.from({ length: r * r }, (_, at) => Number(at % (r + 1) === 0));
  const informed = r - squaredNorm(solveLower(cholesky(spread, r), r, identity)); // r − tr (I + BΣBᵀ)⁻¹
  return 1 / (1 + (coarsening * informed) ** 2);
}
