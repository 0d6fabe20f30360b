import { erf } from "#math";
import { stream } from "../data/random.ts";

/** Mean and median of a list of numbers, and how well the list determines the mean. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  /** 95 % confidence interval of the mean; [NaN, NaN] for fewer than two values. */
  readonly interval: readonly [number, number];
}

export interface SummariseOptions {
  /** Seeds the bootstrap's draws; default 1. */
  readonly seed?: number;
  /** Bootstrap resamples; default 4000. */
  readonly resamples?: number;
  /** Number of draws whose values follow one another, each of the same signals in the same order; default 1. */
  readonly draws?: number;
}

/**
 * Mean, median and a 95 % confidence interval of the mean: the expanded bootstrap percentile interval (Hesterberg 2015,
 * The American Statistician 69:371, section 4.3). Its percentiles `Φ(∓√(n/(n−1)) t)` make it as wide as Student's t interval. Unlike that
 * interval it follows the skew of errors and never leaves the range of the values. If there are several draws, draws and signals are
 * resampled independently (Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1:386). The interval then holds for another
 * draw and other signals, and is rather too wide than too narrow. Errors (RangeError): no values, or draws of unequal length.
 */
export function summarise(values: ArrayLike<number>, options: SummariseOptions = {}): Summary {
  const { seed = 1, resamples = 4000, draws = 1 } = options;
  const sorted = Float64Array.from(values).sort();
  const count = sorted.length;
  if (count === 0) throw new RangeError("summarise: expected at least one value, got none");
  if (count % draws !== 0)
    throw new RangeError(`summarise: expected ${draws} draws of equal length, got ${count} values`);
  const mean = average(sorted);
  const median = quantile(sorted, 0.5);
  if (count === 1 || sorted[0] === sorted[count - 1]) {
    return { count, mean, median, interval: count === 1 ? [Number.NaN, Number.NaN] : [mean, mean] };
  }
  const signals = count / draws;
  const data = draws === 1 ? sorted : Float64Array.from(values);
  const random = stream(seed, "bootstrap");
  const means = new Float64Array(resamples);
  const chosen = new Int32Array(signals);
  for (let r = 0; r < resamples; r++) {
    for (let i = 0; i < signals; i++) chosen[i] = random.integer(signals);
    let sum = 0;
    for (let d = 0; d < draws; d++) {
      const from = draws === 1 ? 0 : random.integer(draws) * signals;
      for (let i = 0; i < signals; i++) sum += data[from + chosen[i]!]!;
    }
    means[r] = sum / count;
  }
  means.sort();
  const units = signals === 1 ? draws : signals; // the signals, which vary more, if there are several
  const tail = normalCdf(-Math.sqrt(units / (units - 1)) * studentQuantile975(units - 1));
  return { count, mean, median, interval: [quantile(means, tail), quantile(means, 1 - tail)] };
}

/**
 * Summary of the paired differences `a_i − b_i`. Both methods had the same signals and the same measurements, so the difficulty of each
 * signal cancels. Negative means that `a` has the smaller values.
 */
export function summarisePaired(a: ArrayLike<number>, b: ArrayLike<number>, options: SummariseOptions = {}): Summary {
  if (a.length !== b.length) {
    throw new RangeError(`summarisePaired: expected lists of equal length, got ${a.length} and ${b.length}`);
  }
  return summarise(
    Array.from(a, (value, i) => value - b[i]!),
    options,
  );
}

/** Every signal's mean over the draws, whose values follow one another. */
export function meansOverDraws(values: readonly number[], draws: number): Float64Array {
  const means = new Float64Array(values.length / draws);
  for (const [at, value] of values.entries()) means[at % means.length]! += value / draws;
  return means;
}

/**
 * The mean of independent values and Student's 95 % confidence interval of their expected value, x̄ ∓ t s/√n with n − 1 degrees of
 * freedom. Errors (RangeError): fewer than two values.
 */
export function studentInterval(values: readonly number[]): {
  readonly mean: number;
  readonly interval: readonly [number, number];
} {
  const n = values.length;
  if (n < 2) throw new RangeError(`Student's interval: expected at least two values, got ${n}`);
  const mean = average(values);
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile975(n - 1) * Math.sqrt(variance / n);
  return { mean, interval: [mean - half, mean + half] };
}

/** The mean of values. */
export const average = (values: ArrayLike<number>): number =>
  Array.prototype.reduce.call(values, (sum: unknown, v) => (sum as number) + v / values.length, 0) as number;

/** The quantile of sorted values, linear between neighbours. */
export function quantile(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high ? low : low + (at - below) * (high - low);
}

const normalCdf = (z: number): number => (1 + erf(z / Math.SQRT2)) / 2;

/** Student's t at 97.5 %: Abramowitz, Stegun 26.7.5 from 3 degrees of freedom on (error below 0.03), exact values for fewer. */
function studentQuantile975(freedom: number): number {
  if (freedom < 3) return [12.706, 4.303][freedom - 1]!;
  const z = 1.959964;
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  const g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160;
  return z + g1 / freedom + g2 / freedom ** 2 + g3 / freedom ** 3 + g4 / freedom ** 4;
}
