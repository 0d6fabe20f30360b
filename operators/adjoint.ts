import { type LinearOperator, linearOperator } from "./operator.ts";

/** a' as an operator: it takes the measurements of a and returns signals. Its adjoint is a, its norm that of a. */
export const adjoint = (a: LinearOperator): LinearOperator =>
  linearOperator({
    name: `adjoint(${a.name})`,
    inShape: a.outShape,
    outShape: a.inShape,
    forward: a.adjoint,
    adjoint: a.forward,
    ...(a.norm !== undefined && { norm: a.norm }),
  });
