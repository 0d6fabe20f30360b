import * as tf from "#tf";

/** Some places of an axis: what lies there (`take`), and its adjoint, which puts it back among zeros (`putBack`). */
export interface Selection {
  /** [batch, size, ...] → [batch, kept, ...] */
  take(x: tf.Tensor): tf.Tensor;
  /** [batch, kept, ...] → [batch, size, ...] */
  putBack(y: tf.Tensor): tf.Tensor;
}

/** The places `kept`, each at most once, among the `size` of the first axis after the batch. */
export function selection(kept: Int32Array, size: number): Selection {
  const source = new Int32Array(size).fill(kept.length); // the row of zeros that is appended to y
  for (const [i, place] of kept.entries()) source[place] = i;
  return {
    take: (x) => tf.gather(x, tf.tensor1d(kept, "int32"), 1),
    putBack: (y) => {
      const padded = tf.concat([y, tf.zeros([y.shape[0]!, 1, ...y.shape.slice(2)])], 1);
      return tf.gather(padded, tf.tensor1d(source, "int32"), 1);
    },
  };
}

/**
 * How many are kept of `pixels`: a fraction up to 1 of them, rounded, or an integer from 2 to `most`, by default all.
 * Errors (RangeError): a fraction that keeps nothing, an integer out of range. `who` begins the message and names the option, `what` is what is counted.
 */
export function keptCount(who: string, keep: number, pixels: number, what: string, most = pixels): number {
  const count = keep <= 1 ? Math.round(keep * pixels) : keep;
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new RangeError(`${who}: expected a fraction between 0 and 1 or a number of ${what} up to ${most}, got ${keep}`);
}
