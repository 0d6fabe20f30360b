import { stream } from "../data/random.ts";
import type { ComparisonRow } from "./row.ts";
import { meansOverDraws, quantile } from "./summary.ts";

/** Where the mean errors of two methods cross along a sweep over m. */
export interface Crossing {
  /** Has the smaller error with fewer measurements. */
  readonly before: string;
  /** Has the smaller error with more measurements. */
  readonly after: string;
  /** The numbers of measurements nearest to the crossing at which the one has the smaller error, then the other. */
  readonly between: readonly [number, number];
  /** Where they cross: where both errors are equal, or the logarithms of the errors taken as linear in log m between the two. */
  readonly m: number;
  /** 95 % of resamples of the signals have the crossing here; 0 and Infinity: before the first m, after the last. */
  readonly interval: readonly [low: number, high: number];
}

const RESAMPLES = 1000;

/**
 * The crossings of every two methods along a sweep: `rows` are of problems that differ in m alone, with the same signals. The interval is
 * the bootstrap's over the signals, each of which keeps all its draws. A resample without the crossing counts as one beyond the end at
 * which it would be: if the method that is better before stays so, after the last m. Draws of Φ are not resampled.
 * An m at which a method has no error at all, of which there is no logarithm, is left out.
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
  const [ofA, ofB] = [signalErrors(a), signalErrors(b)];
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
  return places.map(({ aFirst, between, m }) => {
    const drawn = Float64Array.from(resampled, (gaps) => {
      const same = crossingPlaces(ms, gaps).filter((one) => one.aFirst === aFirst);
      if (same.length === 0) return gaps.some((gap) => (aFirst ? gap > 0 : gap < 0)) ? 0 : Number.POSITIVE_INFINITY;
      return same.reduce((near, one) => (distance(one.m, m) < distance(near, m) ? one.m : near), same[0]!.m);
    }).sort();
    const [before, after] = aFirst ? [a, b] : [b, a];
    return {
      ...{ before: before[0]!.method, after: after[0]!.method, m },
      between,
      interval: [quantile(drawn, 0.025), quantile(drawn, 0.975)] as const,
    };
  });
}

/** Where the sign of gaps along ascending m changes, from below 0 with `aFirst`; m is that of the ties, in their middle, or with the gaps linear in log m. */
function crossingPlaces(
  ms: readonly number[],
  gaps: readonly number[],
): (Pick<Crossing, "between" | "m"> & { readonly aFirst: boolean })[] {
  const known = ms.map((m, k) => ({ m, gap: gaps[k]! })).filter(({ gap }) => Number.isFinite(gap));
  const apart = known.filter(({ gap }) => gap !== 0);
  return apart.slice(1).flatMap((high, k) => {
    const low = apart[k]!;
    if (low.gap < 0 === high.gap < 0) return [];
    const ties = known.filter(({ m }) => low.m < m && m < high.m);
    const part = low.gap / (low.gap - high.gap);
    const m = ties.length > 0 ? Math.sqrt(ties[0]!.m * ties.at(-1)!.m) : low.m * (high.m / low.m) ** part;
    return [{ aFirst: low.gap < 0, between: [low.m, high.m] as const, m }];
  });
}

const signalErrors = (rows: readonly ComparisonRow[]): Float64Array[] =>
  rows.map(({ errors, draws }) => meansOverDraws(errors, draws));

const distance = (a: number, b: number): number => Math.abs(Math.log(a / b));

function meanOf(values: Float64Array, chosen: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < chosen.length; i++) sum += values[chosen[i]!]!;
  return sum / chosen.length;
}
