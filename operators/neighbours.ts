import * as tf from "#tf";

/** Differences of neighbours along one axis of signals [batch, ...shape]; axis 0 is the first after the batch. */

/** D: x[i + 1] − x[i], 0 for the last i. */
export const forwardDifference = (x: tf.Tensor, axis: number): tf.Tensor => padded(steps(x, axis), axis, [0, 1]);

/** D': y[i − 1] − y[i], without the last y, which D leaves at 0. */
export const forwardAdjoint = (y: tf.Tensor, axis: number): tf.Tensor => stepsAdjoint(allButOne(y, axis, 0), axis);

/** B: x[i] − x[i − 1], 0 for the first i. */
export const backwardDifference = (x: tf.Tensor, axis: number): tf.Tensor => padded(steps(x, axis), axis, [1, 0]);

/** B': y[i] − y[i + 1], without the first y, which B leaves at 0. */
export const backwardAdjoint = (y: tf.Tensor, axis: number): tf.Tensor => stepsAdjoint(allButOne(y, axis, 1), axis);

/** The same with 0 at the last place of the axis, where D is 0. */
export const withoutLast = (x: tf.Tensor, axis: number): tf.Tensor => padded(allButOne(x, axis, 0), axis, [0, 1]);

/** ‖(D, …)‖ along the first two axes: √(Σ 4 cos²(π/(2n))) over axes of n pixels. That of B is the same. */
export const differencesNorm = (shape: readonly number[]): number =>
  Math.hypot(...shape.slice(0, 2).map((n) => 2 * Math.cos(Math.PI / (2 * n))));

/** The n − 1 steps from each place to the next. */
const steps = (x: tf.Tensor, axis: number): tf.Tensor => tf.sub(allButOne(x, axis, 1), allButOne(x, axis, 0));

const stepsAdjoint = (y: tf.Tensor, axis: number): tf.Tensor =>
  tf.sub(padded(y, axis, [1, 0]), padded(y, axis, [0, 1]));

/** All along an axis but the last (from = 0) or the first (from = 1). */
function allButOne(x: tf.Tensor, axis: number, from: 0 | 1): tf.Tensor {
  const begin = x.shape.map((_, at) => (at === axis + 1 ? from : 0));
  return tf.slice(x, begin, x.shape.with(axis + 1, x.shape[axis + 1]! - 1));
}

/** The same with zeros before and after it along an axis. */
function padded(x: tf.Tensor, axis: number, zeros: readonly [number, number]): tf.Tensor {
  const pads = x.shape.map((_, at): [number, number] => (at === axis + 1 ? [...zeros] : [0, 0]));
  return tf.pad(x, pads);
}
