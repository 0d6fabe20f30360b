import { sizeOf } from "../src/data/array.ts";
import { logDeterminant } from "../src/data/cholesky.ts";
import { trace } from "../src/data/linalg.ts";
import { logGamma } from "../src/data/log-gamma.ts";
import { pauses } from "../src/engine/events.ts";
import { covariance, type Sketch } from "../src/sketch/index.ts";
import { isImage } from "./image-shape.ts";
import { raisedCholesky } from "./raised-cholesky.ts";
import { stationaryCovariance } from "./stationary.ts";
import { submatrix } from "./submatrix.ts";

/** With so many samples for each number of a sample, its covariance needs no help. */
const ENOUGH = 10;

/** Images of more numbers are as sketched: a dozen factors of their covariance would take minutes. */
const MOST_NUMBERS = 4096;

/** κ is at most 100 times the samples, and found to a factor of √2. */
const MOST = 100;
const STEP = Math.LN2 / 2;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** A stationary part that counts for less than this part of the samples is left out: it cost digits and clothing 1 to 2 % at random measurements. */
const LITTLE = 1 / 4;

/** Numbers whose variance is below this part of the mean one do not vary. It is added to the variances of T to see which numbers others tell: those of which less than ten times as much is left. */
const NEGLIGIBLE = 1e-6;

/** Parts of the mean variance by which rounding may be off. */
const ROUNDED = [0, 1e-7, 1e-6, 1e-4, 1e-2, 1];

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
 * The covariance of a sketch's samples; that of few images (`isOfFew`) drawn to its own stationary part (`shrunkTowards`, `stationaryCovariance`), but where that would count for less than N/4. For all others `added` is 0.
 * Errors (InputError): a sketch without second moments, or of one sample. Ends with the signal's reason.
 */
export async function shrunkCovariance(sketch: Sketch, signal?: AbortSignal): Promise<ShrunkCovariance> {
  const { design, count } = sketch;
  const own = covariance(sketch);
  await pauses(signal)();
  if (!isOfFew(sketch)) return { covariance: own, added: 0 };
  const found = await shrunkTowards(own, count, await stationaryCovariance(own, count, design.shape, signal), signal);
  return found.added < LITTLE * count ? { covariance: own, added: 0 } : found;
}

/**
 * A covariance C [n, n] of N samples drawn to another one, T: (NC + κT)/(N + κ), for many samples the posterior mean under an inverse Wishart law of scale κT and κ + n + 1 degrees of freedom.
 * κ is that of most evidence, log p(samples | κ), which is known in closed form (Chen 1979), of the numbers that `telling` names: the law of some numbers is of the same form.
 * From ten samples a number on, where T is 0, and where nothing varies, it is 0. Ends with the signal's reason.
 */
export async function shrunkTowards(
  covariance: Float64Array,
  count: number,
  target: Float64Array,
  signal?: AbortSignal,
): Promise<ShrunkCovariance> {
  const n = Math.round(Math.sqrt(covariance.length));
  if (count >= ENOUGH * n || !(trace(target, n) > 0)) return { covariance, added: 0 };
  const added = count < 2 ? MOST : await mostEvident(covariance, count, target, n, signal); // one sample says nothing of it
  return { covariance: await blended(covariance, target, count, added, count + added, signal), added };
}

/** The numbers of which the evidence is taken: those that vary, without those that T tells from the ones before. Of the others C and T are 0 or repeat, whatever κ is. */
async function telling(
  covariance: Float64Array,
  target: Float64Array,
  n: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const least = (NEGLIGIBLE * trace(covariance, n)) / n;
  const varying: number[] = [];
  for (let i = 0; i < n; i++) if (covariance[i * (n + 1)]! > least) varying.push(i);
  const size = varying.length;
  if (size === 0) return [];
  const T = await submatrix(target, n, varying, signal);
  const raise = (NEGLIGIBLE * trace(T, size)) / size;
  const factor = await raisedCholesky(
    T,
    size,
    ROUNDED.map((part) => () => raise * (1 + part / NEGLIGIBLE)),
    signal,
  );
  return varying.filter((_, i) => factor[i * (size + 1)]! ** 2 > 10 * raise);
}

/**
 * κ of most evidence for C and T, by golden section of log κ; 0 where nothing varies. For `n` telling numbers, log p(samples | κ) up to a constant is
 *
 *   ½ν log det κT − ½(ν + N − 1) log det(κT + NC) + log Γ_n(½(ν + N − 1)) − log Γ_n(½ν),   ν = κ + n + 1.
 *
 * Of N samples with an unknown mean N − 1 tell of the covariance.
 */
async function mostEvident(
  covariance: Float64Array,
  count: number,
  target: Float64Array,
  size: number,
  signal?: AbortSignal,
): Promise<number> {
  const numbers = await telling(covariance, target, size, signal);
  const n = numbers.length;
  if (n === 0) return 0;
  const own = await submatrix(covariance, size, numbers, signal);
  const other = await submatrix(target, size, numbers, signal);
  const ofTarget = await logDeterminantOf(other, n, signal);
  const evidence = async (log: number) => {
    const degrees = Math.exp(log) + n + 1;
    const after = degrees + count - 1;
    const sum = await blended(own, other, count, Math.exp(log), 1, signal);
    let found = 0.5 * degrees * (n * log + ofTarget) - 0.5 * after * (await logDeterminantOf(sum, n, signal));
    for (let j = 0; j < n; j++) found += logGamma((after - j) / 2) - logGamma((degrees - j) / 2);
    return found;
  };
  let [low, high] = [0, Math.log(MOST * count)];
  let [left, right] = [high - GOLDEN * high, GOLDEN * high];
  let [ofLeft, ofRight] = [await evidence(left), await evidence(right)];
  while (high - low > STEP) {
    if (ofLeft < ofRight) {
      [low, left, ofLeft] = [left, right, ofRight];
      right = low + GOLDEN * (high - low);
      ofRight = await evidence(right);
    } else {
      [high, right, ofRight] = [right, left, ofLeft];
      left = high - GOLDEN * (high - low);
      ofLeft = await evidence(left);
    }
  }
  return Math.exp(ofLeft < ofRight ? right : left);
}

/** log det A of a covariance A [n, n], but for rounding. */
async function logDeterminantOf(matrix: Float64Array, n: number, signal?: AbortSignal): Promise<number> {
  const mean = trace(matrix, n) / n;
  const raises = ROUNDED.map((part) => () => part * mean);
  return logDeterminant(await raisedCholesky(matrix, n, raises, signal), n);
}

/** (NC + κT)/divisor. */
async function blended(
  own: Float64Array,
  target: Float64Array,
  count: number,
  added: number,
  divisor: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const pause = pauses(signal);
  const out = new Float64Array(own.length);
  const part = 2 ** 16; // numbers from one pause to the next
  for (let from = 0; from < out.length; from += part) {
    await pause();
    const to = Math.min(out.length, from + part);
    for (let at = from; at < to; at++) out[at] = (count * own[at]! + added * target[at]!) / divisor;
  }
  return out;
}
