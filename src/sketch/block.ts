import { dimensionsOf, type SketchDesign } from "./design.ts";
import { familyOf } from "./families/index.ts";

/** The most numbers of an intermediate result [rows, m] of a block, so that it stays in the processor's cache. */
const BLOCK_NUMBERS = 2 ** 21;

/** The most numbers in the samples of a block, [rows, d]. */
const BLOCK_SAMPLES = 2 ** 22;

/** The most samples of a block, unless the family says otherwise. */
const MOST_ROWS = 2048;

/** Default number of samples per block, from 64 to 2048, or 8192 if all sums are in cells: fewer for many frequencies and for large samples. */
export function blockRows(design: Pick<SketchDesign, "shape" | "features" | "poses" | "families">): number {
  const widest = Math.max(1, ...design.families.map((f) => familyOf(f.kind).width?.(f) ?? 1));
  const rows = Math.min(BLOCK_NUMBERS / widest, BLOCK_SAMPLES / dimensionsOf(design).sample);
  const most = Math.min(...design.families.map(({ kind }) => familyOf(kind).mostRows ?? MOST_ROWS));
  return Math.min(most, Math.max(64, 2 ** Math.round(Math.log2(rows))));
}
