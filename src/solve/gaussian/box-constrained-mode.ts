import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../data/array.ts";
import { cholesky } from "../../data/cholesky.ts";
import type { ValueRange } from "../../data/range.ts";
import { yieldToEvents } from "../../engine/events.ts";
import { compile } from "../../engine/index.ts";
import type { Outcome } from "../recovery.ts";
import type { MixturePosterior } from "./mixture-posterior.ts";

/** One compiled run makes at most `CHUNK` covariances [n, n], of at most `CHUNK_NUMBERS` numbers together. */
const CHUNK = 16;
const CHUNK_NUMBERS = 2 ** 25;

/** The most sweeps over the pixels. Tens are usual; thousands are needed where nearly everything is known. */
const SWEEPS = 5000;

/**
 * The tolerance, as a part of the range, or of the largest deviation if that is smaller. Sweeps end when none of their steps was larger and
 * the conditions of a solution hold within it.
 */
const TOLERANCE = 1e-3;

/** Over-relaxation of a pixel's step. It halves the number of sweeps. */
const RELAXATION = 1.5;

/**
 * Added to the diagonal of P, as a part of its largest entry, but at least the tolerance squared. The rounding of float32 can make P
 * indefinite, by less than this.
 */
const ROUNDING = 1e-5;

/**
 * A sweep has diverged if it moves a pixel by more than this many times the sum of two lengths: how far the mean lies outside the box,
 * and the largest deviation.
 */
const LOST = 1e3;

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
 *
 * x = x̄ + Pν solves the dual of the quadratic program, and ν is found pixel by pixel (Hildreth 1957). νᵢ brings xᵢ to the bound that
 * xᵢ exceeds; it is 0 if xᵢ exceeds none. The steps are over-relaxed and projected (Cryer 1971). P may be singular, so a small number
 * is added to its diagonal.
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

/** Moves x by Pν into the box, in place; `row(p)` is row p of P. Returns how the iteration ended. */
function intoBox(x: Float32Array, row: (p: number) => Float32Array, low: number, high: number): Outcome {
  const n = x.length;
  const multipliers = new Float64Array(n);
  const moving = new Float64Array(x);
  let [largest, exceeded] = [0, 0];
  for (let p = 0; p < n; p++) {
    largest = Math.max(largest, row(p)[p]!);
    exceeded = Math.max(exceeded, low - x[p]!, x[p]! - high);
  }
  if (largest === 0) {
    for (let p = 0; p < n; p++) x[p] = Math.min(high, Math.max(low, x[p]!)); // x is known: nothing else can move
    return "converged";
  }
  const deviation = Math.sqrt(largest);
  const least = TOLERANCE * Math.min(high - low, deviation); // one end may be infinite
  const slack = Math.max(least ** 2, ROUNDING * largest);
  let outcome: Outcome = "max-steps";
  for (let sweep = 0, moved = Number.POSITIVE_INFINITY; sweep < SWEEPS; sweep++) {
    moved = 0;
    for (let p = 0; p < n; p++) {
      const value = moving[p]!;
      const held = multipliers[p]!;
      if (held === 0 && value >= low && value <= high) continue;
      const covariances = row(p);
      const variance = Math.max(0, covariances[p]!) + slack;
      const below = held > 0 || value < low;
      const wanted = held + (RELAXATION * ((below ? low : high) - value)) / variance;
      const next = below ? Math.max(0, wanted) : Math.min(0, wanted); // multipliers only push inwards
      const step = next - held;
      if (Math.abs(step * variance) <= 0.1 * least) continue;
      multipliers[p] = next;
      moved = Math.max(moved, Math.abs(step * variance));
      for (let q = 0; q < n; q++) moving[q]! += step * covariances[q]!;
      moving[p]! += step * slack;
    }
    if (!(moved < LOST * (exceeded + deviation))) {
      moving.set(x); // P is not a covariance: the clipped mean stands for the mode
      outcome = "fallback";
      break;
    }
    if (moved <= least && violation(moving, multipliers, row, slack, [low, high]) <= least) {
      outcome = "converged";
      break;
    }
  }
  for (let p = 0; p < n; p++) x[p] = Math.min(high, Math.max(low, moving[p]!));
  return outcome;
}

/**
 * How far x = x̄ + Pν is from a solution, in units of x: a pixel whose multiplier is 0 by how far it lies outside the box; another by its
 * distance from the bound that holds it, or by how far it would move without its multiplier, whichever is less. A sweep of small steps
 * does not tell this, because every step moves the pixels before it.
 */
function violation(
  x: Float64Array,
  multipliers: Float64Array,
  row: (p: number) => Float32Array,
  slack: number,
  [low, high]: ValueRange,
): number {
  let largest = 0;
  for (const [p, value] of x.entries()) {
    const held = multipliers[p]!;
    const away = held === 0 ? Math.max(low - value, value - high, 0) : Math.abs(value - (held > 0 ? low : high));
    const free = Math.abs(held) * (Math.max(0, row(p)[p]!) + slack);
    largest = Math.max(largest, held === 0 ? away : Math.min(away, free));
  }
  return largest;
}
