import type { NdArray } from "ndarray";
import { type Dataset, readRows } from "../src/data/rows.ts";

/** At most so many samples from all over a data set, [count, ...shape]. Errors (InputError): none. */
export function typical(
  dataset: Dataset,
  most: number,
  signal: AbortSignal | undefined,
): Promise<NdArray<Float32Array>> {
  const { count } = dataset;
  const wanted = Math.min(most, count);
  return dataset.typical ? dataset.typical(wanted, { from: 0, to: count }, signal) : readRows(dataset, 0, wanted);
}
