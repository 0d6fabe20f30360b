import * as tf from "#tf";

/** A constant matrix, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** The matrix whose element (i, j) is `at(i, j)`. */
export function matrixOf(rows: number, columns: number, at: (i: number, j: number) => number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, (_, k) => at(Math.floor(k / columns), k % columns));
  return { rows, columns, data };
}

export function transposed({ rows, columns, data }: Matrix): Matrix {
  return matrixOf(columns, rows, (i, j) => data[j * columns + i]!);
}

/**
 * Multiplies one axis by a matrix: out[…, i, …] = Σ_j M[i, j] x[…, j, …]. Axis 0 is the first after the batch.
 * x: [batch, ...shape]; the result has `rows` elements along the axis. Separable filters, differences and wavelets are
 * such products: exact, with any boundary rule, and quick at image sizes.
 */
export function alongAxis(x: tf.Tensor, axis: number, matrix: Matrix): tf.Tensor {
  const before = x.shape.slice(0, axis + 1);
  const after = x.shape.slice(axis + 2);
  const outShape = [...before, matrix.rows, ...after];
  const m = tf.tensor2d(matrix.data, [matrix.rows, matrix.columns]);
  if (after.length === 0) {
    return tf.reshape(tf.matMul(tf.reshape(x, [-1, matrix.columns]), m, false, true), outShape);
  }
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const stacked = tf.reshape(x, [size(before), matrix.columns, size(after)]);
  return tf.reshape(tf.matMul(m as tf.Tensor, stacked), outShape);
}

/** Errors (RangeError): a shape of no axes, or of more than [h, w, channels]. `who` begins the message. */
export function requireSignal(who: string, inShape: readonly number[]): void {
  if (inShape.length >= 1 && inShape.length <= 3) return;
  throw new RangeError(`${who}: expected signals of [h, w], [h, w, channels] or [length], got [${inShape.join(", ")}]`);
}

/** The pixel of a periodic axis of n that lies at `at`. */
export const wrapped = (at: number, n: number): number => ((at % n) + n) % n;

/** The pixel at `at` of an axis that is mirrored at its ends: … 1 0 | 0 1 … n-1 | n-1 n-2 …, with period 2n. */
export function mirrored(at: number, n: number): number {
  const place = wrapped(at, 2 * n);
  return place < n ? place : 2 * n - 1 - place;
}
