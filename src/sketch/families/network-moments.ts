import * as tf from "#tf";
import { FEATURE_WEIGHTS, type FeatureNetwork, networkFeatures } from "../feature-network.ts";
import { contradicts, type Family } from "./family.ts";

/** Means and mean squares of the features that a network of the user's has of a sample. */
export interface NetworkMomentsSpec extends FeatureNetwork {
  readonly kind: "network-moments";
}

/** The samples of a block, whose maps are all held at once. */
const MOST_ROWS = 512;

/**
 * Φ(x) = (v, v ⊙ v) with v = φ(x)/|φ(x)|, φ a network (`networkFeatures`): Harder et al. 2023, DP-MEPF. The design holds φ with its weights; who makes it gives these as `learned`
 * (`featureNetwork`).
 */
export const networkMoments: Family<NetworkMomentsSpec, NetworkMomentsSpec> = {
  title: "moments of a network",
  aboutReference: false,
  summary: "means and mean squares of a network's features",
  design: (spec) => spec,
  describe: ({ features, file, written, sha256 }) =>
    `means and mean squares of ${features} features of ${file}${written ? ` (${written})` : ""}, SHA-256 ${sha256.slice(0, 16)}, which this file holds`,
  told: ({ network: _, ...spec }) => spec,
  sums: ({ features }) => ({ mean: [features], squares: [features] }),
  degrees: { mean: 0, squares: 0 },
  inputs: () => ({}),
  mostRows: MOST_ROWS,
  block: (spec, { given, weights, arrays }) => {
    const made = networkFeatures(spec, arrays[FEATURE_WEIGHTS]!.data)(given);
    const isSample = tf.greater(tf.sum(weights, 0), 0); // of the zeros that fill a block up, features may not be finite
    const v = tf.where(tf.expandDims(isSample, 1), made, tf.zerosLike(made));
    return { mean: tf.matMul(weights, v), squares: tf.matMul(weights, tf.square(v)) };
  },
  impossible: ({ features }, { count, sums, whole }) => {
    for (let i = 0; i < features; i++) {
      const [sum, squares] = [sums.mean![i]!, sums.squares![i]!];
      if (contradicts(sum, squares, count, whole.sums.squares![i]!, whole.count)) return "a moment of a network";
    }
    return undefined;
  },
};
