import { sizeOf } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { trace } from "../../src/data/linalg.ts";
import { transpose } from "../../src/data/matmul.ts";
import { dot, squaredNorm } from "../../src/data/vector.ts";
import { pauses } from "../../src/engine/events.ts";
import {
  choleskyBlocked,
  product,
  productTransposed,
  solveLowerBlocked,
  symmetricEigenPausing,
} from "../../src/engine/float64.ts";
import type { SeenGaussian, SignalGaussian } from "../../src/sketch/index.ts";
import { bumpsOf, type CovarianceForm } from "./bumps.ts";

/** Standard deviations of the bumps along each axis, in places; 0 is a single place. */
const WIDTHS = [0, 1, 2.6];

/** What is above so many standard errors, and eigenvalues above so many times the size of the most negative one, stand out of the noise. */
const STANDS_OUT = 3;

/** The variance that the steps start from, in parts of the mean one. Little: what does not stand out of the noise stays little. */
const START = 0.01;

/**
 * The same for each eigenvector, along which noise is fitted sooner than by bumps: so little that bumps say all that they can. On digits and clothing with noise or missing pixels, what starts higher ends worse.
 */
const EIGENVECTORS_START = 1e-6;

/**
 * Where one Φ leaves a part unseen, bumps of different widths along the axes start from this part of what round ones do. There the fit keeps the start: with all alike, what covaries alike along all axes is filled in worse; with less of them, what is long one way.
 */
const LONG = 0.1;

/** Steps towards the likeliest bumps and eigenvectors; of fast ones as many again at most. */
const STEPS = 20;

/** The least ratio of a step: an estimate below 0 may be noise. */
const LEAST_RATIO = 0.05;

/** Discrepancy above which what is missing is no noise. */
const UNMET = 2;

/** The most steps of expectation maximisation. */
const MOST_STEPS = 30;

/** The part of what samples scatter down to which the model is fitted. With the model fitted to the same samples, all of it is too soon. */
const FITTED = 0.6;

/** Standard deviation of the bumps that make up for variance that C lacks, in places. */
const NARROW = 0.6;

/** Eigenvalues below this part of the largest are rounding. */
export const ROUNDING = 1e-9;

/** The least variance beside RCRᵀ, in parts of the mean one of what is seen: what bumps cannot say. */
const LEAST = 1e-4;

/**
 * Mean and covariance C [n, n] of signals of a shape, from what is seen of them: S = RCRᵀ + diag v, as N samples tell it.
 *
 * 1. A start: C = B diag(γ) Bᵀ + E diag(δ) Eᵀ, of Gaussian bumps at every place that have one of three widths along each axis, so that near numbers covary, also along edges, and, where all is seen, of the eigenvectors E of S − diag v that stand out of the noise.
 *    With D = (B, E) and P = (RCRᵀ + diag v)⁻¹, each of 20 steps γ ← γ √(diag DᵀRᵀPSPRD / diag DᵀRᵀPRD) from little variance raises the likelihood of S (majorisation and minimisation; Stoica, Babu 2012,
 *    "SPICE and LIKES"). In much noise these steps are small. If they leave more than twice what samples scatter (see 2), up to 20 steps follow that are as fast in noise and rest at the same points,
 *    γ ← γ √(diag DᵀRᵀP(S − diag v)PRD / diag DᵀRᵀP(RCRᵀ)PRD). In directions that no sample shows, smoothness is all that is known of C, and bumps of different widths start from a tenth of what others do.
 * 2. Steps of expectation maximisation that keep to no form, C ← C + CRᵀP(S − RCRᵀ − diag v)PRC. They end, after 30 at most, where S differs from the model by .6 of what N samples of it would,
 *    ‖P^½(S − RCRᵀ − diag v)P^½‖² ≤ .6 m(m + 1)/N (the discrepancy principle, Morozov 1966): further ones fit the noise.
 * Where all is seen, what variance C then lacks is added before 2 and after it. All small eigenvalues together stay too small, because none stands out by itself, but their sum is known to √(2 Σ_ij S_ij²/N). It is added as bumps of .6 places, their weights as the standard deviations
 * of their places: before 2 so that the steps, which are small where C is, have something to go on from.
 *
 * Whole signals keep their covariance. Ends with the signal's reason when it aborts. Errors (InputError): a variance Σ_i C_ii below 3 standard errors of that of constants, √(2 Σ v²/N).
 */
