import * as tf from "#tf";
import type { GeneratorPrior, MixturePrior } from "../prior.ts";
import { constant, entryOf } from "../signals.ts";
import { conditionsOf } from "./charts.ts";
import { decodeFeatures } from "./decode.ts";

/**
 * A mixture as a generator, for Φ that are not linear: x = centre + D(μ_c + L_c z) + r with z in R^k, the components as its
 * conditions, or the components in their poses, and the same residual. The distribution is the mixture's own.
 */
export function latentForm(mixture: MixturePrior): GeneratorPrior {
  const { name, shape, means, covarianceOf, factors, residual, residualRoot } = mixture;
  const latent = means.shape[1]!;
  const { conditions, component: componentOf, pose } = conditionsOf(mixture);
  return {
    ...{ kind: "generator", name, latent, shape, conditions, residual, ...(residualRoot && { residualRoot }) },
    decode: (z, c) => {
      const component = entryOf(componentOf, c!);
      const cell = tf.gather(tf.tensor1d(covarianceOf, "int32"), component) as tf.Tensor1D;
      const spread = tf.matMul(tf.gather(constant(factors), cell), tf.expandDims(z, 2)); // L_c z, [batch, k, 1]
      const features = tf.add(tf.gather(constant(means), component), tf.squeeze(spread, [2]));
      return decodeFeatures(mixture, features, entryOf(pose, c!));
    },
  };
}
