import * as tf from "#tf";

/** Elements of a sparse matrix: `values[k]` at (`rows[k]`, `columns[k]`), each place at most once. */
export interface Elements {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly values: readonly number[];
}

/** A sparse matrix as ELLPACK: in every row as many places as the fullest row needs; the others have the value 0. */
export interface Ellpack {
  readonly rows: number;
  /** Places of a row. */
  readonly width: number;
  /** The column of each place, [rows, width]. */
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

export function ellpack(rows: number, elements: Elements): Ellpack {
  const filled = new Int32Array(rows);
  for (const row of elements.rows) filled[row]!++;
  const width = filled.reduce((a, b) => Math.max(a, b), 1);
  const columns = new Int32Array(rows * width);
  const values = new Float32Array(rows * width);
  filled.fill(0);
  for (const [k, row] of elements.rows.entries()) {
    const at = row * width + filled[row]!++;
    columns[at] = elements.columns[k]!;
    values[at] = elements.values[k]!;
  }
  return { rows, width, columns, values };
}

/** Its product with every row of x: [batch, columns] → [batch, rows]. */
export function ellpackProduct({ rows, width, columns, values }: Ellpack, x: tf.Tensor): tf.Tensor {
  const terms = tf.mul(
    tf.gather(x, tf.tensor2d(columns, [rows, width], "int32"), 1),
    tf.tensor2d(values, [rows, width]),
  );
  return tf.sum(terms, 2);
}
