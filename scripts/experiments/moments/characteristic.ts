import * as tf from "#tf";

/** A mixture of Gaussians as tensors, for functions that differentiate through it; see `MixturePrior` for the letters. */
export type MixtureTensors = {
  /** π of one group, or of several that share the components, [groups, components]; 0 where a group lacks a component. */
  readonly weights: tf.Tensor;
  /** μ [components, k]. */
  readonly means: tf.Tensor;
  /** L [covariances, k, k]. */
  readonly factors: tf.Tensor;
  /** c(j), [components], int32. */
  readonly covarianceOf: tf.Tensor;
  /** [n] */
  readonly centre: tf.Tensor;
  /** D [n, k]. */
  readonly matrix: tf.Tensor;
  /** C [n, n]. */
  readonly residual: tf.Tensor;
};

/**
 * The characteristic function of a mixture, in closed form: with x = centre + Dv + r and t = Dᵀω,
 *
 *   E exp(iωᵀx) = exp(iωᵀcentre − ωᵀCω/2) Σ_j π_j exp(itᵀμ_j − |L_c(j)ᵀt|²/2).
 *
 * frequencies ω: [m, n], one a row, in the coordinates of the signals. Returns its real and imaginary part, each [groups, m]. A
 * pure tensor function, differentiable in weights, means and factors.
 */
export function characteristicFunction(mixture: MixtureTensors, frequencies: tf.Tensor) {
  const { weights, means, factors, covarianceOf, centre, matrix, residual } = mixture;
  const [covariances, k] = factors.shape as [number, number];
  const t = tf.matMul(frequencies as tf.Tensor2D, matrix as tf.Tensor2D); // [m, k]
  const m = t.shape[0];
  const roots = tf.reshape(tf.transpose(factors, [0, 2, 1]), [covariances * k, k]); // the columns of every L
  const seen = tf.reshape(tf.matMul(roots, t, false, true), [covariances, k, m]); // Lᵀt
  const variances = tf.gather(tf.sum(tf.square(seen), 1), covarianceOf as tf.Tensor1D); // [components, m]
  const rest = tf.sum(tf.mul(tf.matMul(frequencies, residual as tf.Tensor2D), frequencies), 1); // ωᵀCω, [m]
  const moduli = tf.exp(tf.mul(-0.5, tf.add(variances, rest)));
  const offset = tf.reshape(tf.matMul(frequencies, tf.expandDims(centre, 1)), [m]);
  const phases = tf.add(tf.matMul(means as tf.Tensor2D, t, false, true), offset);
  return {
    cos: tf.matMul(weights as tf.Tensor2D, tf.mul(moduli, tf.cos(phases))),
    sin: tf.matMul(weights as tf.Tensor2D, tf.mul(moduli, tf.sin(phases))),
  };
}
