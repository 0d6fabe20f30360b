import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { networkFeatures } from "../../src/sketch/index.ts";
import { constant } from "../signals.ts";
import { byLabel, overLabels } from "./by-label.ts";
import { type LossName, unbiasedSquare } from "./loss.ts";
import { decode } from "./model.ts";
import type { FeatureTarget } from "./target.ts";

/** Variances of features of norm 1 that are smaller, all together, are rounding. */
const LEAST = 1e-9;

/**
 * The loss of network outputs u [batch, k] by features v of the images that they decode to (Harder et al. 2023, DP-MEPF):
 *
 *   ‖E v − m‖²/Σⱼ rⱼ + ‖E (v − c)² − r‖²/Σⱼ rⱼ²,
 *
 * with m the sketch's means, c those over all labels, and r its mean squares about c. (About 0 they would tell of the means again, and hardly of what varies.) The divisors, with r over all labels, make both parts
 * free of units. `unbiased`: each square as a U-statistic (`unbiasedSquare`); `paper`: of the batch as it is. Errors (InputError): features that are the same for all samples.
 */
export function featureLossAt(target: FeatureTarget, u: tf.Tensor, loss: LossName): tf.Tensor {
  const { network, weights, mean } = target.features;
  const { centre, squares, first, second } = centredMoments(target);
  const v = networkFeatures(network, weights)(decode(target.decoder, u));
  const part = (of: tf.Tensor, wanted: NdArray<Float32Array>, unit: number) => {
    const gaps = tf.sub(byLabel(target, of), tf.expandDims(constant(wanted), -2)); // [(labels,) batch, p]
    const square = tf.sum(tf.square(tf.mean(gaps, -2)), -1);
    const own = loss === "paper" ? square : unbiasedSquare(square, meanSquare(gaps), gaps.shape.at(-2)!);
    return tf.div(own, unit);
  };
  const apart = tf.square(tf.sub(v, constant(centre)));
  return overLabels(target, tf.add(part(v, mean, first), part(apart, squares, second)));
}

const meanSquare = (rows: tf.Tensor): tf.Tensor => tf.mean(tf.sum(tf.square(rows), -1), -1);

/** c [p], the mean squares about it [(labels,) p], and the divisors of both parts of the loss. */
function centredMoments({ features: { network, mean, squares }, probabilities = [1] }: FeatureTarget) {
  const p = network.features;
  const overAll = ({ data }: NdArray<Float32Array>) =>
    Float32Array.from({ length: p }, (_, j) =>
      probabilities.reduce((sum, q, label) => sum + q * data[label * p + j]!, 0),
    );
  const c = overAll(mean);
  const about = squares.data.map((s, at) => Math.max(0, s - 2 * c[at % p]! * mean.data[at]! + c[at % p]! ** 2));
  const r = fromHost(about, [...squares.shape]);
  const all = overAll(r);
  const first = all.reduce((sum, v) => sum + v, 0);
  if (first > LEAST) {
    return { centre: fromHost(c, [p]), squares: r, first, second: all.reduce((sum, v) => sum + v * v, 0) };
  }
  throw new InputError(
    `train: the features of ${network.file} are the same for all samples, there is nothing to learn; give another network`,
  );
}
