import { stream } from "../data/random.ts";
import type { ComparisonRow } from "./row.ts";
import { quantile } from "./summary.ts";

/** Where the mean errors of two methods cross along a sweep over m. */
export interface Crossing {
  /** Has the smaller error with fewer measurements. */
  readonly before: string;
  /** Has the smaller error with more measurements. */
  readonly after: string;
  /** The numbers of measurements between which they cross. */
  readonly between: readonly [number, number];
  /** Where they cross, the logarithms of the errors taken as linear in log m between the two. */
  readonly m: number;
  /** 95 % of resamples of the signals have the crossing here; 0 and Infinity: before the first m, after the last. */
  readonly interval: readonly [low: number, high: number];
}

const RESAMPLES = 1000;

/**
 * The crossings of every two methods along a sweep: `rows` are of problems that differ in m alone, with the same signals. The interval is
 * the bootstrap's over the signals, each of which keeps all its draws. A resample without the crossing counts as one beyond the end at
 * which it would be: if the method that is better before stays so, after the last m. Draws of Φ are not resampled.
 */
export function crossings(rows: readonly ComparisonRow[], seed = 1): Crossing[] {
  const methods = [...new Set(rows.map(({ method }) => method))];
  const curves = methods.map((method) => rows.filter((row) => row.method === method).sort((a, b) => a.m - b.m));
  const found: Crossing[] = [];
  for (const [i, a] of curves.entries()) {
    for (const b of curves.slice(i + 1)) found.push(...crossingsOf(a, b, seed));
  }
  return found;
}

function crossingsOf(a: readonly ComparisonRow[], b: readonly ComparisonRow[], seed: number): Crossing[] {
  const ms = a.map(({ m }) => m);
  const [ofA, ofB] = [a.map(signalErrors), b.map(signalErrors)];
  const signals = ofA[0]!.length;
  const gapsOf = (chosen: ArrayLike<number>) =>
    ms.map((_, k) => Math.log(meanOf(ofA[k]!, chosen) / meanOf(ofB[k]!, chosen)));
  const observed = gapsOf(Array.from({ length: signals }, (_, s) => s));
  const places = crossingPlaces(ms, observed);
  if (places.length === 0) return [];
  const random = stream(seed, "crossings");
  const resampled = Array.from({ length: RESAMPLES }, () =>
    gapsOf(Int32Array.from({ length: signals }, () => random.integer(signals))),
  );
  return places.map(({ at, m }) => {
    const aFirst = observed[at]! < 0;
    const drawn = Float64Array.from(resampled, (gaps) => {
      const same = crossingPlaces(ms, gaps).filter((one) => gaps[one.at]! < 0 === aFirst);
      if (same.length === 0) return gaps.every((gap) => gap < 0 === aFirst) ? Number.POSITIVE_INFINITY : 0;
      return same.reduce((near, one) => (distance(one.m, m) < distance(near, m) ? one.m : near), same[0]!.m);
    }).sort();
    const [before, after] = aFirst ? [a, b] : [b, a];
    return {
      ...{ before: before[0]!.method, after: after[0]!.method, m },
      between: [ms[at]!, ms[at + 1]!] as const,
      interval: [quantile(drawn, 0.025), quantile(drawn, 0.975)] as const,
    };
  });
}

/** Where the sign of gaps along ascending m changes: the place before, and m with the gaps linear in log m. */
function crossingPlaces(ms: readonly number[], gaps: readonly number[]): { at: number; m: number }[] {
  return ms.slice(1).flatMap((_, at) => {
    const [low, high] = [gaps[at]!, gaps[at + 1]!];
    if (!(low * high < 0)) return [];
    const part = low / (low - high);
    return [{ at, m: ms[at]! * (ms[at + 1]! / ms[at]!) ** part }];
  });
}

const distance = (a: number, b: number): number => Math.abs(Math.log(a / b));

/** The mean over the draws of every signal's error. */
function signalErrors({ errors, draws }: ComparisonRow): Float64Array {
  const out = new Float64Array(errors.length / draws);
  for (const [at, error] of errors.entries()) out[at % out.length]! += error / draws;
  return out;
}

function meanOf(values: Float64Array, chosen: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < chosen.length; i++) sum += values[chosen[i]!]!;
  return sum / chosen.length;
}
