import { erf } from "#math";

/** One part of the mixture: a Gaussian for every number of a signal. */
export interface MarginalPart {
  /** Probability of this part, given y. */
  readonly probability: number;
  /** [n] */
  readonly mean: Float64Array;
  /** [n] */
  readonly variance: Float64Array;
}

/** The marginal posterior of every number of one signal: a mixture of Gaussians whose probabilities sum to 1. */
export type Marginals = readonly MarginalPart[];

/** Standard deviation of every number, [n]: √(Σ_j p_j (v_j + (μ_j − μ)²)), μ the mean of all parts. */
export function deviationOf(parts: Marginals): Float64Array {
  const n = parts[0]!.mean.length;
  const mean = new Float64Array(n);
  for (const part of parts) for (let i = 0; i < n; i++) mean[i]! += part.probability * part.mean[i]!;
  const out = new Float64Array(n);
  for (const { probability, mean: own, variance } of parts) {
    for (let i = 0; i < n; i++) out[i]! += probability * (variance[i]! + (own[i]! - mean[i]!) ** 2);
  }
  return out.map((v) => Math.sqrt(Math.max(0, v)));
}

/**
 * P(number ≤ x | y) of every number, [n]. x lies in the central interval of probability p if |P − ½| ≤ p/2. If x was drawn from the
 * prior, P is uniform.
 */
export function probabilityBelow(parts: Marginals, x: ArrayLike<number>): Float64Array {
  const out = new Float64Array(x.length);
  for (const { probability, mean, variance } of parts) {
    for (let i = 0; i < x.length; i++) {
      const gap = x[i]! - mean[i]!;
      const units = variance[i]! > 0 ? gap / Math.sqrt(2 * variance[i]!) : gap * Number.POSITIVE_INFINITY || 0;
      out[i]! += (probability * (1 + erf(units))) / 2;
    }
  }
  return out;
}
