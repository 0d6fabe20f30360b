import { sameShape } from "../src/data/array.ts";
import { type ForwardOperator, isLinear, type LinearOperator, linearOperator } from "./operator.ts";

/**
 * a∘b: applies b first. Linear when both are, with the adjoint b'∘a'.
 * Errors: what b returns is not what a takes.
 */
export function compose(a: LinearOperator, b: LinearOperator): LinearOperator;
export function compose(a: ForwardOperator, b: ForwardOperator): ForwardOperator;
export function compose(a: ForwardOperator, b: ForwardOperator): ForwardOperator {
  if (!sameShape(a.inShape, b.outShape)) {
    throw new RangeError(
      `compose: ${a.name} takes [${a.inShape.join(", ")}], but ${b.name}, applied first, returns [${b.outShape.join(", ")}]`,
    );
  }
  const both: ForwardOperator = {
    name: `${a.name}*${b.name}`,
    inShape: b.inShape,
    outShape: a.outShape,
    forward: (x) => a.forward(b.forward(x)),
  };
  return isLinear(a) && isLinear(b) ? linearOperator({ ...both, adjoint: (y) => b.adjoint(a.adjoint(y)) }) : both;
}
