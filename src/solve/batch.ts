import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { perSignal, spread } from "../../priors/signals.ts";
import { fromHost, sizeOf } from "../data/array.ts";

export { TINY } from "../engine/tiny.ts";

/** Arithmetic on batches [batch, …]. Each row is one problem. A result with one number per row has the shape [batch]. */

/** ⟨a, b⟩ of every row. */
export const dots = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(perSignal(tf.mul(a, b)), 1);

/** ‖a‖² of every row. */
export const squares = (a: tf.Tensor): tf.Tensor => tf.sum(perSignal(tf.square(a)), 1);

/** ‖a‖ of every row. */
export const norms = (a: tf.Tensor): tf.Tensor => tf.sqrt(squares(a));

/** ½‖a‖² of every row. */
export const halfSquares = (a: tf.Tensor): tf.Tensor => tf.mul(0.5, squares(a));

/** Every row times its own number. */
export const scaled = (t: tf.Tensor, a: tf.Tensor): tf.Tensor => tf.mul(spread(t, a.rank), a);

/** A host batch of one value. */
export const filled = (batch: number, shape: readonly number[], value = 0): NdArray<Float32Array> =>
  fromHost(new Float32Array(batch * sizeOf(shape)).fill(value), [batch, ...shape]);
