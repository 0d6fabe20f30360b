import * as tf from "#tf";
import { TINY } from "../src/engine/tiny.ts";
import { operatorKind } from "./kind.ts";
import { type ForwardOperator, forwardOperator } from "./operator.ts";

export interface MagnitudeOptions {
  readonly inShape: readonly number[];
  /** Takes each number by itself, also if the last axis has two; default false. */
  readonly numbers?: boolean;
}

/**
 * Moduli: y = |x|. Where the last of several axes has two numbers, as the real and imaginary parts of `fourier`, they are one complex number:
 * [batch, …, 2] to [batch, …], y = √(re² + im²). Other numbers each have their own. After a linear Φ, as in `magnitude*fourier:acceleration=1`, it
 * is phase retrieval. x and −x have the same moduli, of `fourier` also x mirrored or moved: only a prior tells them apart.
 *
 * The misfit ½‖y − |Φx|‖² is that of the amplitude flow; its gradient is 0 at Φx = 0.
 *
 * Source: Fienup 1982, "Phase retrieval algorithms"; with generators Hand, Leong, Voroninski 2018.
 */
export function magnitude({ inShape, numbers = false }: MagnitudeOptions): ForwardOperator {
  const last = inShape.length;
  if (numbers || last < 2 || inShape[last - 1] !== 2) {
    return forwardOperator({ ...{ name: "magnitude", inShape, outShape: inShape }, forward: (x) => tf.abs(x) });
  }
  return forwardOperator({
    ...{ name: "magnitude", inShape, outShape: inShape.slice(0, -1) },
    forward: (x) => tf.sqrt(tf.maximum(tf.sum(tf.square(x), last), TINY)), // √ has no gradient at 0
  });
}

export const magnitudeKind = operatorKind({
  summary:
    "moduli, of complex numbers where the last axis has two: phase retrieval, after a linear operator; not linear",
  options: { numbers: { type: "flag", description: "of each number, also if the last axis has two" } },
  samples: [
    { inShape: [5, 4], spec: "magnitude" },
    { inShape: [5, 2], spec: "magnitude" },
    { inShape: [5, 2], spec: "magnitude:numbers" },
    { inShape: [6, 5], spec: "magnitude*fourier:acceleration=2" },
  ],
  make: (inShape, { numbers }) => magnitude({ inShape, numbers }),
});
