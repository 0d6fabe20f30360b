import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { perSignal } from "../../../priors/signals.ts";
import { contiguous, fromHost } from "../../data/array.ts";

/** [batch, ...shape] to the sums of the rows, [batch]. */
export const rowSums = (x: tf.Tensor): tf.Tensor => tf.sum(perSignal(x), 1);

/** [batch, ...shape] to the means of the rows, [batch]. */
export const rowMeans = (x: tf.Tensor): tf.Tensor => tf.mean(perSignal(x), 1);

/** The array with every element drawn from its clean value, in order. */
export const drawn = (clean: NdArray<Float32Array>, draw: (value: number, index: number) => number) =>
  fromHost((contiguous(clean) as Float32Array).map(draw), clean.shape);

/** The mean of f over all elements, in float64. */
export function meanOf(array: NdArray<Float32Array>, f: (value: number) => number): number {
  let sum = 0;
  for (const value of contiguous(array)) sum += f(value);
  return sum / array.size;
}

/** Where element `index` of [batch, ...shape] stands: `measurement 3 of signal 0`. */
export function placeOf(array: NdArray<Float32Array>, index: number): string {
  const width = array.size / array.shape[0]!;
  return `measurement ${index % width} of signal ${Math.floor(index / width)}`;
}
