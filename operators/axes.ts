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
 * such products: exact, with any boundary rule, and quick at image sizes. Of a banded matrix only the band is multiplied.
 */
export function alongAxis(x: tf.Tensor, axis: number, matrix: Matrix): tf.Tensor {
  const before = x.shape.slice(0, axis + 1);
  const after = x.shape.slice(axis + 2);
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const lines = tf.reshape(x, [size(before), matrix.columns, size(after)]);
  const parts = blocksOf(matrix).map(({ first, block }) => {
    const { rows, columns, data } = block;
    const seen = columns === matrix.columns ? lines : tf.slice(lines, [0, first, 0], [-1, columns, -1]);
    const m = tf.tensor2d(data, [rows, columns]);
    if (after.length > 0) return tf.matMul(m as tf.Tensor, seen);
    return tf.expandDims(tf.matMul(tf.squeeze(seen, [2]), m, false, true), 2);
  });
  return tf.reshape(parts.length === 1 ? parts[0]! : tf.concat(parts, 1), [...before, matrix.rows, ...after]);
}

/** Some rows of a matrix, without the columns before and behind all that is not 0 in them. */
interface Block {
  /** The first of its columns. */
  readonly first: number;
  readonly block: Matrix;
}

/** Rows of a block: fewer leave out more of what is 0, and make more products. */
const BLOCK_ROWS = 64;

const blocks = new WeakMap<Matrix, readonly Block[]>();

/** A matrix as blocks of its rows, where they have less than half of its numbers; otherwise as one. Made once for every matrix. */
function blocksOf(matrix: Matrix): readonly Block[] {
  const known = blocks.get(matrix);
  if (known) return known;
  const cut = Array.from({ length: Math.ceil(matrix.rows / BLOCK_ROWS) }, (_, k) => blockAt(matrix, k * BLOCK_ROWS));
  const numbers = cut.reduce((sum, { block }) => sum + block.data.length, 0);
  const made = 2 * numbers < matrix.data.length ? cut : [{ first: 0, block: matrix }];
  blocks.set(matrix, made);
  return made;
}

function blockAt({ rows, columns, data }: Matrix, row: number): Block {
  const count = Math.min(BLOCK_ROWS, rows - row);
  let [first, end] = [columns, 0];
  for (let i = row; i < row + count; i++) {
    for (let j = 0; j < columns; j++) {
      if (data[i * columns + j] === 0) continue;
      first = Math.min(first, j);
      end = Math.max(end, j + 1);
    }
  }
  if (first >= end) [first, end] = [0, 1]; // all is 0
  return { first, block: matrixOf(count, end - first, (i, j) => data[(row + i) * columns + first + j]!) };
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
