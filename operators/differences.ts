import * as tf from "#tf";
import { requireSignal } from "./axes.ts";
import { operatorKind } from "./kind.ts";
import { differencesNorm, forwardAdjoint, forwardDifference } from "./neighbours.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";

export interface DifferencesOptions {
  /** [h, w], [h, w, channels] or [length]; channels are differenced one by one. */
  readonly inShape: readonly number[];
}

/**
 * Finite differences, the discrete gradient: y[a] = the forward differences along axis a, x[i + 1] − x[i], 0 for the last i. The axes are the
 * first two of the signal. x: [batch, ...inShape]; y: [batch, axes, ...inShape]. The mean of x is not measured.
 *
 * Source: Chambolle 2004, "An algorithm for total variation minimization and applications".
 * Errors (RangeError): a shape of more than three axes.
 */
export function differences({ inShape }: DifferencesOptions): LinearOperator {
  requireSignal("differences", inShape);
  const sizes = inShape.slice(0, 2);
  return linearOperator({
    name: "differences",
    inShape,
    outShape: [sizes.length, ...inShape],
    norm: differencesNorm(inShape),
    forward: (x) =>
      tf.stack(
        sizes.map((_, axis) => forwardDifference(x, axis)),
        1,
      ),
    adjoint: (y) => tf.addN(tf.unstack(y, 1).map(forwardAdjoint)),
  });
}

export const differencesKind = operatorKind({
  summary: "forward differences along both axes: the discrete gradient",
  options: {},
  samples: [
    { inShape: [6, 5], spec: "differences" },
    { inShape: [3, 4, 2], spec: "differences" },
    { inShape: [7], spec: "differences" },
  ],
  make: (inShape) => differences({ inShape }),
});
