import { cholesky, solveLower } from "../../data/cholesky.ts";
import { squaredNorm } from "../../data/vector.ts";
import { productTransposed } from "../../engine/float64.ts";

/** ζ by default. docs/mixture.md says how it was chosen, and what other values do. */
export const COARSENING = 0.02;

/**
 * The power τ = 1/(1 + (ζd)²) of the likelihood p(y | j) by which components are weighed, P(j | y) ∝ π_j p(y | j)^τ: a coarsened posterior
 * (Miller and Dunson 2019). Learned Gaussians are only near the truth. By the faults of a covariance of d measurements, which are about
 * d² numbers, log p(y | j) is wrong by an amount that grows like d². So many measurements choose one component with certainty, and often
 * the wrong one. With 1/ζ measurements half of what they say counts.
 *
 * d is the number of measurements that say something of the features, `informed`.
 */
export const likelihoodPower = (coarsening: number, informed: number): number => 1 / (1 + (coarsening * informed) ** 2);

/** What the measurements of a mixture, through one chart, are: their means Bμ_j [r] with weights, and Σ_j π_j BΣ_jBᵀ [r, r]. */
export interface MeasuredChart {
  readonly weights: readonly number[];
  readonly means: readonly Float64Array[];
  readonly spread: Float64Array;
}

/**
 * The number of measurements that say something of the features: with u = Bv + e, e ~ N(0, I), and Σ the covariance of v,
 * tr BΣBᵀ(I + BΣBᵀ)⁻¹, in the mean over the charts. So noise and repeated measurements do not count.
 */
export async function informed(charts: readonly MeasuredChart[], r: number): Promise<number> {
  let sum = 0;
  for (const { weights, means, spread } of charts) {
    const total = weights.reduce((a, b) => a + b, 0);
    if (total === 0) continue;
    const centre = new Float64Array(r);
    for (const [j, mean] of means.entries()) for (let q = 0; q < r; q++) centre[q]! += (weights[j]! / total) * mean[q]!;
    const apart = new Float64Array(r * means.length); // columns √π_j (Bμ_j − mean)
    for (const [j, mean] of means.entries()) {
      const root = Math.sqrt(weights[j]! / total);
      for (let q = 0; q < r; q++) apart[q * means.length + j] = root * (mean[q]! - centre[q]!);
    }
    const whole = await productTransposed(apart, apart, means.length); // BΣBᵀ
    for (let at = 0; at < whole.length; at++) whole[at]! += spread[at]! / total;
    for (let q = 0; q < r; q++) whole[q * (r + 1)]! += 1;
    const identity = Float64Array.from({ length: r * r }, (_, at) => Number(at % (r + 1) === 0));
    sum += total * (r - squaredNorm(solveLower(cholesky(whole, r), r, identity))); // r − tr (I + BΣBᵀ)⁻¹
  }
  return sum;
}
