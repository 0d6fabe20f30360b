import * as tf from "@tensorflow/tfjs";
import { type Family, squareSums, triangleSize } from "./family.ts";

/** First and second moments of the samples in their own coordinates. */
export interface SecondSpec {
  readonly kind: "second";
  /** Present where a design by label sums these over all labels together: one covariance instead of one a label. */
  readonly together?: true;
}

export interface SecondOptions {
  readonly kind: "second";
  /** One sum over all labels, in a design by label too; default false. */
  readonly together?: boolean;
}

/**
 * Φ(x) = (x, xxᵀ), of xxᵀ the lower triangle row by row, in raw coordinates. Blocks are summed in float32: where the mean is much
 * larger than the spread (more than 100 times), centre the data first or the covariance loses its digits.
 */
export const second: Family<SecondSpec, SecondOptions> = {
  summary: "mean and covariance of the samples",
  design: ({ together = false }) => ({ kind: "second", ...(together && { together }) }),
  sums: (_, { sample }) => ({ x: [sample], xx: [triangleSize(sample)] }),
  inputs: () => ({}),
  block: (_, { samples, weights }) => ({
    x: tf.matMul(weights, samples),
    xx: squareSums(weights, samples),
  }),
};
