import * as tf from "#tf";
import { perSignal } from "../../../priors/signals.ts";
import type { ValueRange } from "../../data/range.ts";
import { dots, halfSquares, norms, scaled } from "../batch.ts";
import type { CentredProblem } from "./centre.ts";

/** The signals that a problem allows: low ≤ x ≤ high, either end possibly infinite. */
export interface Box {
  /** The nearest x of the box. */
  project(x: tf.Tensor): tf.Tensor;
  /**
   * The largest ⟨g, x − u⟩ over u in the box, of every row. A linear function with the gradient g can still fall by this much. Where an
   * end is infinite, u is assumed to be within `reach` [batch] of x.
   */
  fall(g: tf.Tensor, x: tf.Tensor, reach: tf.Tensor): tf.Tensor;
  /** The same for a function that curves upwards by at least c > 0 [batch]: the largest ⟨g, x − u⟩ − ½c‖x − u‖². */
  curvedFall(g: tf.Tensor, x: tf.Tensor, c: tf.Tensor): tf.Tensor;
}

const NO_RANGE: ValueRange = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** The box of a problem: its range less its centre. Without a range the box holds all signals. */
export function boxOf({ operator, range = NO_RANGE, centre }: Omit<CentredProblem, "y" | "shape">): Box {
  const [lowest, highest] = range;
  const [hasLow, hasHigh] = [Number.isFinite(lowest), Number.isFinite(highest)];
  const less = (end: number) => (centre ? tf.sub(end, tf.tensor(centre, [1, ...operator.inShape])) : tf.scalar(end));
  return {
    project: (x) => {
      const above = hasLow ? tf.maximum(x, less(lowest)) : x;
      return hasHigh ? tf.minimum(above, less(highest)) : above;
    },
    fall: (g, x, reach) => {
      const [down, up] = [tf.relu(g), tf.relu(tf.neg(g))]; // where u should be below x, and where above
      const bounded: tf.Tensor[] = [];
      if (hasLow) bounded.push(tf.mul(down, tf.sub(x, less(lowest))));
      if (hasHigh) bounded.push(tf.mul(up, tf.sub(less(highest), x)));
      const open = hasLow && hasHigh ? undefined : hasLow ? up : hasHigh ? down : g;
      const sums = bounded.map((part) => tf.sum(perSignal(part), 1));
      return [...sums, ...(open ? [tf.mul(norms(open), reach)] : [])].reduce((a, b) => tf.add(a, b));
    },
    curvedFall: (g, x, c) => {
      let step = scaled(tf.div(1, c), g); // x − u of the lowest u
      if (hasLow) step = tf.minimum(step, tf.sub(x, less(lowest)));
      if (hasHigh) step = tf.maximum(step, tf.sub(x, less(highest)));
      return tf.sub(dots(g, step), tf.mul(c, halfSquares(step)));
    },
  };
}
