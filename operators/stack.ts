import * as tf from "#tf";
import { sameShape, sizeOf } from "../src/data/array.ts";
import { type ForwardOperator, forwardOperator, isLinear, type LinearOperator, linearOperator } from "./operator.ts";

/**
 * Several measurements of one signal, one after the other: y = (a(x), b(x), …), each flattened. y: [batch, m], m the sum of their numbers. Linear
 * when all are, with the adjoint Σ a'y_a.
 * Errors (RangeError): no operators; operators of signals of different shapes.
 */
export function stack(parts: readonly LinearOperator[]): LinearOperator;
export function stack(parts: readonly ForwardOperator[]): ForwardOperator;
export function stack(parts: readonly ForwardOperator[]): ForwardOperator {
  const [first, ...others] = parts;
  if (!first) throw new RangeError("stack: expected operators, got none");
  for (const { name, inShape } of others) {
    if (sameShape(inShape, first.inShape)) continue;
    throw new RangeError(
      `stack: ${first.name} takes [${first.inShape.join(", ")}], but ${name} takes [${inShape.join(", ")}]`,
    );
  }
  const sizes = parts.map(({ outShape }) => sizeOf(outShape));
  const m = sizes.reduce((sum, size) => sum + size, 0);
  const joined = (each: readonly tf.Tensor[]) =>
    tf.concat(
      each.map((y, i) => tf.reshape(y, [-1, sizes[i]!])),
      1,
    );
  /** The measurements of every part in its own shape. */
  const apart = (y: tf.Tensor) =>
    tf.split(y, sizes, 1).map((piece, i) => tf.reshape(piece, [-1, ...parts[i]!.outShape]));
  const stacked = {
    name: `stack(${parts.map(({ name }) => name).join("; ")})`,
    inShape: first.inShape,
    outShape: [m],
    forward: (x: tf.Tensor) => joined(parts.map((part) => part.forward(x))),
  };
  if (parts.every(isLinear)) {
    return linearOperator({
      ...stacked,
      adjoint: (y) => tf.addN(apart(y).map((piece, i) => parts[i]!.adjoint(piece))),
    });
  }
  if (!parts.some(({ relaxed }) => relaxed)) return forwardOperator(stacked);
  return forwardOperator({
    ...stacked,
    relaxed: (x, y) => joined(apart(y).map((piece, i) => parts[i]!.relaxed?.(x, piece) ?? parts[i]!.forward(x))),
  });
}
