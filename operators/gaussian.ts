import * as tf from "#tf";
import { sizeOf } from "../src/data/array.ts";
import { stream } from "../src/data/random.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";

export interface GaussianOptions {
  /** Shape of one signal; n is its number of elements. */
  readonly inShape: readonly number[];
  /** Measurements of one signal. More than n are allowed: averaging noise down is a fair use of them. */
  readonly m: number;
  readonly seed: number;
}

/**
 * Random Gaussian measurements: y = Ax, A of m×n with independent entries N(0, 1/m), so that E‖Ax‖² = ‖x‖².
 * x: [batch, ...inShape], flattened; y: [batch, m]. The matrix is drawn from the seed alone: the same m, n and seed give
 * the same A everywhere; a larger m gives other rows, not more of them.
 *
 * Source: Bora, Jalal, Price, Dimakis 2017 (CSGM), section 2, in the scaling N(0, 1/m).
 * Errors: m that is not a positive integer.
 */
export function gaussian({ inShape, m, seed }: GaussianOptions): LinearOperator {
  if (!(Number.isInteger(m) && m > 0)) throw new RangeError(`gaussian: m: expected a positive integer, got ${m}`);
  const n = sizeOf(inShape);
  const entries = stream(seed, "gaussian operator").fillNormal(new Float32Array(m * n));
  const scale = 1 / Math.sqrt(m);
  for (let i = 0; i < entries.length; i++) entries[i]! *= scale;
  const matrix = () => tf.tensor2d(entries, [m, n]); // made at every use: traced graphs store it once, as a constant
  return linearOperator({
    name: `gaussian(m=${m})`,
    inShape,
    outShape: [m],
    forward: (x) => tf.matMul(tf.reshape(x, [-1, n]), matrix(), false, true),
    adjoint: (y) => tf.reshape(tf.matMul(y as tf.Tensor2D, matrix()), [-1, ...inShape]),
  });
}
