import * as tf from "#tf";
import { sizeOf } from "../src/data/array.ts";
import { stream } from "../src/data/random.ts";
import { hadamard } from "../src/engine/hadamard.ts";
import { operatorKind } from "./kind.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";
import { selection } from "./selection.ts";

export interface StructuredOptions {
  /** Shape of one signal; n is its number of elements. */
  readonly inShape: readonly number[];
  /** Measurements of one signal, at most p: the least power of two from n on. Below 1: that fraction of n, rounded. */
  readonly m: number;
  readonly seed: number;
  /** Tells operators of one m, n and seed apart; default 0. */
  readonly place?: number;
}

/**
 * Compressed sensing without a matrix: y = √(p/m) S H D x. D flips the signs of random elements, H is the orthonormal Walsh-Hadamard
 * transform of x continued by zeros to p numbers, the least power of two from n on, and S keeps m of them at random, ascending. Every
 * entry of Φ is ±1/√m. So E‖Φx‖² = ‖x‖², as for `gaussian`.
 *
 * x: [batch, ...inShape], flattened; y: [batch, m]. It takes O(p log p) time and O(p) memory, where `gaussian` takes O(mn) of both.
 * ‖Φ‖ ≤ √(p/m), with equality if m > p − n. If n is a power of two, the rows are orthogonal. The same m, n, seed and place give the same Φ everywhere.
 *
 * Source: Do, Gan, Nguyen, Tran 2012, "Fast and efficient compressive sensing using structurally random matrices"; Tropp 2011.
 * Errors (RangeError): m that is not an integer from 1 to p, nor a fraction that keeps a measurement.
 */
export function structured({ inShape, m: wanted, seed, place = 0 }: StructuredOptions): LinearOperator {
  const n = sizeOf(inShape);
  const m = wanted > 0 && wanted < 1 ? Math.round(wanted * n) : wanted;
  const padded = 2 ** Math.ceil(Math.log2(n));
  if (!(Number.isInteger(m) && m >= 1 && m <= padded)) {
    throw new RangeError(
      `structured: m: expected an integer from 1 to ${padded}, the power of two for signals of ${n} numbers, or a fraction of ${n}, got ${wanted}`,
    );
  }
  const random = stream(seed, "structured operator", m, n, place);
  const gain = Math.sqrt(padded / m);
  const signs = Float32Array.from({ length: n }, () => (random.uniform() < 0.5 ? -gain : gain));
  const { take, putBack } = selection(random.permutation(padded).slice(0, m).sort(), padded);
  const end = [
    [0, 0],
    [0, padded - n],
  ] as [number, number][];
  return linearOperator({
    name: `structured(m=${m})`,
    inShape,
    outShape: [m],
    form: { kind: "mixing" },
    ...(m + n > padded && { norm: gain }), // then some signal has all its coefficients among those kept
    forward: (x) => take(hadamard(tf.pad(tf.mul(tf.reshape(x, [-1, n]), tf.tensor1d(signs)), end))),
    adjoint: (y) => {
      const flipped = tf.slice(hadamard(putBack(y)), [0, 0], [y.shape[0]!, n]);
      return tf.reshape(tf.mul(flipped, tf.tensor1d(signs)), [-1, ...inShape]);
    },
  });
}

export const structuredKind = operatorKind({
  summary: "as gaussian without a matrix, for large signals: signs, Walsh-Hadamard, a random part",
  options: {
    m: {
      type: "number",
      required: true,
      description: "measurements of one signal; below 1: a fraction of its numbers",
    },
  },
  samples: [
    { inShape: [4, 8], spec: "structured:m=7" },
    { inShape: [6, 5], spec: "structured:m=0.25" },
    { inShape: [5, 7, 3], spec: "structured:m=128" },
    { inShape: [1], spec: "structured:m=1" },
  ],
  make: (inShape, { m }, draws) => structured({ inShape, m, ...draws }),
});
