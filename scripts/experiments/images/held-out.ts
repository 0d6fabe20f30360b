import ndarray, { type NdArray } from "ndarray";
import { stream } from "../../../src/data/random.ts";
import type { SourceOptions } from "./source.ts";

/** One image of so many is held out of sets that are published in one part. */
const ONE_OF = 5;

/** The part of images [n, …] that is held out, or the others: in random order, drawn by the seed. */
export function partOf(images: NdArray<Uint8Array>, { test, seed }: SourceOptions): NdArray<Uint8Array> {
  const [n = 0, ...shape] = images.shape;
  const order = stream(seed, "held-out images").permutation(n);
  const count = Math.floor(n / ONE_OF);
  const rows = test ? order.subarray(0, count) : order.subarray(count);
  const size = images.size / n;
  const part = new Uint8Array(rows.length * size);
  for (const [to, from] of rows.entries()) part.set(images.data.subarray(from * size, (from + 1) * size), to * size);
  return ndarray(part, [rows.length, ...shape]);
}
