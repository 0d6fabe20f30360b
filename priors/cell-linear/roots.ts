import { symmetricEigen } from "../../src/data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../src/data/matmul.ts";
import type { MixtureModel } from "../mixture/model.ts";

/** A mixture's covariances by low-rank roots: Σ_c = R_cᵀR_c + what is left, v = μ_j + zR_c + e with z ~ N(0, I). */
export interface Roots {
  /** R, one [rank, k] a covariance. */
  readonly roots: readonly Float64Array[];
  /** The group of every covariance: its label, or 0 where there are none. */
  readonly groups: Int32Array;
  /** Mean over the groups' covariances of R, one [rank, k] a group. */
  readonly means: readonly Float64Array[];
  /** Probability of every covariance: that of its components. */
  readonly weights: Float64Array;
  /** Mean over the covariances of Σ_c − R_cᵀR_c, [k, k]. */
  readonly rest: Float64Array;
  /** The same, well conditioned (`ridged`): errors are measured in its units. */
  readonly units: Float64Array;
}

const RIDGE = 0.01;
const LEAST_RIDGE = 1e-4;

/**
 * The rows of R_c are the principal directions of Σ_c times their deviations. Any rotation of them is a root too; each R_c is
 * turned to be nearest to the root of its group's mean covariance, and that one to the root of all (orthogonal Procrustes),
 * so that one z means similar changes in all cells.
 */
export function alignedRoots(
  { weights: probabilities, covarianceOf, factors, labels }: MixtureModel,
  rank: number,
): Roots {
  const [count, k] = factors.shape as [number, number];
  const weights = new Float64Array(count);
  const groups = new Int32Array(count);
  for (const [j, c] of covarianceOf.entries()) {
    weights[c]! += probabilities[j]!;
    groups[c] = labels?.[j] ?? 0;
  }
  const covariances = Array.from({ length: count }, (_, c) => {
    const factor = Float64Array.from(factors.data.subarray(c * k * k, (c + 1) * k * k));
    return multiplyTransposed(factor, factor, k);
  });
  const whole = weightedMean(covariances, weights);
  const all = principalRoot(whole, k, rank);
  const names = Array.from({ length: Math.max(...groups) + 1 }, (_, g) => g);
  const within = (g: number) => weights.map((w, c) => (groups[c] === g ? w : 0));
  const ofGroups = names.map((g) => turned(principalRoot(weightedMean(covariances, within(g)), k, rank), all, rank));
  const roots = covariances.map((sigma, c) => turned(principalRoot(sigma, k, rank), ofGroups[groups[c]!]!, rank));
  const rest = whole.slice();
  for (const [c, root] of roots.entries()) {
    const known = multiply(transpose(root, rank, k), root, k, rank, k);
    for (let i = 0; i < rest.length; i++) rest[i]! -= weights[c]! * known[i]!;
  }
  return {
    roots,
    groups,
    means: names.map((g) => weightedMean(roots, within(g))),
    weights,
    rest,
    units: ridged(rest, whole, k),
  };
}

/**
 * A rest with more on its diagonal: 1 % of its mean variance, but at least 1e-4 of that of `whole`. Without it, where the roots
 * explain everything, the inverse root would amplify rounding.
 */
export function ridged(rest: Float64Array, whole: Float64Array, k: number): Float64Array {
  const ridge = Math.max(RIDGE * meanVariance(rest, k), LEAST_RIDGE * meanVariance(whole, k));
  return rest.map((v, at) => (at % (k + 1) === 0 ? v + ridge : v));
}

const meanVariance = (covariance: Float64Array, k: number): number =>
  covariance.reduce((sum, v, i) => (i % (k + 1) === 0 ? sum + v / k : sum), 0);

/** Σ w A / Σ w; zeros where all weights are 0. */
export function weightedMean(matrices: readonly Float64Array[], weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, w) => sum + w, 0) || 1;
  const out = new Float64Array(matrices[0]!.length);
  for (const [c, matrix] of matrices.entries()) {
    if (weights[c] === 0) continue;
    for (let i = 0; i < out.length; i++) out[i]! += (weights[c]! / total) * matrix[i]!;
  }
  return out;
}

/** Rows √λᵢ uᵢ of the `rank` largest eigenvalues, [rank, k]. */
export function principalRoot(sigma: Float64Array, k: number, rank: number): Float64Array {
  const { values, vectors } = symmetricEigen(sigma, k, rank);
  return vectors.map((v, at) => v * Math.sqrt(Math.max(0, values[Math.floor(at / k)]!)));
}

/** OR with the orthogonal O that brings R nearest to `to`: O = M(MᵀM)^{-1/2}, M = to Rᵀ. */
function turned(root: Float64Array, to: Float64Array, rank: number): Float64Array {
  const k = root.length / rank;
  const m = multiplyTransposed(to, root, k);
  const inverse = matrixPower(multiply(transpose(m, rank, rank), m, rank, rank, rank), rank, -0.5);
  return multiply(multiply(m, inverse, rank, rank, rank), root, rank, rank, k);
}

/** Eigenvalues below this part of the largest are raised to it before a power is taken. */
const LEAST = 1e-9;

/** A^p of a symmetric positive semidefinite A [n, n]. */
export function matrixPower(matrix: ArrayLike<number>, n: number, power: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const least = LEAST * values[0]!;
  const scaled = vectors.map((v, at) => v * Math.max(least, values[Math.floor(at / n)]!) ** (power / 2));
  const columns = transpose(scaled, n, n);
  return multiplyTransposed(columns, columns, n);
}
