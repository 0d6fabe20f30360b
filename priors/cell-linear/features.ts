import * as tf from "#tf";
import { entryOf } from "../signals.ts";
import { type CellNetwork, groupCount } from "./network.ts";

/**
 * v = μ_c + z(B_g(c) + W diag(γ_c) U), [batch, k], of latents z [batch, latent] and conditions c [batch] (int32); the weights are
 * μ [conditions, k], B [groups · latent, k], W [latent, H], γ [covariances, H] and U [H, k].
 */
export function cellFeatures(
  network: CellNetwork,
  [means, shared, w, gamma, u]: readonly tf.Tensor[],
  z: tf.Tensor,
  c: tf.Tensor,
): tf.Tensor {
  const { groupOf, cellOf, latent, features } = network;
  const groups = groupCount(network);
  const group = tf.gather(tf.eye(groups), entryOf(groupOf, c)); // one-hot
  const apart = tf.reshape(tf.mul(tf.expandDims(group, 2), tf.expandDims(z, 1)), [-1, groups * latent]);
  const mixed = tf.mul(tf.matMul(z as tf.Tensor2D, w as tf.Tensor2D), tf.gather(gamma!, entryOf(cellOf, c)));
  return tf.addN([
    tf.reshape(tf.gather(means!, c as tf.Tensor1D), [-1, features]),
    tf.matMul(apart as tf.Tensor2D, shared as tf.Tensor2D),
    tf.matMul(mixed as tf.Tensor2D, u as tf.Tensor2D),
  ]);
}
