import * as tf from "#tf";
import { type ForwardOperator, forwardOperator, isLinear, type LinearOperator, linearOperator } from "./operator.ts";

/**
 * c·a: y = c·a(x). Linear when a is, with the adjoint c·a' and ‖c·a‖ = |c|·‖a‖.
 * Errors (RangeError): a factor that is 0 or not finite.
 */
export function scale(factor: number, a: LinearOperator): LinearOperator;
export function scale(factor: number, a: ForwardOperator): ForwardOperator;
export function scale(factor: number, a: ForwardOperator): ForwardOperator {
  if (!(Number.isFinite(factor) && factor !== 0)) {
    throw new RangeError(`scale: factor: expected a finite number other than 0, got ${factor}`);
  }
  const scaled = {
    name: `${factor}*${a.name}`,
    inShape: a.inShape,
    outShape: a.outShape,
    forward: (x: tf.Tensor) => tf.mul(factor, a.forward(x)),
  };
  if (isLinear(a)) {
    const norm = a.norm === undefined ? {} : { norm: Math.abs(factor) * a.norm };
    return linearOperator({ ...scaled, ...norm, adjoint: (y) => tf.mul(factor, a.adjoint(y)) });
  }
  const { relaxed } = a;
  return forwardOperator({
    ...scaled,
    ...(relaxed && { relaxed: (x, y) => tf.mul(factor, relaxed(x, tf.div(y, factor))) }),
  });
}