export async function smoothGaussian(
  { mean, covariance, scatter, scatterOfConstants, rows, count }: SeenGaussian,
  shape: readonly number[],
  signal?: AbortSignal,
): Promise<SignalGaussian> {
  if (!rows && scatter.every((v) => v === 0)) return { mean, covariance }; // whole signals
  const m = scatter.length;
  const n = sizeOf(shape);
  const variance = trace(covariance, m);
  if (!(variance > STANDS_OUT * Math.sqrt((2 * squaredNorm(scatterOfConstants)) / count)))
    throw new InputError("mixture: the lossy measurements show no variance above their noise; give more samples");
  const least = (LEAST * variance) / m;
  const variances = scatter.map((v) => Math.max(v, least));
  const seen = plusDiagonal(covariance, scatter);
  const columns = rows && transpose(rows, m, n);
  const bumps = bumpsOf(shape, WIDTHS);
  /** RCRᵀ + diag v and its inverse. */
  const modelOf = async (c: Float64Array) => {
    const model = plusDiagonal(rows ? await between(rows, c, columns!, m, n) : c, variances);
    return { model, precision: await inverse(model, m, signal) };
  };
  /** ‖P^½(S − RCRᵀ − diag v)P^½‖² of off = P(S − RCRᵀ − diag v), in parts of what N samples scatter. */
  const discrepancyOf = (off: Float64Array) => (dot(off, 0, transpose(off, m, m), 0, m * m) * count) / (m * (m + 1));
  /** RᵀAR for A [m, m]. */
  const back = async (a: Float64Array) => (rows ? between(columns!, a, rows, n, m) : a);

  const c = await likeliestStart();
  if (!rows) await addLacking();
  for (let step = 0; step < MOST_STEPS; step++) {
    const { model, precision } = await modelOf(c);
    const off = await product(precision, differenceOf(seen, model), m, m, m);
    if (discrepancyOf(off) <= FITTED) break;
    const change = await between(c, await back(await product(off, precision, m, m, m)), c, n, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) c[i * n + j]! += (change[i * n + j]! + change[j * n + i]!) / 2;
  }
  if (rows) return { mean: await meanOf(c, rows), covariance: c };
  await addLacking();
  return { mean, covariance: c };

  async function addLacking(): Promise<void> {
    const lacking = variance - trace(c, n);
    if (!(lacking > 0)) return;
    const part = await bumpsOf(shape, [NARROW]).covariance(
      Float64Array.from({ length: n }, (_, i) => Math.sqrt(c[i * (n + 1)]!)),
    );
    const scale = lacking / trace(part, n);
    for (let at = 0; at < c.length; at++) c[at]! += scale * part[at]!;
  }

  /**
   * a1 + KRᵀ(RKRᵀ + diag v/N)⁻¹(ȳ − aR1): the mean of signals, a constant a (by generalised least squares) and what is as smooth as they are, K = C and a hundredth of its mean variance of equal bumps, so that means
   * may lie where signals do not vary.
   */
  async function meanOf(c: Float64Array, through: Float64Array): Promise<Float64Array> {
    const k = c.slice();
    const added = await bumps.covariance(bumps.even.map((v) => (v * START * variance) / m));
    for (let at = 0; at < k.length; at++) k[at]! += added[at]!;
    const scattered = variances.map((v) => v / count);
    const precision = await inverse(plusDiagonal(await between(through, k, columns!, m, n), scattered), m, signal);
    const ones = await product(through, new Float64Array(n).fill(1), m, n, 1);
    const weights = await product(precision, ones, m, m, 1);
    const a = dot(weights, 0, mean, 0, m) / dot(weights, 0, ones, 0, m);
    const gaps = mean.map((v, i) => v - a * ones[i]!);
    const smooth = await product(k, await product(columns!, await product(precision, gaps, m, m, 1), n, m, 1), n, n, 1);
    return smooth.map((v) => v + a);
  }

  async function likeliestStart(): Promise<Float64Array> {
    const pause = pauses(signal);
    const long = rows ? LONG : 1;
    const weights = bumps.even.map((v, j) => (v * (bumps.round[j] ? 1 : long) * START * variance) / m);
    const starts: { form: CovarianceForm; weights: Float64Array }[] = [{ form: bumps, weights }];
    if (!rows) {
      // of what is seen in part, they would say that nothing varies in the rest
      const form = eigenvectorForm(await standingOut(covariance, n, signal), n);
      starts.push({ form, weights: new Float64Array(form.size).fill((EIGENVECTORS_START * variance) / m) });
    }
    const sum = new Float64Array(n * n);
    const add = async () => {
      sum.fill(0);
      for (const { form, weights } of starts) {
        const part = await form.covariance(weights);
        for (let at = 0; at < sum.length; at++) sum[at]! += part[at]!;
        await pause();
      }
    };
    await add();
    const taken = variances.map((v) => -v);
    for (let step = 0; step < 2 * STEPS; step++) {
      const { model, precision } = await modelOf(sum);
      const inModel = async (a: Float64Array) => back(await between(precision, a, precision, m, m));
      const fast = step >= STEPS;
      if (fast && discrepancyOf(await product(precision, differenceOf(seen, model), m, m, m)) <= UNMET) break;
      const wanted = await inModel(fast ? plusDiagonal(seen, taken) : seen);
      const now = fast ? await inModel(plusDiagonal(model, taken)) : await back(precision);
      for (const { form, weights } of starts) {
        const [up, down] = [await form.diagonal(wanted), await form.diagonal(now)];
        for (let i = 0; i < weights.length; i++) {
          if (down[i]! > 0) weights[i]! *= Math.sqrt(Math.max(LEAST_RATIO, up[i]! / down[i]!)); // else nothing of it is seen
        }
        await pause();
      }
      await add();
    }
    return sum;
  }
}

