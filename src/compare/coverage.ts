import ndarray, { type NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import type { Recovery } from "../solve/index.ts";
import { deviationOf, probabilityBelow } from "../solve/uncertainty/marginals.ts";

/** Central intervals of these probabilities, in percent. */
export const coverageLevels = [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99] as const;

/** The levels that tables show. */
export const tableLevels = [50, 90, 99] as const satisfies readonly (typeof coverageLevels)[number][];

/** The fraction of the true numbers inside each interval, keyed by its percent. It should equal that percent. */
export type Coverage = { readonly [Level in (typeof coverageLevels)[number]]: number };

/** Numbers with a deviation below this part of the signal's largest, such as black borders and measured pixels, are not counted. */
const KNOWN = 1e-3;

export interface Calibrated {
  /** How often the truth lies in the central intervals, over the numbers of all signals; absent if no number is uncertain. */
  readonly coverage?: Coverage;
  /** Standard deviation of every number, [batch, ...shape]. */
  readonly deviation: NdArray<Float32Array>;
}

/**
 * How the truth [batch, ...shape] lies in a posterior. Numbers that are known are not counted: those with a deviation of at most 1e-3 of
 * the largest of the signal. The ends of the intervals are quantiles of each number's own posterior, not multiples of its deviation.
 */
export async function calibrationOf(
  truth: NdArray<Float32Array>,
  marginals: NonNullable<Recovery["marginals"]>,
): Promise<Calibrated> {
  const x = contiguous(truth);
  const batch = truth.shape[0]!;
  const n = x.length / batch;
  const inside = coverageLevels.map(() => 0);
  const deviations = new Float32Array(x.length);
  let counted = 0;
  for (let i = 0; i < batch; i++) {
    const parts = await marginals(i);
    const deviation = deviationOf(parts);
    deviations.set(deviation, i * n);
    const known = KNOWN * deviation.reduce((a, b) => Math.max(a, b), 0);
    for (const [p, probability] of probabilityBelow(parts, x.subarray(i * n, (i + 1) * n)).entries()) {
      if (!(deviation[p]! > known)) continue;
      counted++;
      for (const [at, level] of coverageLevels.entries()) {
        if (Math.abs(probability - 0.5) <= level / 200) inside[at]!++;
      }
    }
  }
  const deviation = ndarray(deviations, [...truth.shape]);
  if (counted === 0) return { deviation };
  const coverage = Object.fromEntries(coverageLevels.map((level, at) => [level, inside[at]! / counted])) as Coverage;
  return { coverage, deviation };
}
