import type { LinearOperator } from "../../operators/operator.ts";
import { sizeOf } from "../data/array.ts";
import { cholesky, solveLower, solveLowerTransposed } from "../data/cholesky.ts";
import { multiply, transpose } from "../data/matmul.ts";
import { transposedMatrix } from "./operator-matrix.ts";

/** N(0, C), C [n, n], seen through a linear Φ with noise: all that its posterior needs, whatever was measured. */
export interface SeenCovariance {
  readonly n: number;
  readonly m: number;
  /** L [m, m] with S = ΦCΦᵀ + σ²I = LLᵀ. */
  readonly factor: Float64Array;
  /** ΦC [m, n]. */
  readonly cross: Float64Array;
}

/** Least noise variance, as a fraction of the mean variance tr(ΦCΦᵀ)/m of a measurement. */
const NOISE_FLOOR = 1e-6;

/**
 * Factors S = ΦCΦᵀ + σ²I in float64; σ is the standard deviation of the noise of each measurement, C row-major.
 *
 * σ² is at least 1e-6 tr(ΦCΦᵀ)/m: without noise S is singular wherever Φ sees what C never varies (black borders), and
 * float32 measurements carry rounding of about 1e-6 of their size, variance 1e-12, which a singular S would blow up.
 */
export async function seenCovariance(
  operator: LinearOperator,
  covariance: ArrayLike<number>,
  noise: number,
): Promise<SeenCovariance> {
  const [n, m] = [sizeOf(operator.inShape), sizeOf(operator.outShape)];
  const { data: transposed } = await transposedMatrix(operator);
  const cross = multiply(transpose(transposed, n, m), covariance, m, n, n);
  const seen = multiply(cross, transposed, m, n, m);
  let trace = 0;
  for (let i = 0; i < m; i++) trace += seen[i * m + i]!;
  const variance = Math.max(noise ** 2, (NOISE_FLOOR * trace) / m) || 1; // C = 0 without noise: any S will do
  for (let i = 0; i < m; i++) seen[i * m + i]! += variance;
  return { n, m, factor: cholesky(seen, m), cross };
}

/** E[r | Φr + w = d] = CΦᵀS⁻¹d, r ~ N(0, C), for every row d of d [rows, m]: [rows, n]. */
export const conditionalMeans = (seen: SeenCovariance, d: Float64Array): Float64Array =>
  ofWhitened(seen, solveLower(seen.factor, seen.m, d.slice()));

/** The same of L⁻¹d: CΦᵀL⁻ᵀ(L⁻¹d). */
export function ofWhitened({ n, m, factor, cross }: SeenCovariance, whitened: Float64Array): Float64Array {
  const weights = solveLowerTransposed(factor, m, whitened.slice());
  return multiply(weights, cross, whitened.length / m, m, n);
}
