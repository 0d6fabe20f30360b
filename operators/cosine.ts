import type * as tf from "#tf";
import { alongAxis, type Matrix, matrixOf, requireSignal, transposed } from "./axes.ts";

/**
 * The orthonormal DCT-II of n numbers: C[k, i] = s cos(πk(2i + 1)/(2n)), s = √(2/n), or √(1/n) for k = 0. Row k is the cosine of k half
 * periods.
 *
 * Source: Ahmed, Natarajan, Rao 1974, "Discrete cosine transform".
 */
export const cosineMatrix = (n: number): Matrix =>
  matrixOf(n, n, (k, i) => Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * n)));

/**
 * C of [h, w], [h, w, channels] or [length]: one `cosineMatrix` along each of the first two axes. analysis C and synthesis C', [batch, ...shape] to the same.
 * Errors (RangeError): signals of more axes; `who` begins the message.
 */
export function cosineTransform(who: string, shape: readonly number[]) {
  requireSignal(who, shape);
  const forward = shape.slice(0, 2).map(cosineMatrix);
  const backward = forward.map(transposed);
  return {
    analysis: (x: tf.Tensor) => forward.reduce((c, matrix, axis) => alongAxis(c, axis, matrix), x),
    synthesis: (c: tf.Tensor) => backward.reduce((x, matrix, axis) => alongAxis(x, axis, matrix), c),
  };
}
