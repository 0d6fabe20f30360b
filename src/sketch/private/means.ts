import { diagonalAt, triangleSize } from "../families/family.ts";
import type { PrivateSums } from "./contribution.ts";
import { featuresIn, groupsOf, type PrivateDesign, partsIn } from "./design.ts";
import { noiseOf, REACH } from "./parts.ts";

/**
 * By how much shrinking to the clipping norm has made features smaller, √(Σ |u|² / Σ |q|²), from 1 to `REACH`. Means and deviations are stretched by it: were the directions
 * of the features independent of their norms, that would undo the shrinking. 1 without squares or energy.
 */
export function stretchOf(design: PrivateDesign, { square, energy }: PrivateSums): number {
  if (!square || !energy) return 1;
  const size = triangleSize(featuresIn(design));
  let trace = 0;
  for (let g = 0; g < groupsOf(design); g++) {
    for (let i = 0; i < featuresIn(design); i++) trace += square[g * size + diagonalAt(i)]!;
  }
  const ratio = energy[0]! / trace; // both in the same grid
  return ratio > 0 ? Math.sqrt(Math.min(REACH ** 2, Math.max(1, ratio))) : 1;
}

/**
 * The deviation, in the data's units before stretching, of the noise that releases of one design with these μ add up to; of a triangle, on the diagonal.
 */
export function noiseIn(design: PrivateDesign, name: "mean" | "square" | "network", mus: readonly number[]): number {
  const part = partsIn(design).get(name)!;
  const sigmas = mus.map((mu) => noiseOf(part, design.shares[name], mu).diagonal);
  return part.grid * Math.hypot(...sigmas);
}

/**
 * Counts [groups], at least 2, and the means of the features [groups, k] of noisy sums. Means are drawn to that of all groups by as much as the known noise asks for:
 * James and Stein's factor 1 − (b − 2)s²/|m − m̄|², at least 0, in each band of b features (Efron, Morris 1973). Bands double in width: higher cosines
 * tell labels less well.
 */
export function shrunkMeans(design: PrivateDesign, sums: PrivateSums, mus: readonly number[]) {
  const { count, mean } = sums;
  const [groups, k] = [groupsOf(design), featuresIn(design)];
  const parts = partsIn(design);
  const counts = count!.map((v) => Math.max(2, Math.round(v * parts.get("count")!.grid)));
  const stretch = stretchOf(design, sums);
  const sigma = stretch * noiseIn(design, "mean", mus);
  const own = mean!.map((v, at) => {
    const group = Math.floor(at / k);
    return design.reference[at]! + (stretch * v * parts.get("mean")!.grid) / counts[group]!;
  });
  const all = counts.reduce((sum, n) => sum + n, 0);
  const pooled = new Float64Array(k);
  for (let g = 0; g < groups; g++) for (let i = 0; i < k; i++) pooled[i]! += (counts[g]! / all) * own[g * k + i]!;
  const means = own.slice();
  for (let g = 0; g < groups && groups > 1; g++) {
    const s = sigma / counts[g]!;
    for (const [from, to] of bands(k)) {
      let distance = 0;
      for (let i = from; i < to; i++) distance += (own[g * k + i]! - pooled[i]!) ** 2;
      const factor = Math.max(0, 1 - ((to - from - 2) * s * s) / distance);
      for (let i = from; i < to; i++) means[g * k + i] = pooled[i]! + factor * (own[g * k + i]! - pooled[i]!);
    }
  }
  return { counts, means, pooled };
}

/** 0 to 8, 8 to 24, 24 to 56, … up to k; a last band of less than 4 belongs to the one before. */
function bands(k: number): [number, number][] {
  const out: [number, number][] = [];
  for (let [from, width] = [0, 8]; from < k; from += width, width *= 2) {
    const to = Math.min(k, from + width);
    if (to - from < 4 && out.length > 0) out.at(-1)![1] = k;
    else out.push([from, to]);
  }
  return out;
}
