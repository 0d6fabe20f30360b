import * as tf from "#tf";
import { alongAxis, matrixOf, requireSignal, transposed } from "./axes.ts";
import { operatorKind } from "./kind.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";

export interface DifferencesOptions {
  /** [h, w], [h, w, channels] or [length]; channels are differenced one by one. */
  readonly inShape: readonly number[];
}

/**
 * Finite differences, the discrete gradient: y[a] = the forward differences along axis a, x[i + 1] − x[i], 0 for the last i. The axes are the
 * first two of the signal. x: [batch, ...inShape]; y: [batch, axes, ...inShape]. ‖Φ‖² = Σ 4 cos²(π/(2n)) over the axes, of n pixels.
 * The mean of x is not measured.
 *
 * Source: Chambolle 2004, "An algorithm for total variation minimization and applications".
 * Errors (RangeError): a shape of more than three axes.
 */
export function differences({ inShape }: DifferencesOptions): LinearOperator {
  requireSignal("differences", inShape);
  const sizes = inShape.slice(0, 2);
  const matrices = sizes.map(differenceMatrix);
  const adjoints = matrices.map(transposed);
  const gradient = (x: tf.Tensor) => matrices.map((matrix, axis) => alongAxis(x, axis, matrix));
  return linearOperator({
    name: "differences",
    inShape,
    outShape: [sizes.length, ...inShape],
    norm: Math.hypot(...sizes.map((n) => 2 * Math.cos(Math.PI / (2 * n)))),
    forward: (x) => tf.stack(gradient(x), 1),
    adjoint: (y) => tf.addN(tf.unstack(y, 1).map((part, axis) => alongAxis(part, axis, adjoints[axis]!))),
  });
}

/** (Dx)[i] = x[i+1] − x[i], the last row 0. Its norm is 2 cos(π/(2n)). */
const differenceMatrix = (n: number) =>
  matrixOf(n, n, (i, j) => (i === n - 1 ? 0 : Number(j === i + 1) - Number(j === i)));

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
