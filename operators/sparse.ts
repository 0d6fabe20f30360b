import * as tf from "#tf";

/** Elements of a sparse matrix: `values[k]` at (`rows[k]`, `columns[k]`), each place at most once. */
export interface Elements {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** A product with a sparse matrix: [batch, columns] → [batch, rows]. */
export type SparseProduct = (x: tf.Tensor) => tf.Tensor;

/**
 * The product with the matrix whose elements are those of `parts`. It is kept as sliced ELLPACK (Monakov, Lokhmotov, Avetisyan 2010): slices of
 * following rows, each row with as many places as the fullest of its slice. A slice has few enough places that what it gathers stays small.
 */
export function sparseProduct(rows: number, parts: readonly Elements[]): SparseProduct {
  const slices = slicesOf(rows, parts);
  return (x) => {
    const columns = tf.transpose(x); // so that one place fetches the whole batch
    const products = slices.map(({ count, width, at, values }) => {
      const fetched = tf.gather(columns, tf.tensor2d(at, [count, width], "int32"));
      return tf.reshape(tf.matMul(tf.tensor3d(values, [count, 1, width]), fetched), [count, -1]);
    });
    return tf.transpose(tf.concat(products, 0));
  };
}

/** Following rows of a matrix; each has `width` places, of which those that are not needed have the value 0. */
interface Slice {
  readonly first: number;
  readonly count: number;
  readonly width: number;
  /** The column of each place, [count, width]. */
  readonly at: Int32Array;
  readonly values: Float32Array;
}

/** Most places of a slice: a megabyte for each signal of a batch. */
const PLACES = 2 ** 18;

function slicesOf(rows: number, parts: readonly Elements[]): Slice[] {
  const filled = new Int32Array(rows);
  for (const part of parts) for (const row of part.rows) filled[row]!++;
  const slices: Slice[] = [];
  const sliceOf = new Int32Array(rows);
  for (let first = 0; first < rows; ) {
    let [end, width] = [first, 1];
    while (end < rows && (end === first || (end + 1 - first) * Math.max(width, filled[end]!) <= PLACES)) {
      width = Math.max(width, filled[end]!);
      sliceOf[end++] = slices.length;
    }
    const size = (end - first) * width;
    slices.push({ first, count: end - first, width, at: new Int32Array(size), values: new Float32Array(size) });
    first = end;
  }
  filled.fill(0);
  for (const part of parts) {
    for (const [k, row] of part.rows.entries()) {
      const { first, width, at, values } = slices[sliceOf[row]!]!;
      const place = (row - first) * width + filled[row]!++;
      at[place] = part.columns[k]!;
      values[place] = part.values[k]!;
    }
  }
  return slices;
}
