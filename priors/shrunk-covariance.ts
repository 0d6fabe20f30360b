import { sizeOf } from "../src/data/array.ts";
import { trace } from "../src/data/linalg.ts";
import { logGamma } from "../src/data/log-gamma.ts";
import { transpose } from "../src/data/matmul.ts";
import { solveLowerBlocked, symmetricEigenPausing } from "../src/engine/float64.ts";
import { covariance, type Sketch } from "../src/sketch/index.ts";
import { isImage } from "./image-shape.ts";
import { raisedCholesky } from "./raised-cholesky.ts";
import { stationaryCovariance } from "./stationary.ts";

/** With so many samples for each number of a sample, its covariance needs no help. */
const ENOUGH = 10;

/** Images of more numbers are as sketched: eigenvalues of their covariance would take minutes. */
const MOST_NUMBERS = 4096;

/** Steps of κ: two for each doubling, from 1 to 100 times the samples. */
const STEP = Math.SQRT2;
const MOST = 100;

/** Below this part of the samples κ is 0: a T that counts for so little gains little, and cost clothing 1 % at random measurements. */
const LITTLE = 1 / 4;

/** Part of the mean variance that is added to the variances of T, for numbers that do not vary in it, and further parts by which rounding may be off. */
const NEGLIGIBLE = 1e-6;
const ROUNDED = [0, 1e-4, 1e-2, 1];

export interface ShrunkCovariance {
  /** [n, n] */
  readonly covariance: Float64Array;
  /** κ, how many samples T counts for. */
  readonly added: number;
}

/** Whether a sketch is of few images: fewer than ten for each of at most 4096 numbers. Not of private ones, whose noise is not that of sampling. */
export function isOfFew({ design, count, privacy }: Sketch): boolean {
  const n = sizeOf(design.shape);
  return !privacy && isImage(design.shape) === true && n <= MOST_NUMBERS && count < ENOUGH * n;
}

/**
 * The covariance of a sketch's samples; that of few images (`isOfFew`) drawn to its own stationary part (`drawnTo`, `stationaryCovariance`). For all others `added` is 0.
 * Errors (InputError): a sketch without second moments, or of one sample. Ends with the signal's reason.
 */
export async function shrunkCovariance(sketch: Sketch, signal?: AbortSignal): Promise<ShrunkCovariance> {
  const { design, count } = sketch;
  const own = covariance(sketch);
  if (!isOfFew(sketch)) return { covariance: own, added: 0 };
  return drawnTo(own, count, stationaryCovariance(own, count, design.shape), signal);
}

/**
 * A covariance C [n, n] of N samples drawn to another one, T: (NC + κT)/(N + κ), for many samples the posterior mean under an inverse Wishart law of scale κT and κ + n + 1 degrees of freedom.
 * κ is that of most evidence, log p(samples | κ), which is known in closed form (Chen 1979). From ten samples a number on, where T is 0, and where it would be less than N/4, it is 0. Ends with the signal's reason.
 */
export async function drawnTo(
  covariance: Float64Array,
  count: number,
  target: Float64Array,
  signal?: AbortSignal,
): Promise<ShrunkCovariance> {
  const n = Math.round(Math.sqrt(covariance.length));
  if (count >= ENOUGH * n || !(trace(target, n) > 0)) return { covariance, added: 0 };
  const added = mostEvident(await relativeEigenvalues(covariance, target, n, signal), count);
  if (added < LITTLE * count) return { covariance, added: 0 };
  return { covariance: covariance.map((v, at) => (count * v + added * target[at]!) / (count + added)), added };
}

/** Eigenvalues of L⁻¹CL⁻ᵀ, T = LLᵀ. */
async function relativeEigenvalues(covariance: Float64Array, target: Float64Array, n: number, signal?: AbortSignal) {
  const part = trace(target, n) / n;
  const raised = target.map((v, at) => (at % (n + 1) === 0 ? v + NEGLIGIBLE * part : v));
  const factor = await raisedCholesky(
    raised,
    n,
    ROUNDED.map((of) => () => of * part),
  );
  const half = await solveLowerBlocked(factor, n, covariance.slice(), signal); // CL⁻ᵀ, for C is symmetric
  const relative = await solveLowerBlocked(factor, n, transpose(half, n, n), signal);
  return (await symmetricEigenPausing(relative, n, n, signal)).values;
}

/** κ of most evidence, for the eigenvalues of C relative to T. Of N samples with an unknown mean N − 1 tell of the covariance. */
function mostEvident(values: Float64Array, count: number): number {
  if (count < 2) return MOST; // one sample says nothing of it
  let [best, most] = [1, Number.NEGATIVE_INFINITY];
  for (let added = 1; added <= MOST * count; added *= STEP) {
    const evidence = logEvidence(values, count, added);
    if (evidence > most) [best, most] = [added, evidence];
  }
  return best;
}

/** log p(samples | κ) up to a constant: ½ν n log κ − ½(ν + N − 1) Σ log(κ + Nλ) + log Γ_n(½(ν + N − 1)) − log Γ_n(½ν), ν = κ + n + 1. */
function logEvidence(values: Float64Array, count: number, added: number): number {
  const n = values.length;
  const degrees = added + n + 1;
  const after = degrees + count - 1;
  let sum = 0.5 * degrees * n * Math.log(added);
  for (const [j, value] of values.entries()) {
    sum -= 0.5 * after * Math.log(added + count * Math.max(0, value));
    sum += logGamma((after - j) / 2) - logGamma((degrees - j) / 2);
  }
  return sum;
}
