import * as tf from "#tf";
import { sizeOf } from "../src/data/array.ts";
import { type CoefficientOptions, coefficients, keepOption } from "./coefficients.ts";
import { cosineTransform } from "./cosine.ts";
import { operatorKind } from "./kind.ts";
import type { LinearOperator } from "./operator.ts";

/**
 * Random cosine coefficients: y = (Cx)[kept], C the orthonormal DCT-II along the first two axes (`cosineMatrix`), the coefficients row by row.
 * Coefficient 0, the mean of x times √n, is always kept; the others are drawn without repetition, each equally likely. There is no scale:
 * ‖Φ‖ = 1. x: [batch, ...inShape]; y: [batch, kept], or [batch, kept, channels].
 *
 * Source: Candès, Romberg 2007, "Sparsity and incoherence in compressive sampling".
 * Errors (RangeError): a `keep` out of range; a shape of more than three axes.
 */
export function dct(options: CoefficientOptions): LinearOperator {
  const { inShape } = options;
  const { analysis, synthesis } = cosineTransform("dct", inShape);
  const [size, channels] = [sizeOf(inShape.slice(0, 2)), inShape.slice(2)];
  return coefficients("dct", options, {
    size,
    analysis: (x) => tf.reshape(analysis(x), [-1, size, ...channels]),
    synthesis: (c) => synthesis(tf.reshape(c, [-1, ...inShape])),
  });
}

export const dctKind = operatorKind({
  summary: "random coefficients of the orthonormal cosine transform",
  options: keepOption,
  samples: [
    { inShape: [6, 5], spec: "dct" },
    { inShape: [5, 4, 3], spec: "dct:keep=7" },
    { inShape: [9], spec: "dct:keep=1" },
  ],
  make: (inShape, { keep }, draws) => dct({ inShape, keep, ...draws }),
});
