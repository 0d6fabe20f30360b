import * as tf from "#tf";
import { sameShape } from "../src/data/array.ts";
import { type ForwardOperator, forwardOperator, isLinear, type LinearOperator, linearOperator } from "./operator.ts";

/**
 * a + b + …: y = a(x) + b(x) + …. Linear when all are, with the adjoint a' + b' + ….
 * Errors (RangeError): no operators; operators whose signals or measurements have different shapes.
 */
export function sum(parts: readonly LinearOperator[]): LinearOperator;
export function sum(parts: readonly ForwardOperator[]): ForwardOperator;
export function sum(parts: readonly ForwardOperator[]): ForwardOperator {
  const [first, ...others] = parts;
  if (!first) throw new RangeError("sum: expected operators, got none");
  for (const other of others) {
    for (const [shape, does] of [
      ["inShape", "takes"],
      ["outShape", "returns"],
    ] as const) {
      if (sameShape(other[shape], first[shape])) continue;
      throw new RangeError(
        `sum: ${first.name} ${does} [${first[shape].join(", ")}], but ${other.name} ${does} [${other[shape].join(", ")}]`,
      );
    }
  }
  const added = {
    name: `sum(${parts.map(({ name }) => name).join("; ")})`,
    inShape: first.inShape,
    outShape: first.outShape,
    forward: (x: tf.Tensor) => tf.addN(parts.map((part) => part.forward(x))),
  };
  if (!parts.every(isLinear)) return forwardOperator(added);
  return linearOperator({ ...added, adjoint: (y) => tf.addN(parts.map((part) => part.adjoint(y))) });
}
