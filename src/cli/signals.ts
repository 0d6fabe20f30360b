import type { NdArray } from "ndarray";
import { fromHost, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { stream } from "../data/random.ts";
import type { Dataset } from "../data/rows.ts";

/** `limit` signals beginning at `from`; fewer if the data set ends before. Errors: there is no signal at `from`. */
export async function firstRows(dataset: Dataset, from: number, limit: number): Promise<NdArray<Float32Array>> {
  if (from >= dataset.count) {
    throw new InputError(`--from: ${dataset.name} has ${dataset.count} samples, counted from 0; got ${from}`);
  }
  const { readRows } = await import("../data/dataset.ts");
  return readRows(dataset, from, Math.min(dataset.count, from + limit));
}

/** Rows that are read at once while some of them are looked for. */
const BLOCK = 2000;

/** `count` different signals in random order; the same seed gives the same signals. Errors (InputError): the data set has fewer. */
export async function randomRows(dataset: Dataset, count: number, seed: number): Promise<NdArray<Float32Array>> {
  if (count > dataset.count) {
    throw new InputError(
      `--shuffle: ${dataset.name} has ${dataset.count} signals, of which ${count} are needed; take fewer`,
    );
  }
  const order = Array.from({ length: dataset.count }, (_, i) => i);
  const random = stream(seed, "random signals");
  for (let i = 0; i < count; i++) {
    const j = i + random.integer(dataset.count - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const places = new Map(order.slice(0, count).map((row, place) => [row, place]));
  const { readRows } = await import("../data/dataset.ts");
  const n = sizeOf(dataset.shape);
  const out = new Float32Array(count * n);
  for (let from = 0; from < dataset.count; from += BLOCK) {
    const { data } = await readRows(dataset, from, Math.min(dataset.count, from + BLOCK));
    for (let row = from; row * n < from * n + data.length; row++) {
      const place = places.get(row);
      if (place !== undefined) out.set(data.subarray((row - from) * n, (row - from + 1) * n), place * n);
    }
  }
  return fromHost(out, [count, ...dataset.shape]);
}
