import type { NdArray } from "ndarray";
import { contiguous, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { trace } from "../../data/linalg.ts";
import { transpose } from "../../data/matmul.ts";
import { squaredNorm } from "../../data/vector.ts";
import { product, productTransposed, symmetricEigenPausing } from "../../engine/float64.ts";
import { familySpec } from "../design.ts";
import { diagonalAt, fromTriangle } from "../families/family.ts";
import { scoreReference } from "../families/lossy-scores.ts";
import { requireSamples, type Sketch } from "../sketch.ts";
import { directionsOf, type NullSpace, nullSpace, seenDirections } from "./null-space.ts";

/** Mean and covariance of signals x [n]. */
export interface SignalGaussian {
  /** [n] */
  readonly mean: Float64Array;
  /** [n, n] */
  readonly covariance: Float64Array;
}

/** What lossy measurements tell of signals x [n]: mean and covariance of Rx, as if every sample were seen as Rx + w, w ~ N(0, diag v). */
export interface SeenGaussian {
  /** The mean of Rx, [m]. */
  readonly mean: Float64Array;
  /** The covariance of Rx, [m, m]; an estimate, of masked and whole samples unbiased but for factors of 1 − 1/N, which may have eigenvalues below 0 by its noise. */
  readonly covariance: Float64Array;
  /** v, [m]: so much of it that covariances of N such samples scatter as the estimates do, (C_ii + v_i)(C_jj + v_j)/N. */
  readonly scatter: Float64Array;
  /** What v would be of numbers that do not vary, [m]. */
  readonly scatterOfConstants: Float64Array;
  /** R [m, n], orthonormal rows; absent where all numbers are seen. */
  readonly rows?: Float64Array;
  /** N. */
  readonly count: number;
  /** What one Φ for all samples leaves unseen; absent where samples have their own. */
  readonly unseen?: NullSpace;
}

/** Name of Φ [m, n] in a design whose samples are all measured by it. */
export const MATRIX = "lossy-moments.matrix";

/**
 * What lossy moments tell of the signals behind them, in closed form. For each form of the measurements:
 *
 * - `masked`: μ_p = Σ Mx / pairs_pp, C_pq the covariance over the samples that show p and q, (Σ (Mx)(Mx)ᵀ − cross_pq cross_qp/pairs)/(pairs − 1) − σ²[p = q], 0 for pairs that
 *   fewer than two samples show. With μ_pμ_q, of all samples, in place of the means of those samples, its noise would grow with μ. R leaves out numbers that fewer than two samples show. A number that the part
 *   q of the samples shows scatters as if v = (C_ii + σ²)/q − C_ii;
 * - `fixed`: the measurements' mean and covariance less σ²I, in the right singular directions R of Φ that the samples determine (`seenDirections`): only ΦCΦᵀ is identified;
 * - `own`: μ = (Σ G)⁻¹ Σ z, and E zzᵀ − σ²E G = H^½ E[QAQ] H^½ with H = E G, A = H^½(C + μμᵀ)H^½, and E[QAQ] = αA + β tr(A) I for a Q of no preferred
 *   direction, α and β by E(tr G)² and E tr G². That is exact for random Gaussian Φ and a start for others.
 *
 * Errors (InputError): a sketch without lossy moments, or of one sample; masks under which nothing is ever seen. Ends with the signal's reason.
 */
export async function seenGaussian(sketch: Sketch, signal?: AbortSignal): Promise<SeenGaussian> {
  const { count } = sketch;
  const spec = familySpec(sketch.design, "lossy-moments", "Gaussian of lossy measurements");
  requireSamples("Gaussian of lossy measurements", sketch, 2);
  const n = sizeOf(spec.signal);
  const sums = (name: string) => sketch.sums[`lossy-moments.${name}`]!;
  if (spec.form === "masked") return ofMasked(sums, n, spec.sigma, count);
  const each = (name: string) => sums(name).map((v) => v / count);
  if (spec.form === "own") return { ...(await ofOwn(each, n, spec.sigma, signal)), count };
  const mean = each("x");
  const m = mean.length;
  const covariance = fromTriangle(each("xx"), m).map((v, at) => v - mean[Math.floor(at / m)]! * mean[at % m]!);
  for (let i = 0; i < m; i++) covariance[i * (m + 1)]! -= spec.sigma ** 2;
  const matrix = sketch.design.arrays[MATRIX];
  if (!matrix) {
    const scatter = new Float64Array(n).fill(spec.sigma ** 2);
    return { mean, covariance, scatter, scatterOfConstants: scatter, count };
  }
  return { ...(await inDirections(mean, covariance, matrix, spec.sigma, count)), count };
}

function ofMasked(sums: (name: string) => Float64Array, n: number, sigma: number, count: number): SeenGaussian {
  const samples = Float64Array.from({ length: n }, (_, i) => sums("pairs")[diagonalAt(i)]!);
  const seen = [...samples.keys()].filter((i) => samples[i]! > 1);
  const m = seen.length;
  if (m === 0) throw new InputError("lossy moments: every pixel of every sample is missing, there is nothing to learn");
  const [pairs, xx, cross] = [fromTriangle(sums("pairs"), n), fromTriangle(sums("xx"), n), sums("cross")];
  const covariance = new Float64Array(m * m);
  for (const [a, i] of seen.entries()) {
    for (const [b, j] of seen.entries()) {
      const [at, both] = [i * n + j, pairs[i * n + j]!];
      if (both < 2) continue;
      const own = (xx[at]! - (cross[at]! * cross[j * n + i]!) / both) / (both - 1);
      covariance[a * m + b] = own - (i === j ? sigma ** 2 : 0);
    }
  }
  const rows = new Float64Array(m * n);
  for (const [a, i] of seen.entries()) rows[a * n + i] = 1;
  return {
    mean: Float64Array.from(seen, (i) => sums("x")[i]! / samples[i]!),
    covariance,
    scatter: Float64Array.from(seen, (i, a) => {
      const variance = covariance[a * (m + 1)]!;
      return Math.max(0, ((variance + sigma ** 2) * count) / samples[i]! - variance);
    }),
    scatterOfConstants: Float64Array.from(seen, (i) => (sigma ** 2 * count) / samples[i]!),
    ...(m < n && { rows }),
    count,
  };
}

/** The part of the largest singular value squared that a direction needs to count in a mean of Φ'Φ. */
const SEEN = 1e-6;

async function ofOwn(each: (name: string) => Float64Array, n: number, sigma: number, signal?: AbortSignal) {
  const gram = fromTriangle(each("gram"), n); // H
  const { values, vectors } = await symmetricEigenPausing(gram, n, n, signal);
  const scaled = (power: number) =>
    vectors.map((v, at) => {
      const value = values[Math.floor(at / n)]!;
      return value > SEEN * values[0]! ? v * value ** power : 0;
    });
  const columns = transpose(vectors, n, n);
  const powerOf = async (power: number) => product(columns, scaled(power), n, n, n);
  const mean = await product(await powerOf(-1), each("x"), n, n, 1);
  const back = await powerOf(-0.5);
  const second = fromTriangle(each("xx"), n).map((v, at) => v - sigma ** 2 * gram[at]!);
  const seen = await product(await product(back, second, n, n, n), back, n, n, n); // E[QAQ]
  const unit = (trace(gram, n) / n) ** 2; // of a Q with mean I
  const [squared, squares] = [...each("traces")].map((v) => v / unit) as [number, number];
  const both = (squared + 2 * squares) / (n * (n + 2)); // α + β
  const beta = (squares / n - both) / (n - 1);
  const alpha = both - beta;
  const all = trace(seen, n) / (alpha + n * beta);
  const a = seen.map((v, at) => (v - (at % (n + 1) === 0 ? beta * all : 0)) / alpha);
  const made = await product(await product(back, a, n, n, n), back, n, n, n);
  const covariance = made.map((v, at) => v - mean[Math.floor(at / n)]! * mean[at % n]!);
  const scatterOf = (power: number) => Float64Array.from({ length: n }, (_, i) => power * squaredNorm(back, i * n, n));
  const [scatter, noise] = [(beta * all + sigma ** 2) / alpha, sigma ** 2 / alpha];
  const kept = values.filter((v) => v > SEEN * values[0]!).length;
  if (kept === n) return { mean, covariance, scatter: scatterOf(scatter), scatterOfConstants: scatterOf(noise) };
  const rows = vectors.slice(0, kept * n); // the others are in the null space of every sample's Φ
  return {
    mean: await product(rows, mean, kept, n, 1),
    covariance: await productTransposed(await product(rows, covariance, kept, n, n), rows, n),
    scatter: values.slice(0, kept).map((v) => scatter / v),
    scatterOfConstants: values.slice(0, kept).map((v) => noise / v),
    rows,
  };
}

/** Mean and covariance of Rx from those of Φx, for the directions R that the samples determine (`seenDirections`). */
async function inDirections(
  mean: Float64Array,
  covariance: Float64Array,
  matrix: NdArray<Float32Array>,
  sigma: number,
  count: number,
): Promise<Omit<SeenGaussian, "count">> {
  const [m, n] = matrix.shape as [number, number];
  const phi = Float64Array.from(contiguous(matrix));
  let [power, gain] = [0, 0];
  for (let i = 0; i < m; i++) power += covariance[i * (m + 1)]!;
  for (const v of phi) gain += v * v;
  const all = directionsOf(matrix);
  const { values, rows } = seenDirections(all, sigma ** 2 * Math.sqrt(2 / count), Math.max(0, power / gain));
  const r = values.length;
  const inverse = await productTransposed(rows, phi, n); // (1/s²)·vᵀΦᵀ [r, m] below
  for (let at = 0; at < inverse.length; at++) inverse[at]! /= values[Math.floor(at / m)]!;
  const scatter = values.map((v) => sigma ** 2 / v);
  return {
    mean: await product(inverse, mean, r, m, 1),
    covariance: await productTransposed(await product(inverse, covariance, r, m, m), inverse, m),
    scatter,
    scatterOfConstants: scatter,
    rows,
    unseen: nullSpace(all),
  };
}

/**
 * Mean and covariance after one step of expectation maximisation from the reference of lossy scores (`lossyScores`).
 * Errors (InputError): a sketch without lossy scores.
 */
export async function gaussianOfScores({ design, sums, count }: Sketch): Promise<SignalGaussian> {
  const spec = familySpec(design, "lossy-scores", "Gaussian of lossy measurements");
  const n = sizeOf(spec.signal);
  const { mean, covariance: lower } = scoreReference(design.arrays);
  const before = fromTriangle(Float64Array.from(lower), n);
  const score = fromTriangle(sums["lossy-scores.score"]!, n).map((v) => v / count);
  const moved = await product(
    before,
    sums["lossy-scores.z"]!.map((v) => v / count),
    n,
    n,
    1,
  );
  const step = await product(await product(before, score, n, n, n), before, n, n, n);
  return {
    mean: moved.map((v, i) => v + mean[i]!),
    covariance: before.map((v, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return v + (step[at]! + step[j * n + i]!) / 2 - moved[i]! * moved[j]!;
    }),
  };
}
