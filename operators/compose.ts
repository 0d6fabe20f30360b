import type * as tf from "#tf";
import { sameShape } from "../src/data/array.ts";
import { type ForwardOperator, forwardOperator, isLinear, type LinearOperator, linearOperator } from "./operator.ts";

/**
 * a∘b: applies b first. Linear when both are, with the adjoint b'∘a'.
 * Errors (RangeError): what b returns is not what a takes.
 */
export function compose(a: LinearOperator, b: LinearOperator): LinearOperator;
export function compose(a: ForwardOperator, b: ForwardOperator): ForwardOperator;
export function compose(a: ForwardOperator, b: ForwardOperator): ForwardOperator {
  if (!sameShape(a.inShape, b.outShape)) {
    throw new RangeError(
      `compose: ${a.name} takes [${a.inShape.join(", ")}], but ${b.name}, applied first, returns [${b.outShape.join(", ")}]`,
    );
  }
  const both = {
    name: `${a.name}*${b.name}`,
    inShape: b.inShape,
    outShape: a.outShape,
    forward: (x: tf.Tensor) => a.forward(b.forward(x)),
  };
  if (isLinear(a) && isLinear(b)) return linearOperator({ ...both, adjoint: (y) => b.adjoint(a.adjoint(y)) });
  const { relaxed } = a;
  return forwardOperator({ ...both, ...(relaxed && { relaxed: (x, y) => relaxed(b.forward(x), y) }) });
}
