import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { rootOf } from "../../../priors/residual-root.ts";
import { constant } from "../../../priors/signals.ts";
import { sizeOf } from "../../data/array.ts";

/**
 * A generator with what it leaves out of signals as latents of their own, so that a descent reaches every signal: x = G(z, c) + Ue + s ⊙ e' with the
 * root C = UUᵀ + diag(s²) of the residual's covariance, and latents (z, e, e') ~ N(0, I). A generator without a residual stays as it is.
 */
export async function residualLatents(prior: GeneratorPrior): Promise<GeneratorPrior> {
  const { residual, residualRoot, ...bare } = prior;
  if (!residual) return prior;
  const { factor, standardDeviations } = await rootOf(residual, residualRoot);
  const n = sizeOf(prior.shape);
  const sizes = [prior.latent, factor.shape[1]!, standardDeviations ? n : 0];
  return {
    ...bare,
    latent: sizes.reduce((a, b) => a + b, 0),
    decode: (latents, c) => {
      const [z, e, own] = tf.split(latents as tf.Tensor2D, sizes.filter((size) => size > 0), 1) as [tf.Tensor, tf.Tensor, tf.Tensor?];
      const common = tf.matMul(e as tf.Tensor2D, constant(factor) as tf.Tensor2D, false, true);
      const left = own ? tf.add(common, tf.mul(own, constant(standardDeviations!))) : common;
      return tf.add(prior.decode(z, c), tf.reshape(left, [-1, ...prior.shape]));
    },
  };
}
