import type { NdArray } from "ndarray";
import { type Dataset, readRows } from "../src/data/rows.ts";

/** At most so many samples of a data set, [count, ...shape]: of patches from all over it, of other sets the first ones. */
export function typical(
  dataset: Dataset,
  most: number,
  signal: AbortSignal | undefined,
): Promise<NdArray<Float32Array>> {
  const { count } = dataset;
  const wanted = Math.min(most, count);
  return dataset.typical ? dataset.typical(wanted, { from: 0, to: count }, signal) : readRows(dataset, 0, wanted);
}
