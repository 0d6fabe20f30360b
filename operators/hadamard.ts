import * as tf from "#tf";
import { sizeOf } from "../src/data/array.ts";
import { hadamard as transform } from "../src/engine/hadamard.ts";
import { requireSignal } from "./axes.ts";
import { type CoefficientOptions, coefficients, keepOption } from "./coefficients.ts";
import { operatorKind } from "./kind.ts";
import type { LinearOperator } from "./operator.ts";

/**
 * Random Walsh-Hadamard coefficients, what a single-pixel camera measures: y = (Hx)[kept], H the orthonormal transform of the pixels of a
 * channel, row by row and continued by zeros to p, the least power of two from their number n on. If the sides are powers of two, H is the
 * transform along both axes. Coefficient 0, the sum of x over √p, is always kept; the others are drawn without repetition, each equally
 * likely. There is no scale: ‖Φ‖ ≤ 1, and 1 if more than p − n are kept. x: [batch, ...inShape]; y: [batch, kept], or [batch, kept, channels].
 *
 * Source: Duarte et al. 2008, "Single-pixel imaging via compressive sampling".
 * Errors (RangeError): a `keep` out of range (numbers up to p); a shape of more than three axes.
 */
export function hadamard(options: CoefficientOptions): LinearOperator {
  const { inShape } = options;
  requireSignal("hadamard", inShape);
  const pixels = sizeOf(inShape.slice(0, 2));
  const [channels = 1] = inShape.slice(2);
  const size = 2 ** Math.ceil(Math.log2(pixels));
  const end: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, size - pixels],
  ];
  return coefficients("hadamard", options, {
    size,
    analysis: (x) => {
      const lines = tf.transpose(tf.reshape(x, [-1, pixels, channels]), [0, 2, 1]);
      const c = tf.transpose(transform(tf.pad(lines, end)), [0, 2, 1]);
      return tf.reshape(c, [-1, size, ...inShape.slice(2)]);
    },
    synthesis: (c) => {
      const lines = transform(tf.transpose(tf.reshape(c, [-1, size, channels]), [0, 2, 1]));
      const x = tf.transpose(tf.slice(lines, [0, 0, 0], [-1, -1, pixels]), [0, 2, 1]);
      return tf.reshape(x, [-1, ...inShape]);
    },
  });
}

export const hadamardKind = operatorKind({
  summary: "random Walsh-Hadamard coefficients: the single-pixel camera",
  options: keepOption,
  samples: [
    { inShape: [8, 4], spec: "hadamard" },
    { inShape: [5, 4, 3], spec: "hadamard:keep=7" },
    { inShape: [9], spec: "hadamard:keep=16" },
  ],
  make: (inShape, { keep }, draws) => hadamard({ inShape, keep, ...draws }),
});
