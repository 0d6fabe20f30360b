import { dimensionsOf, type SketchDesign } from "./design.ts";
import { familyOf } from "./families/index.ts";

/** The most numbers of an intermediate result [rows, m] of a block, so that it stays in the processor's cache. */
const BLOCK_NUMBERS = 2 ** 21;

/** By label it may be so many times as large: every label adds sums of its own once a block, which costs more than the cache gives. */
const LABEL_FACTOR = 4;

/** The most numbers in the samples of a block, [rows, d], 16 MB. */
const BLOCK_SAMPLES = 2 ** 22;

/** The most samples of a block, unless the family says otherwise. */
const MOST_ROWS = 2048;

/** The least samples of a block, for many frequencies. */
const LEAST_ROWS = 64;

/**
 * Default number of samples per block, from 64 to 2048 (or `mostRows`): fewer for many frequencies and for large samples. Of samples of more than 65 536 numbers as many as take
 * 16 MB: 16 of 256 × 256 × 3.
 */
export function blockRows(design: Pick<SketchDesign, "shape" | "features" | "poses" | "labels" | "families">): number {
  const numbers = BLOCK_NUMBERS * Math.min(LABEL_FACTOR, design.labels ?? 1);
  const widest = Math.max(1, ...design.families.map((f) => familyOf(f.kind).width?.(f) ?? 1));
  const held = BLOCK_SAMPLES / dimensionsOf(design).sample;
  const rows = Math.min(numbers / widest, held);
  const most = Math.min(...design.families.map(({ kind }) => familyOf(kind).mostRows ?? MOST_ROWS));
  const least = Math.max(1, Math.min(LEAST_ROWS, 2 ** Math.floor(Math.log2(held))));
  return Math.min(most, Math.max(least, 2 ** Math.round(Math.log2(rows))));
}
