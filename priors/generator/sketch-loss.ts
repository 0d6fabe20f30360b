import * as tf from "#tf";
import { InputError } from "../../src/data/errors.ts";
import { constant } from "../signals.ts";
import { byLabel, overLabels } from "./by-label.ts";
import { featureLossAt } from "./feature-loss.ts";
import { momentsOf } from "./frequencies.ts";
import { type LossName, losses, momentLoss } from "./loss.ts";
import { applyNetwork, type NetworkSpec } from "./network.ts";
import type { TrainSettings } from "./options.ts";
import type { Setup } from "./setup.ts";
import { type FeatureTarget, isFeatureTarget, type MomentTarget, type Target } from "./target.ts";

/** The sketch loss ‖z_X − A(G(Z))‖² (CL-GN eq. 6) in the form of `settings.loss`, or that of features (`featureLossAt`), and the sketch's mean and covariance. */
export function sketchLoss(
  { network, training, settings }: Pick<Setup, "network" | "training" | "settings">,
  weights: readonly tf.Tensor[],
  z: tf.Tensor,
  picked: readonly tf.Tensor[] = [],
): tf.Scalar {
  const u = outputs(network, weights, z);
  const loss = isFeatureTarget(training)
    ? featureLossAt(training, u, settings.loss)
    : lossAt(training, u, settings.loss, picked);
  return withMoments(loss, u, training, settings);
}

/** Errors (InputError): a step that takes more frequencies than there are. */
export function requireFrequencies(target: Target | FeatureTarget, { frequencyBatch }: TrainSettings): void {
  const m = isFeatureTarget(target) ? 0 : target.cos.shape.at(-1)!;
  if (frequencyBatch <= m) return;
  const got = `there are only ${m} to train on, got ${frequencyBatch}`;
  throw new InputError(`train: frequencyBatch: ${got}; sketch with more frequencies, or take fewer a step`);
}

/** The network's outputs for a batch of latents, [batch, k]. With labels, the rows are split into equal consecutive blocks, one a label. */
export const outputs = (network: NetworkSpec, weights: readonly tf.Tensor[], z: tf.Tensor): tf.Tensor =>
  applyNetwork(network, weights, z, equalLabels(network, z.shape[0]!));

/** The labels [rows] of those blocks; undefined for a network without labels. */
export function equalLabels({ labels }: NetworkSpec, rows: number): tf.Tensor1D | undefined {
  if (labels === undefined) return undefined;
  const each = rows / labels;
  return tf.tensor1d(
    Int32Array.from({ length: rows }, (_, row) => Math.floor(row / each)),
    "int32",
  );
}

/** The loss of the first and second moments of network outputs u [batch, k]. */
function momentLossAt(target: MomentTarget, u: tf.Tensor): tf.Tensor {
  const centred = tf.sub(byLabel(target, u), tf.expandDims(constant(target.mean), -2));
  return overLabels(target, momentLoss(centred, constant(target.covariance)));
}

/** A loss of network outputs u, and beside it that of their first and second moments by its weight. */
export function withMoments(
  loss: tf.Tensor,
  u: tf.Tensor,
  target: MomentTarget,
  { momentWeight }: Pick<TrainSettings, "momentWeight">,
): tf.Scalar {
  if (momentWeight === 0) return loss as tf.Scalar;
  return tf.add(loss, tf.mul(momentWeight, momentLossAt(target, u))) as tf.Scalar;
}

/** A sketch loss of network outputs u [batch, d] at the frequencies of a target, or at those picked (`pickUnits`). */
export function lossAt(target: Target, u: tf.Tensor, loss: LossName, picked: readonly tf.Tensor[] = []): tf.Tensor {
  const scaled = tf.mul(u, constant(target.decoder.scale)) as tf.Tensor2D;
  const { encoder } = target;
  const spread = encoder ? tf.matMul(scaled, constant(encoder) as tf.Tensor2D) : scaled;
  const features = tf.add(constant(target.offset), spread);
  const { frequencies, means } = momentsOf(target, picked);
  return overLabels(target, losses[loss](byLabel(target, features), frequencies, means));
}
