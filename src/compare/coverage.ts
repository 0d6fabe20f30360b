import type { NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import type { Recovery } from "../solve/index.ts";
import { deviationOf, probabilityBelow } from "../solve/uncertainty/marginals.ts";

/** Central intervals of these probabilities, in percent. */
export const coverageLevels = [50, 90, 99] as const;

/** The fraction of the true numbers inside each interval, keyed by its percent. It should equal that percent. */
export type Coverage = { readonly [Level in (typeof coverageLevels)[number]]: number };

/** Numbers with a deviation below this part of the signal's largest, such as black borders and measured pixels, are not counted. */
const KNOWN = 1e-3;

/**
 * How often the truth [batch, ...shape] lies in the central intervals of a posterior, over the numbers of all signals. Numbers that are
 * known are left out: those with a deviation of at most 1e-3 of the largest of the signal. Undefined if no number is uncertain.
 * The ends of the intervals are quantiles of each number's own posterior, not multiples of its deviation.
 */
export async function coverageOf(
  truth: NdArray<Float32Array>,
  marginals: NonNullable<Recovery["marginals"]>,
): Promise<Coverage | undefined> {
  const x = contiguous(truth);
  const batch = truth.shape[0]!;
  const n = x.length / batch;
  const inside = coverageLevels.map(() => 0);
  let counted = 0;
  for (let i = 0; i < batch; i++) {
    const parts = await marginals(i);
    const deviation = deviationOf(parts);
    const known = KNOWN * deviation.reduce((a, b) => Math.max(a, b), 0);
    for (const [p, probability] of probabilityBelow(parts, x.subarray(i * n, (i + 1) * n)).entries()) {
      if (!(deviation[p]! > known)) continue;
      counted++;
      for (const [at, level] of coverageLevels.entries()) {
        if (Math.abs(probability - 0.5) <= level / 200) inside[at]!++;
      }
    }
  }
  if (counted === 0) return undefined;
  return Object.fromEntries(coverageLevels.map((level, at) => [level, inside[at]! / counted])) as Coverage;
}
