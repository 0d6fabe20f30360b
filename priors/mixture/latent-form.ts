import * as tf from "#tf";
import type { GeneratorPrior, MixturePrior } from "../prior.ts";
import { constant } from "../signals.ts";

/**
 * A mixture as a generator, for Φ that are not linear: x = centre + D(μ_c + L_c z) + r with z in R^k, the components as its
 * conditions and the same residual. The distribution is the mixture's own.
 */
export function latentForm(mixture: MixturePrior): GeneratorPrior {
  const { name, shape, weights, means, covarianceOf, factors, centre, matrix, residual, residualRoot } = mixture;
  const latent = means.shape[1]!;
  return {
    ...{ kind: "generator", name, latent, shape, conditions: weights, residual, ...(residualRoot && { residualRoot }) },
    decode: (z, c) => {
      const component = c as tf.Tensor1D;
      const cell = tf.gather(tf.tensor1d(covarianceOf, "int32"), component) as tf.Tensor1D;
      const spread = tf.matMul(tf.gather(constant(factors), cell), tf.expandDims(z, 2)); // L_c z, [batch, k, 1]
      const features = tf.add(tf.gather(constant(means), component), tf.squeeze(spread, [2]));
      const signals = tf.matMul(features as tf.Tensor2D, constant(matrix) as tf.Tensor2D, false, true);
      return tf.reshape(tf.add(constant(centre), signals), [-1, ...shape]);
    },
  };
}
