import * as tf from "@tensorflow/tfjs";
import { type Family, outerSums } from "./family.ts";

/** First and second moments of the samples in their own coordinates: no settings. */
export interface SecondSpec {
  readonly kind: "second";
}

export type SecondOptions = SecondSpec;

/**
 * Φ(x) = (x, xxᵀ), the full symmetric matrix, in raw coordinates. Blocks are summed in float32: where the mean is much
 * larger than the spread (more than 100 times), centre the data first or the covariance loses its digits.
 */
export const second: Family<SecondSpec, SecondOptions> = {
  summary: "mean and covariance of the samples",
  design: () => ({ kind: "second" }),
  sums: (_, { sample }) => ({ x: [sample], xx: [sample, sample] }),
  inputs: () => ({}),
  block: (_, { samples, weights }) => ({
    x: tf.matMul(weights, samples),
    xx: outerSums(weights, samples, samples),
  }),
};
