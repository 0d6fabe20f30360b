import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { applyNetwork, initialWeights, type NetworkSpec } from "../../../priors/generator/network.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import type { Lesson, Teacher } from "./teacher.ts";

/** Widths of the discriminator's hidden layers. */
const HIDDEN = [128, 128, 128];
/** γ of the gradient penalty, in the units of the network's output, in which the data have variance 1. */
const PENALTY = 0.1;
/** Adam's β₁ as in DCGAN (Radford et al. 2016): with 0.9 the game goes round for longer before it settles. */
const BETA1 = 0.5;

/**
 * A generative adversarial network: the non-saturating game (Goodfellow et al. 2014) with the gradient penalty R1 on real
 * samples (Mescheder et al. 2018), without which it need not converge,
 *
 *     discriminator: min_D  E s(D(G(z))) + E s(−D(x)) + γ/2 E|∇D(x)|²,    generator: min_G  E s(−D(G(z))),    s = softplus.
 *
 * Both take one step of Adam on the same latents; x is a minibatch of the data, drawn with repetition. Training reports the generator's
 * loss. It does not fall as samples get better: it is log 2 if D cannot tell them from the data.
 */
export const ganTeacher = (
  { network, settings }: Pick<Lesson, "network" | "settings">,
  data: NdArray<Float32Array>,
): Teacher => {
  const { batch, seed } = settings;
  const [n, k] = data.shape as [number, number];
  // relu: tfjs has no second derivative of leakyRelu, which the gradient of the penalty needs
  const discriminator: NetworkSpec = { latent: k, hidden: HIDDEN, activation: "relu", output: 1, linear: false };
  const start = initialWeights(discriminator, stream(seed, "discriminator").integer(2 ** 32));
  const draws = (index: number) => {
    const random = stream(seed, "data batch", index);
    const rows = new Float32Array(batch * k);
    for (let i = 0; i < batch; i++) {
      const row = random.integer(n);
      rows.set(data.data.subarray(row * k, (row + 1) * k), i * k);
    }
    return [fromHost(rows, [batch, k])];
  };
  return {
    parameters: start,
    beta1: BETA1,
    draws,
    gradients: (parameters, z, [real]) => {
      const count = parameters.length - start.length;
      const [ofNetwork, own] = [parameters.slice(0, count), parameters.slice(count)];
      const generate = (weights: readonly tf.Tensor[]) => applyNetwork(network, weights, z);
      const judge = (weights: readonly tf.Tensor[], u: tf.Tensor) => applyNetwork(discriminator, weights, u);
      const forNetwork = (...weights: tf.Tensor[]): tf.Scalar =>
        tf.mean(tf.softplus(tf.neg(judge(own, generate(weights)))));
      const fake = generate(ofNetwork);
      const forDiscriminator = (...weights: tf.Tensor[]): tf.Scalar => {
        const slope = tf.grad((x) => tf.sum(judge(weights, x)))(real!);
        return tf.addN([
          tf.mean(tf.softplus(judge(weights, fake))),
          tf.mean(tf.softplus(tf.neg(judge(weights, real!)))),
          tf.mul(tf.mean(tf.sum(tf.square(slope), 1)), PENALTY / 2),
        ]) as tf.Scalar;
      };
      const { value, grads } = tf.valueAndGrads(forNetwork)(ofNetwork);
      return { loss: value, gradients: [...grads, ...tf.grads(forDiscriminator)(own)] };
    },
  };
};
