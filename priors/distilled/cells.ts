import * as tf from "@tensorflow/tfjs";
import { stream } from "../../src/data/random.ts";
import { fromHost } from "../../src/engine/index.ts";
import { drawComponents } from "../mixture/draw.ts";
import type { MixtureModel } from "../mixture/model.ts";
import type { DistilledNetwork, DistilSettings } from "./kind.ts";
import type { Roots } from "./roots.ts";

/** A network whose conditions are the components of a mixture. */
export const cellNetwork = (
  { means, covarianceOf, labels, weights }: MixtureModel,
  { latent, hidden }: DistilSettings,
): DistilledNetwork => ({
  ...{ latent, hidden, features: means.shape[1]! },
  groupOf: labels ? [...labels] : weights.reduce<number[]>((all) => [...all, 0], []),
  cellOf: [...covarianceOf],
});

/** The entry of a table [conditions] for every c, [batch] int32. */
export const entryOf = (table: readonly number[], c: tf.Tensor): tf.Tensor1D =>
  tf.gather(tf.tensor1d(Int32Array.from(table), "int32"), c as tf.Tensor1D) as tf.Tensor1D;

/** Components by their weights and latents, for regression on zR. */
export function drawCells({ weights }: MixtureModel, latent: number, batch: number, seed: number, index: number) {
  const random = stream(seed, "cells", index);
  return [
    fromHost(random.fillNormal(new Float32Array(batch * latent)), [batch, latent]),
    fromHost(drawComponents(weights, random, batch), [batch]),
  ] as const;
}

/** zR of the covariance of every component, [batch, k]. */
export function rootedFeatures(
  roots: Roots,
  { cellOf, latent, features: k }: DistilledNetwork,
  z: tf.Tensor,
  c: tf.Tensor,
): tf.Tensor {
  const table = new Float32Array(roots.roots.length * latent * k);
  for (const [cell, root] of roots.roots.entries()) table.set(root, cell * latent * k);
  const own = tf.gather(tf.tensor3d(table, [roots.roots.length, latent, k]), entryOf(cellOf, c));
  return tf.squeeze(tf.matMul(tf.expandDims(z, 1), own), [1]);
}
