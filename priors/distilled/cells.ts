import * as tf from "#tf";
import type { MixtureModel } from "../mixture/model.ts";
import type { DistilledNetwork, DistilSettings } from "./kind.ts";

/** A network whose conditions are the components of a mixture. */
export const cellNetwork = (
  { means, covarianceOf, labels }: MixtureModel,
  { latent, hidden }: DistilSettings,
): DistilledNetwork => ({
  ...{ latent, hidden, features: means.shape[1]! },
  groupOf: Array.from(covarianceOf, (_, j) => labels?.[j] ?? 0),
  cellOf: [...covarianceOf],
});

/** The entry of a table [conditions] for every c, [batch] int32. */
export const entryOf = (table: readonly number[], c: tf.Tensor): tf.Tensor1D =>
  tf.gather(tf.tensor1d(Int32Array.from(table), "int32"), c as tf.Tensor1D) as tf.Tensor1D;
