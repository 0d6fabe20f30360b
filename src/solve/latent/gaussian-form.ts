import * as tf from "#tf";
import type { GaussianPrior, GeneratorPrior } from "../../../priors/prior.ts";
import { residualRoot } from "../../../priors/residual-root.ts";
import { constant } from "../../../priors/signals.ts";
import { fromHost } from "../../data/array.ts";

const known = new WeakMap<GaussianPrior, GeneratorPrior>();

/** A Gaussian as a generator, for Φ that are not linear: x = μ + Uz, UUᵀ = Σ, z ~ N(0, I). The distribution is the Gaussian's own. */
export async function gaussianForm(prior: GaussianPrior): Promise<GeneratorPrior> {
  const before = known.get(prior);
  if (before) return before;
  const { name, shape, mean, covariance } = prior;
  const n = mean.length;
  const { factor } = await residualRoot(fromHost(Float32Array.from(covariance), [n, n])); // Cholesky: all of Σ is in U
  const centre = fromHost(Float32Array.from(mean), [n]);
  const made: GeneratorPrior = {
    ...{ kind: "generator", name, shape, latent: factor.shape[1]! },
    decode: (z) => {
      const spread = tf.matMul(z as tf.Tensor2D, constant(factor) as tf.Tensor2D, false, true);
      return tf.reshape(tf.add(constant(centre), spread), [-1, ...shape]);
    },
  };
  known.set(prior, made);
  return made;
}
