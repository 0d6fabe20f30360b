import type { LinearOperator } from "../../../operators/operator.ts";
import type { WindowPrior } from "../../../priors/prior.ts";
import { raisedCholesky } from "../../../priors/raised-cholesky.ts";
import { product, productTransposed } from "../../engine/float64.ts";
import {
  conditionalMeans,
  type MeasurementCovariance,
  measurementCovariance,
  whitenedCross,
} from "../gaussian/measurement-covariance.ts";
import { transposedMatrix } from "../operator-matrix.ts";
import type { Problem } from "../problem.ts";

/** The posterior of the Gaussian N(μ, C) of whole images: N(x̄, V), V the same for all signals of a problem. */
export interface WholePosterior {
  readonly n: number;
  /** x̄ [batch, n]. */
  readonly means: Float64Array;
  /** V [n, n]. */
  readonly covariance: Float64Array;
  /** The lower triangular R with V = RRᵀ. */
  readonly root: Float64Array;
  readonly measured: MeasurementCovariance;
}

/** Parts of the largest variance that are added to V, the first that makes it definite. */
const RAISES = [0, 1e-12, 1e-9, 1e-7];

/** x̄ = μ + CΦᵀS⁻¹(y − Φμ) and V = C − CΦᵀS⁻¹ΦC, S = ΦCΦᵀ + diag(σᵢ²), in float64. */
export async function wholePosterior(
  problem: Problem,
  operator: LinearOperator,
  { mean, covariance }: Pick<WindowPrior, "mean" | "covariance">,
  signal?: AbortSignal,
): Promise<WholePosterior> {
  const n = mean.length;
  const measured = await measurementCovariance(operator, covariance, problem.noise, 0, signal);
  const { m } = measured;
  const seen = await product(mean, (await transposedMatrix(operator)).data, 1, n, m);
  const gaps = Float64Array.from(problem.y.data, (v, at) => v - seen[at % m]!);
  const means = await conditionalMeans(measured, gaps);
  for (let at = 0; at < means.length; at++) means[at]! += mean[at % n]!;
  const rows = await whitenedCross(measured, signal);
  const explained = await productTransposed(rows, rows, m);
  const left = covariance.map((v, at) => v - explained[at]!);
  const root = await definiteRoot(left, n);
  return { n, means, covariance: left, root, measured };
}

/** The lower triangular R of a covariance RRᵀ [n, n], of which rounding may have left one that is not definite. */
export async function definiteRoot(matrix: Float64Array, n: number): Promise<Float64Array> {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * (n + 1)]!);
  return raisedCholesky(
    matrix,
    n,
    RAISES.map((part) => () => part * largest),
  );
}
