import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../data/array.ts";
import { cholesky } from "../../data/cholesky.ts";
import type { ValueRange } from "../../data/range.ts";
import { yieldToEvents } from "../../engine/events.ts";
import { compile } from "../../engine/index.ts";
import type { Outcome } from "../recovery.ts";
import { intoBox } from "./into-box.ts";
import type { MixturePosterior } from "./mixture-posterior.ts";

/** One compiled run makes at most `CHUNK` covariances [n, n], of at most `CHUNK_NUMBERS` numbers together. */
const CHUNK = 16;
const CHUNK_NUMBERS = 2 ** 25;

/** Components that are less probable than this are left out of P. They change it by less than the mode's own approximation. */
const NEGLIGIBLE = 1e-3;

export interface ConstrainedMode {
  /** [batch, ...shape] */
  readonly estimate: NdArray<Float32Array>;
  /**
   * One per signal. `converged`: the conditions of Karush, Kuhn and Tucker hold within the tolerance. `max-steps`: they do not.
   * `fallback`: the iteration diverged and the estimate is the clipped mean.
   */
  readonly outcomes: readonly Outcome[];
}

/**
 * The box-constrained mode of one Gaussian with the posterior's mean x̄ and covariance P:
 *
 *   argmin (x − x̄)ᵀ P⁻¹ (x − x̄)  over low ≤ x ≤ high.
 *
 * It is not the posterior's own mode: the mixture is replaced by the Gaussian of equal moments. Clipping moves only the pixels outside
 * the box; here they move the correlated pixels inside it as well. Where most pixels lie on a bound, as the black pixels of digits do,
 * the bounds tell as much as measurements.
 */
export async function boxConstrainedMode(
  { mean, unexplained, featureCovariance }: MixturePosterior,
  [low, high]: ValueRange,
  signal?: AbortSignal,
): Promise<ConstrainedMode> {
  const batch = mean.shape[0]!;
  const n = mean.size / batch;
  const { matrix, residual } = await unexplained();
  const k = matrix.length / n;
  const rows = Math.max(1, Math.min(CHUNK, batch, Math.floor(CHUNK_NUMBERS / (n * n))));
  const fixed = {
    matrix: fromHost(Float32Array.from(matrix), [n, k]),
    residual: fromHost(Float32Array.from(residual), [n, n]),
  };
  const features = new Float32Array(rows * k * k);
  const inputs = { ...fixed, features: fromHost(features, [rows, k, k]) };
  const covariances = await compile(covariancesOf(rows, n, k), inputs, { name: "covariances" });
  const estimate = new Float32Array(mean.data);
  const outcomes: Outcome[] = [];
  for (let first = 0; first < batch; first += rows) {
    signal?.throwIfAborted();
    const count = Math.min(rows, batch - first);
    for (let i = 0; i < count; i++) features.set(rootOf(featureCovariance(first + i, NEGLIGIBLE), k), i * k * k);
    const { data } = await covariances.run(inputs);
    for (let i = 0; i < count; i++) {
      const row = (p: number) => data.subarray((i * n + p) * n, (i * n + p + 1) * n);
      outcomes.push(intoBox(estimate.subarray((first + i) * n, (first + i + 1) * n), row, low, high));
      await yieldToEvents();
      signal?.throwIfAborted();
    }
  }
  await covariances.dispose();
  return { estimate: fromHost(estimate, mean.shape), outcomes };
}

/** (EF)(EF)ᵀ + R of several F [rows, k, k]: [rows, n, n]. In this form rounding does not make it indefinite. */
const covariancesOf =
  (rows: number, n: number, k: number) =>
  ({ features, matrix, residual }: { features: tf.Tensor; matrix: tf.Tensor; residual: tf.Tensor }) => {
    const beside = tf.reshape(tf.transpose(features, [1, 0, 2]), [k, rows * k]);
    const half = tf.transpose(tf.reshape(tf.matMul(matrix, beside), [n, rows, k]), [1, 0, 2]); // EF
    return tf.add(tf.matMul(half, half, false, true), residual);
  };

/** F with M + εI = FFᵀ; ε is 1e-12 of M's largest entry, which covers rounding errors. */
function rootOf(M: Float64Array, k: number): Float64Array {
  let largest = Number.MIN_VALUE;
  for (let a = 0; a < k; a++) largest = Math.max(largest, M[a * k + a]!);
  const raised = M.slice();
  for (let a = 0; a < k; a++) raised[a * k + a]! += 1e-12 * largest;
  return cholesky(raised, k);
}
