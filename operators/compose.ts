import type * as tf from "#tf";
import { sameShape } from "../src/data/array.ts";
import { type ForwardOperator, forwardOperator, isLinear, type LinearOperator, linearOperator } from "./operator.ts";

/**
 * a∘b: applies b first. Linear when both are, with the adjoint b'∘a'. What descents compare with y is that of a; of a flat b a mask alone keeps it.
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
  const relaxed = relaxedOf(a, b);
  return forwardOperator({ ...both, ...(relaxed && { relaxed }) });
}

function relaxedOf(a: ForwardOperator, b: ForwardOperator): ForwardOperator["relaxed"] {
  const [outer, inner] = [a.relaxed, b.relaxed];
  if (!inner) return outer && ((x, y) => outer(b.forward(x), y));
  // b is flat, so that no gradient comes through it; what a mask leaves out of y it leaves out of the comparison
  if (!isLinear(a) || a.form?.kind !== "selection") return undefined;
  return (x, y) => a.forward(inner(x, a.adjoint(y)));
}
