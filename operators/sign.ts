import * as tf from "#tf";
import { TINY } from "../src/engine/tiny.ts";
import { operatorKind } from "./kind.ts";
import { type ForwardOperator, forwardOperator } from "./operator.ts";

/**
 * One bit of every number: y = 1 where x ≥ 0, and −1 elsewhere. After a linear Φ, as in `sign*gaussian:m=400`, it is 1-bit compressed sensing.
 *
 * The signs do not tell the size of x, and their gradient is 0. So descents ask for agreement in sign alone, of numbers divided by their root mean
 * square: in place of y they compare y + s·min(0, s·x/rms(x)) with y, s the sign of y. This is the one-sided quadratic penalty of BIHT.
 *
 * Source: Boufounos, Baraniuk 2008, "1-bit compressive sensing"; Jacques, Laska, Boufounos, Baraniuk 2013 (BIHT), section IV.
 */
export const sign = ({ inShape }: { readonly inShape: readonly number[] }): ForwardOperator =>
  forwardOperator({
    ...{ name: "sign", inShape, outShape: inShape },
    forward: signs,
    relaxed: (x, y) => {
      const axes = inShape.map((_, axis) => axis + 1);
      const size = tf.sqrt(tf.maximum(tf.mean(tf.square(x), axes, true), TINY));
      const side = signs(y);
      return tf.add(y, tf.mul(side, tf.minimum(0, tf.mul(side, tf.div(x, size)))));
    },
  });

/** tf.sign is 0 at 0. */
const signs = (x: tf.Tensor): tf.Tensor => tf.sign(tf.add(tf.sign(x), 0.5));

export const signKind = operatorKind({
  summary: "1 where x ≥ 0, else −1: 1-bit measurements, after a linear operator; not linear",
  options: {},
  samples: [
    { inShape: [5, 4], spec: "sign" },
    { inShape: [3, 5], spec: "sign*gaussian:m=7" },
  ],
  make: (inShape) => sign({ inShape }),
});
