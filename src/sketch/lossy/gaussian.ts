import type { NdArray } from "ndarray";
import { contiguous, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { symmetricEigen, trace } from "../../data/linalg.ts";
import { transpose } from "../../data/matmul.ts";
import { squaredNorm } from "../../data/vector.ts";
import { product, productTransposed } from "../../engine/float64.ts";
import { familySpec } from "../design.ts";
import { diagonalAt, fromTriangle } from "../families/family.ts";
import { scoreReference } from "../families/lossy-scores.ts";
import { requireSamples, type Sketch } from "../sketch.ts";
import { type NullSpace, nullSpace, seenDirections } from "./null-space.ts";

/** Mean and covariance of signals, as their lossy measurements tell them. */
export interface LossyGaussian {
  /** [n] */
  readonly mean: Float64Array;
  /** [n, n]; an estimate, of masked and whole samples unbiased but for factors of 1 − 1/N, which may have eigenvalues below 0 by the noise of the estimate. */
  readonly covariance: Float64Array;
  /** The variance by which measuring scatters what one sample shows of each number, [n]; 0 after a step of expectation maximisation. */
  readonly scatter: Float64Array;
  /** Samples that show both numbers, [n, n], or all; infinite after a step of expectation maximisation, whose errors are not known. */
  readonly pairs: Float64Array | number;
  /** What one Φ for all samples leaves unseen; absent where samples have their own. */
  readonly unseen?: NullSpace;
  /** Numbers of a signal that no sample shows: mean and covariance are 0 there. */
  readonly never: number;
}

/** Name of Φ [m, n] in a design whose samples are all measured by it. */
export const MATRIX = "lossy-moments.matrix";

/**
 * Mean and covariance of the signals behind lossy moments, in closed form. For each form of the measurements:
 *
 * - `masked`: μ_p = Σ Mx / pairs_pp, C_pq the covariance over the samples that show p and q, (Σ (Mx)(Mx)ᵀ − cross_pq cross_qp/pairs)/(pairs − 1) − σ²[p = q], 0 for pairs that
 *   fewer than two samples show. With μ_pμ_q, of all samples, in place of the means of those samples, its noise would grow with μ;
 * - `fixed`: the measurements' mean and covariance less σ²I, through the pseudo-inverse of Φ: only ΦCΦᵀ is identified;
 * - `own`: μ = (Σ G)⁻¹ Σ z, and E zzᵀ − σ²E G = H^½ E[QAQ] H^½ with H = E G, A = H^½(C + μμᵀ)H^½, and E[QAQ] = αA + β tr(A) I for a Q of no preferred
 *   direction, α and β by E(tr G)² and E tr G². That is exact for random Gaussian Φ and a start for others.
 *
 * Errors (InputError): a sketch without lossy moments, or of one sample; masks under which nothing is ever seen.
 */
export async function lossyGaussian(sketch: Sketch): Promise<LossyGaussian> {
  const spec = familySpec(sketch.design, "lossy-moments", "Gaussian of lossy measurements");
  requireSamples("Gaussian of lossy measurements", sketch, 2);
  const n = sizeOf(spec.signal);
  const sums = (name: string) => sketch.sums[`lossy-moments.${name}`]!;
  if (spec.form === "masked") return ofMasked(sums, n, spec.sigma);
  const each = (name: string) => sums(name).map((v) => v / sketch.count);
  if (spec.form === "own") return { ...(await ofOwn(each, n, spec.sigma)), pairs: sketch.count, never: 0 };
  const mean = each("x");
  const m = mean.length;
  const covariance = fromTriangle(each("xx"), m).map((v, at) => v - mean[Math.floor(at / m)]! * mean[at % m]!);
  for (let i = 0; i < m; i++) covariance[i * (m + 1)]! -= spec.sigma ** 2;
  const matrix = sketch.design.arrays[MATRIX];
  const pairs = sketch.count;
  if (!matrix) return { mean, covariance, scatter: new Float64Array(n).fill(spec.sigma ** 2), pairs, never: 0 };
  return { ...(await throughInverse(mean, covariance, matrix, spec.sigma, pairs)), pairs, never: 0 };
}

function ofMasked(sums: (name: string) => Float64Array, n: number, sigma: number): LossyGaussian {
  const pairs = sums("pairs");
  const seen = Float64Array.from({ length: n }, (_, i) => pairs[diagonalAt(i)]!);
  const never = seen.filter((v) => v === 0).length;
  if (never === n)
    throw new InputError("lossy moments: every pixel of every sample is missing, there is nothing to learn");
  const mean = sums("x").map((v, i) => (seen[i]! > 0 ? v / seen[i]! : 0));
  const cross = sums("cross");
  const counts = fromTriangle(pairs, n);
  const covariance = fromTriangle(sums("xx"), n).map((v, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    const count = counts[at]!;
    if (count < 2) return 0;
    return (v - (cross[at]! * cross[j * n + i]!) / count) / (count - 1) - (i === j ? sigma ** 2 : 0);
  });
  return { mean, covariance, scatter: new Float64Array(n).fill(sigma ** 2), pairs: counts, never };
}

/** The part of the largest singular value squared that a direction needs to count in a mean of Φ'Φ. */
const SEEN = 1e-6;

async function ofOwn(each: (name: string) => Float64Array, n: number, sigma: number) {
  const gram = fromTriangle(each("gram"), n); // H
  const { values, vectors } = symmetricEigen(gram, n);
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
  const power = (beta * all + sigma ** 2) / alpha;
  return {
    mean,
    covariance: made.map((v, at) => v - mean[Math.floor(at / n)]! * mean[at % n]!),
    scatter: Float64Array.from({ length: n }, (_, i) => power * squaredNorm(back, i * n, n)),
  };
}

/** Mean and covariance of x from those of Φx, in the directions that the samples determine (`seenDirections`); 0 in the others. */
async function throughInverse(
  mean: Float64Array,
  covariance: Float64Array,
  matrix: NdArray<Float32Array>,
  sigma: number,
  count: number,
): Promise<Omit<LossyGaussian, "pairs" | "never">> {
  const [m, n] = matrix.shape as [number, number];
  const phi = Float64Array.from(contiguous(matrix));
  let [power, gain] = [0, 0];
  for (let i = 0; i < m; i++) power += covariance[i * (m + 1)]!;
  for (const v of phi) gain += v * v;
  const { values, rows } = seenDirections(matrix, sigma ** 2 * Math.sqrt(2 / count), Math.max(0, power / gain));
  const r = values.length;
  const inverse = await productTransposed(rows, phi, n); // (1/s²)·vᵀΦᵀ [r, m] below
  for (let at = 0; at < inverse.length; at++) inverse[at]! /= values[Math.floor(at / m)]!;
  const inner = await productTransposed(await product(inverse, covariance, r, m, m), inverse, m);
  const columns = transpose(rows, r, n);
  const scatter = new Float64Array(n); // the diagonal of σ²Φ⁺Φ⁺ᵀ
  for (const [at, v] of rows.entries()) scatter[at % n]! += (sigma ** 2 * v * v) / values[Math.floor(at / n)]!;
  return {
    scatter,
    mean: await product(columns, await product(inverse, mean, r, m, 1), n, r, 1),
    covariance: await productTransposed(await product(columns, inner, n, r, r), columns, r),
    unseen: nullSpace(matrix),
  };
}

/**
 * Mean and covariance after one step of expectation maximisation from the reference of lossy scores (`lossyScores`).
 * Errors (InputError): a sketch without lossy scores.
 */
export async function gaussianOfScores({ design, sums, count }: Sketch): Promise<LossyGaussian> {
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
    scatter: new Float64Array(n),
    pairs: Number.POSITIVE_INFINITY,
    never: 0,
  };
}