/** The eigenvectors of an estimated covariance [m, m] whose eigenvalues stand out of its noise, which the most negative one tells; a row each. */
async function standingOut(covariance: Float64Array, m: number, signal?: AbortSignal): Promise<Float64Array> {
  const { values, vectors } = await symmetricEigenPausing(covariance, m, m, signal);
  const noise = Math.max(0, -values[m - 1]!);
  return vectors.slice(0, m * values.filter((v) => v > STANDS_OUT * noise && v > ROUNDING * values[0]!).length);
}

/** Σ δ_a e_a e_aᵀ of orthonormal rows e_a [count, n], as a form of covariances. */
function eigenvectorForm(vectors: Float64Array, n: number): CovarianceForm {
  const count = vectors.length / n;
  const columns = transpose(vectors, count, n);
  return {
    size: count,
    covariance: (weights) => {
      const weighted = columns.map((v, at) => v * weights[at % count]!);
      return product(weighted, vectors, n, count, n);
    },
    diagonal: async (matrix) => {
      const moved = await product(vectors, matrix, count, n, n);
      return Float64Array.from({ length: count }, (_, a) => dot(moved, a * n, vectors, a * n, n));
    },
  };
}

/** ABC, [m, m], for A [m, n], B [n, n] and C [n, m]. */
const between = async (a: Float64Array, b: Float64Array, c: Float64Array, m: number, n: number) =>
  product(await product(a, b, m, n, n), c, m, n, m);

const differenceOf = (a: Float64Array, b: Float64Array) => a.map((v, at) => v - b[at]!);

function plusDiagonal(matrix: Float64Array, diagonal: Float64Array): Float64Array {
  const out = matrix.slice();
  for (const [i, v] of diagonal.entries()) out[i * (diagonal.length + 1)]! += v;
  return out;
}

/** A⁻¹ [m, m] of a positive definite A. */
async function inverse(a: Float64Array, m: number, signal?: AbortSignal): Promise<Float64Array> {
  const unit = plusDiagonal(new Float64Array(m * m), new Float64Array(m).fill(1));
  const rows = await solveLowerBlocked(await choleskyBlocked(a, m, signal), m, unit, signal);
  return productTransposed(rows, rows, m); // row i is L⁻¹eᵢ
}
