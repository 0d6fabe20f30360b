import type * as tf from "@tensorflow/tfjs";

/** A prior that generates signals: x = G(z), z ~ N(0, I). Recovery searches its latent space. */
export interface GeneratorPrior {
  readonly kind: "generator";
  readonly name: string;
  /** Size of z. */
  readonly latent: number;
  /** Shape of one signal. */
  readonly shape: readonly number[];
  /** G: [batch, latent] to [batch, ...shape]. */
  decode(z: tf.Tensor): tf.Tensor;
}
