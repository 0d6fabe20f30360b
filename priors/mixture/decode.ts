import * as tf from "#tf";
import { warped } from "../../src/sketch/index.ts";
import { constant } from "../signals.ts";
import type { Decoder } from "./charts.ts";

/** centre + Dv of features v [batch, k], or offset + T_p(centre + Dv) with the poses p [batch] (int32): [batch, ...shape]. */
export function decodeFeatures({ centre, matrix, shape, poses }: Decoder, v: tf.Tensor, p?: tf.Tensor): tf.Tensor {
  const signals = tf.add(constant(centre), tf.matMul(v as tf.Tensor2D, constant(matrix) as tf.Tensor2D, false, true));
  if (!poses) return tf.reshape(signals, [-1, ...shape]);
  const count = poses.warps.shape[0]!;
  const chosen = tf.cast(tf.equal(tf.expandDims(p!, 1), tf.range(0, count, 1, "int32")), "float32");
  return tf.reshape(tf.add(constant(poses.offset), warped(signals, chosen, constant(poses.warps))), [-1, ...shape]);
}
