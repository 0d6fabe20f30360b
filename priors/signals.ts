import type { NdArray } from "ndarray";
import * as tf from "#tf";

/** A batch with one row a signal: [batch, ...shape] to [batch, n]. */
export const perSignal = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [x.shape[0]!, -1]);

/** One number a signal, [batch], shaped to multiply tensors of the given rank: [batch, 1, …]. */
export const spread = (t: tf.Tensor, rank: number): tf.Tensor =>
  tf.reshape(t, [t.shape[0]!, ...new Array<number>(rank - 1).fill(1)]);

/** A stored array in a graph: traced graphs hold it once, as a constant. */
export const constant = (array: NdArray<Float32Array>): tf.Tensor => tf.tensor(array.data, array.shape);

/** The entry of a table [conditions] for every c, [batch] int32. */
export const entryOf = (table: readonly number[], c: tf.Tensor): tf.Tensor1D =>
  tf.gather(tf.tensor1d(Int32Array.from(table), "int32"), c as tf.Tensor1D) as tf.Tensor1D;
