import * as tf from "#tf";
import type { MomentTarget } from "./target.ts";

/** Rows as `outputs` orders them, [labels · each, k], with the labels as an axis of their own: [labels, each, k]. */
export const byLabel = ({ probabilities }: MomentTarget, rows: tf.Tensor): tf.Tensor =>
  probabilities ? tf.reshape(rows, [probabilities.length, -1, rows.shape[1]!]) : rows;

/** The mean over the labels, by their probabilities, of a loss of each; a loss without labels as it is. */
export const overLabels = ({ probabilities }: MomentTarget, loss: tf.Tensor): tf.Tensor =>
  probabilities ? tf.sum(tf.mul(loss, tf.tensor1d([...probabilities]))) : loss;
