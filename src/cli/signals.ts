import type { NdArray } from "ndarray";
import { InputError } from "../data/errors.ts";
import type { Dataset } from "../data/rows.ts";

/** Signals `from` up to `from + limit`, fewer where the data set ends. Errors: none there. */
export async function firstRows(dataset: Dataset, from: number, limit: number): Promise<NdArray<Float32Array>> {
  if (from >= dataset.count) {
    throw new InputError(`--from: ${dataset.name} has ${dataset.count} samples, counted from 0; got ${from}`);
  }
  const { readRows } = await import("../data/dataset.ts");
  return readRows(dataset, from, Math.min(dataset.count, from + limit));
}
