import * as tf from "#tf";

/** Mean and variance of a layer's pre-activations over a batch, one of each channel. */
export type BatchStatistics = { readonly mean: tf.Tensor; readonly variance: tf.Tensor };

/** Added to variances: a channel that does not vary is not divided by 0. */
export const EPSILON = 1e-5;

/**
 * Batch normalisation (Ioffe, Szegedy 2015): (h − mean)/√(variance + 1e-5) for pre-activations h [batch, channels] or [batch,
 * height, width, channels], with the mean and the variance of each channel over everything else.
 *
 * Every sample then depends on all others of its batch. The losses that are unbiased for independent samples (loss.ts) keep
 * a bias, of the order 1/batch.
 */
export function batchNormalised(h: tf.Tensor): BatchStatistics & { readonly normalised: tf.Tensor } {
  const axes = [...h.shape.keys()].slice(0, -1);
  const mean = tf.mean(h, axes);
  const centred = tf.sub(h, mean);
  const variance = tf.mean(tf.square(centred), axes);
  return { mean, variance, normalised: tf.div(centred, tf.sqrt(tf.add(variance, EPSILON))) };
}
