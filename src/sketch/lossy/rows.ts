import * as tf from "#tf";
import { triangleSize } from "../families/family.ts";

/** Φ [b·m, n], y and 1 where it was measured [b, m], of rows (Φ | y) of the form `own`; rows that were not measured are 0. */
export function ownRows(x: tf.Tensor, n: number) {
  const rows = x.shape[0]!;
  const m = x.shape[1]! / (n + 1);
  const both = tf.reshape(x, [rows, m, n + 1]);
  const last = tf.slice(both, [0, 0, n], [rows, m, 1]);
  const missing = tf.isNaN(last);
  const zeros = tf.zerosLike(last);
  const seen = tf.sub(1, tf.cast(missing, "float32"));
  const phi = tf.reshape(tf.mul(tf.slice(both, [0, 0, 0], [rows, m, n]), seen), [rows * m, n]);
  const y = tf.where(missing, zeros, last);
  return { m, phi, y: tf.reshape(y, [rows, m]), seen: tf.reshape(seen, [rows, m]) };
}

/** 1 where a pixel is seen, and the pixels with 0 where they are not, of rows with NaN there. */
export function maskedRows(x: tf.Tensor) {
  const missing = tf.isNaN(x);
  return { seen: tf.sub(1, tf.cast(missing, "float32")), known: tf.where(missing, tf.zerosLike(x), x) };
}

/** The lower triangle of matrices [rows, k, k], [rows, k(k+1)/2]. */
export function lowerOf(matrices: tf.Tensor): tf.Tensor {
  const [rows, k] = matrices.shape as [number, number];
  const at = new Int32Array(triangleSize(k));
  for (let a = 0, i = 0; a < k; a++) for (let b = 0; b <= a; b++) at[i++] = a * k + b;
  return tf.gather(tf.reshape(matrices, [rows, k * k]), tf.tensor1d(at, "int32"), 1);
}
