import * as tf from "#tf";
import { applyNetwork, type NetworkSpec, type Weights, weightShapes } from "../../../priors/generator/network.ts";
import { fromHost, sizeOf } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";

/** What both networks of an autoencoder of n pixels and k latents have. */
export interface Both<T> {
  /** x [batch, n] to the mean and the log variance of z, [batch, 2k]. */
  readonly encoder: T;
  /** z [batch, k] to the logits of the pixels, [batch, n]. */
  readonly decoder: T;
}

/** Both networks with softplus layers of the given widths, which the encoder passes in reverse. */
export function autoencoder(pixels: number, latent: number, hidden: readonly number[]): Both<NetworkSpec> {
  const common = { activation: "softplus", linear: false } as const;
  return {
    encoder: { ...common, latent: pixels, hidden: hidden.toReversed(), output: 2 * latent },
    decoder: { ...common, latent, hidden, output: pixels },
  };
}

/**
 * What a variational autoencoder (Kingma, Welling 2014) minimises, in nats, the mean over a batch x [batch, n] of
 *
 *     Σ_i (softplus(l_i) − x_i l_i) + ½ Σ_j (μ_j² + s_j² − log s_j² − 1),   l = decoder(μ + s ⊙ e),   (μ, log s²) = encoder(x).
 *
 * The first sum is the cross-entropy of x and the pixels 1/(1 + e⁻ˡ), the second the divergence of N(μ, diag s²) from N(0, I). e are draws of
 * N(0, I), [batch, k].
 */
export function negativeEvidence(
  { encoder, decoder }: Both<NetworkSpec>,
  weights: Both<readonly tf.Tensor[]>,
  x: tf.Tensor,
  e: tf.Tensor,
): tf.Tensor {
  const [mean, log] = tf.split(applyNetwork(encoder, weights.encoder, x), 2, 1) as [tf.Tensor, tf.Tensor];
  const z = tf.add(mean, tf.mul(tf.exp(tf.mul(log, 0.5)), e));
  const logits = applyNetwork(decoder, weights.decoder, z);
  const crossEntropy = tf.sum(tf.sub(tf.softplus(logits), tf.mul(x, logits)));
  const divergence = tf.sum(tf.sub(tf.addN([tf.square(mean), tf.exp(log)]), tf.add(log, 1)));
  return tf.div(tf.add(crossEntropy, tf.div(divergence, 2)), x.shape[0]!);
}

/** G at the encoder's mean: x [batch, n] to pixels [batch, n]. */
export function reconstruct(
  { encoder, decoder }: Both<NetworkSpec>,
  weights: Both<readonly tf.Tensor[]>,
  x: tf.Tensor,
): tf.Tensor {
  const mean = tf.slice(applyNetwork(encoder, weights.encoder, x), [0, 0], [x.shape[0]!, decoder.latent]);
  return tf.sigmoid(applyNetwork(decoder, weights.decoder, mean));
}

/** Initial weights of Glorot, Bengio (2010): uniform within ±√(6/(fan-in + fan-out)); biases 0. */
export function glorotWeights(spec: NetworkSpec, seed: number, name: string): Weights {
  return weightShapes(spec).map((shape, i) => {
    const values = new Float32Array(sizeOf(shape));
    const bound = shape.length === 2 ? Math.sqrt(6 / (shape[0]! + shape[1]!)) : 0;
    const random = stream(seed, "glorot", name, i);
    return fromHost(
      values.map(() => bound * (2 * random.uniform() - 1)),
      shape,
    );
  });
}
