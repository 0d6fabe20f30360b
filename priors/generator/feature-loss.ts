import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { InputError } from "../../src/data/errors.ts";
import { networkFeatures } from "../../src/sketch/index.ts";
import { constant } from "../signals.ts";
import { byLabel, overLabels } from "./by-label.ts";
import { type LossName, unbiasedSquare } from "./loss.ts";
import { decode } from "./model.ts";
import type { FeatureTarget } from "./target.ts";

/**
 * The loss of network outputs u [batch, k] by features v of the images that they decode to (Harder et al. 2023, DP-MEPF):
 *
 *   ‖E v − m‖²/Σⱼ(sⱼ − mⱼ²) + ‖E v² − s‖²/Σⱼsⱼ²,
 *
 * with the sketch's means m and mean squares s. The divisors, of all labels together, make both parts free of units. `unbiased`: each square as a U-statistic (`unbiasedSquare`); `paper`: of the batch as it is.
 * Errors (InputError): features that are the same for all samples.
 */
export function featureLossAt(target: FeatureTarget, u: tf.Tensor, loss: LossName): tf.Tensor {
  const { network, weights, mean, squares } = target.features;
  const { spread, size } = unitsOf(target);
  const v = networkFeatures(network, weights)(decode(target.decoder, u));
  const part = (of: tf.Tensor, wanted: NdArray<Float32Array>, unit: number) => {
    const gaps = tf.sub(byLabel(target, of), tf.expandDims(constant(wanted), -2)); // [(labels,) batch, p]
    const square = tf.sum(tf.square(tf.mean(gaps, -2)), -1);
    const own = loss === "paper" ? square : unbiasedSquare(square, meanSquare(gaps), gaps.shape.at(-2)!);
    return tf.div(own, unit);
  };
  return overLabels(target, tf.add(part(v, mean, spread), part(tf.square(v), squares, size)));
}

const meanSquare = (rows: tf.Tensor): tf.Tensor => tf.mean(tf.sum(tf.square(rows), -1), -1);

/** The variance of the features in all, and the square of their mean squares, over all labels. */
function unitsOf({ features: { network, mean, squares }, probabilities = [1] }: FeatureTarget) {
  const p = network.features;
  const pooled = (of: NdArray<Float32Array>, j: number) =>
    probabilities.reduce((sum, q, label) => sum + q * of.data[label * p + j]!, 0);
  let [spread, size] = [0, 0];
  for (let j = 0; j < p; j++) {
    const s = pooled(squares, j);
    spread += Math.max(0, s - pooled(mean, j) ** 2);
    size += s * s;
  }
  if (spread > 1e-9) return { spread, size };
  throw new InputError(
    `train: the features of ${network.file} are the same for all samples, there is nothing to learn; give another network`,
  );
}
