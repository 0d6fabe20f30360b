import * as tf from "#tf";
import { type Family, squareSums, triangleSize } from "./family.ts";

/** First and second moments of the samples in their own coordinates. */
export interface SecondSpec {
  readonly kind: "second";
  /** Present where a design by label sums these over all labels together: one covariance instead of one a label. */
  readonly together?: true;
  /** Present where xxᵀ is summed in the features, and of the pixels the squares alone: far fewer numbers. */
  readonly reduced?: true;
}

export interface SecondOptions {
  readonly kind: "second";
  /** One sum over all labels, in a design by label too; default false. */
  readonly together?: boolean;
  /** Second moments of the features, and of the pixels only the squares; default false. See `covariance`. */
  readonly reduced?: boolean;
}

/**
 * Φ(x) = (x, xxᵀ), of xxᵀ the lower triangle row by row, in raw coordinates; `reduced`: (x, x ⊙ x, uuᵀ), u the features. Blocks are summed in float32: where the mean is much
 * larger than the spread (more than 100 times), centre the data first or the covariance loses its digits.
 */
export const second: Family<SecondSpec, SecondOptions> = {
  summary: "mean and covariance of the samples",
  design: ({ together = false, reduced = false }) => ({
    kind: "second",
    ...(together && { together }),
    ...(reduced && { reduced }),
  }),
  sums: ({ reduced }, { sample, features }) =>
    reduced
      ? { x: [sample], squares: [sample], uu: [triangleSize(features)] }
      : { x: [sample], xx: [triangleSize(sample)] },
  inputs: () => ({}),
  block: ({ reduced }, { samples, features, weights }) => ({
    x: tf.matMul(weights, samples),
    ...(reduced
      ? { squares: tf.matMul(weights, tf.square(samples)), uu: squareSums(weights, features) }
      : { xx: squareSums(weights, samples) }),
  }),
};
