import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";

/** A mixture of zero-mean Gaussians, each with q directions and one variance for the rest, as `logGates` takes it. */
export interface Gates<T> {
  /** V [d, K·q]: √(1/τ_k − 1/λ_kj) u_kj. */
  readonly directions: T;
  /** 1/τ [K]. */
  readonly flat: T;
  /** log π_k − ½ log det [K]. */
  readonly constants: T;
}

/** log π_k N(v; 0, Σ_k) up to a constant, [n, K], of v [n, d]: c_k − ½(‖v‖²/τ_k − ‖V_kᵀv‖²). A pure tensor function. */
export function logGates(v: tf.Tensor, { directions, flat, constants }: Gates<tf.Tensor>): tf.Tensor {
  const [n, cells] = [v.shape[0]!, constants.size];
  const along = tf.reshape(tf.square(tf.matMul(v, directions)), [n, cells, directions.shape[1]! / cells]);
  const whole = tf.mul(tf.sum(tf.square(v), 1, true), tf.reshape(flat, [1, cells]));
  return tf.add(tf.reshape(constants, [1, cells]), tf.mul(0.5, tf.sub(tf.sum(along, 2), whole)));
}

/** The lowest logarithm of a responsibility. Smaller ones would be denormal numbers, which processors multiply ten times slower. */
const LOWEST = -20;

/** Responsibilities [n, K] of log probabilities [n, K], none below e⁻²⁰ of the largest. A pure tensor function. */
export const responsibilities = (logs: tf.Tensor): tf.Tensor =>
  tf.softmax(tf.maximum(tf.sub(logs, tf.max(logs, 1, true)), LOWEST));

/** Zero-mean Gaussians by their eigenvalues and eigenvectors. */
export interface Spectra {
  readonly weights: ArrayLike<number>;
  /** λ [K, d], falling; the last of them, one for each channel, are those of the means that were removed. */
  readonly values: ArrayLike<number>;
  /** u [K, d, d], an eigenvector in each row. */
  readonly vectors: ArrayLike<number>;
}

/** The gates of some Gaussians, of `rank` directions each. */
export function gatesOf(
  { weights, values, vectors }: Spectra,
  { rank, channels }: { readonly rank: number; readonly channels: number },
): Gates<NdArray<Float32Array>> {
  const cells = weights.length;
  const d = values.length / cells;
  const directions = new Float32Array(d * cells * rank);
  const flat = new Float32Array(cells);
  const constants = new Float32Array(cells);
  for (let k = 0; k < cells; k++) {
    const rest = d - channels - rank;
    let tau = 0;
    for (let j = rank; j < d - channels; j++) tau += values[k * d + j]! / rest;
    flat[k] = 1 / tau;
    let logDet = rest * Math.log(tau);
    for (let j = 0; j < rank; j++) {
      const value = values[k * d + j]!;
      logDet += Math.log(value);
      const scale = Math.sqrt(Math.max(0, 1 / tau - 1 / value));
      for (let i = 0; i < d; i++) directions[(i * cells + k) * rank + j] = scale * vectors[(k * d + j) * d + i]!;
    }
    constants[k] = Math.log(weights[k]!) - 0.5 * logDet;
  }
  return {
    directions: ndarray(directions, [d, cells * rank]),
    flat: ndarray(flat, [cells]),
    constants: ndarray(constants, [cells]),
  };
}
