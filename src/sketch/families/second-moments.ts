import * as tf from "#tf";
import { InputError } from "../../data/errors.ts";
import { contradicts, contradictsCross, diagonalAt, type Family, triangleSize } from "./family.ts";

/** First and second moments of the samples in their own coordinates. */
export interface SecondMomentsSpec {
  readonly kind: "second-moments";
  /** Present if a design by label sums these over all labels: one covariance instead of one for each label. */
  readonly pooled?: true;
  /** Present if only the squares of the pixels and uuᵀ of the features are summed, instead of xxᵀ: far fewer numbers. */
  readonly reduced?: true;
}

export interface SecondMomentsOptions {
  readonly kind: "second-moments";
  /** One sum over all labels, in a design by label too; default false. */
  readonly pooled?: boolean;
  /** Second moments of the features, but only the squares of the pixels; default for more than 2048 pixels. See `covariance`. */
  readonly reduced?: boolean;
}

/** Larger samples are summed in reduced form by default, because xxᵀ takes d² operations per sample. */
const MOST_FULL = 2048;

/** The largest d for which d(d+1)/2 numbers are held. */
const MOST_HELD = 4096;

/**
 * Φ(x) = (x, xxᵀ) in the samples' own coordinates; only the lower triangle of xxᵀ is held, row by row. Reduced: (x, x ⊙ x, uuᵀ), where u
 * are the features. All of them are relative to the design's reference c: x stands for x − c.
 */
export const secondMoments: Family<SecondMomentsSpec, SecondMomentsOptions> = {
  title: "second moments",
  aboutReference: true,
  summary: "mean and covariance of the samples",
  design: ({ pooled = false, reduced }, { sample, features, poses }) => {
    const asReduced = reduced ?? sample > MOST_FULL;
    if (asReduced && poses > 0) {
      throw new InputError(
        "sketch: second moments: reduced ones are of the images' own features, not of aligned images",
      );
    }
    const size = asReduced ? features : sample;
    if (size > MOST_HELD) {
      throw new InputError(
        `sketch: second moments: xxᵀ of ${size} numbers is more than is held (${MOST_HELD} numbers); ` +
          "take them reduced, in features pca:K",
      );
    }
    return { kind: "second-moments", ...(pooled && { pooled }), ...(asReduced && { reduced: asReduced }) };
  },
  describe: ({ reduced }) => (reduced ? "sums of x, x ⊙ x, and uuᵀ in the features" : "sums of x and xxᵀ"),
  sums: ({ reduced }, { sample, features }) =>
    reduced
      ? { x: [sample], squares: [sample], uu: [triangleSize(features)] }
      : { x: [sample], xx: [triangleSize(sample)] },
  degrees: { x: 1, xx: 2, squares: 2, uu: 2 },
  inputs: () => ({}),
  impossible: ({ reduced }, { dimensions: { sample, features }, count, sums, whole }) => {
    for (let i = 0; i < sample; i++) {
      const [name, at] = reduced ? (["squares", i] as const) : (["xx", diagonalAt(i)] as const);
      const before = whole.sums[name]![at]!;
      if (contradicts(sums.x![i]!, sums[name]![at]!, count, before, whole.count)) return "a second moment";
    }
    for (let i = 0; reduced && i < features; i++) {
      const at = diagonalAt(i);
      if (contradicts(0, sums.uu![at]!, count, whole.sums.uu![at]!, whole.count)) return "a second moment";
    }
    const [name, size] = reduced ? (["uu", features] as const) : (["xx", sample] as const);
    return contradictsCross(sums[name]!, whole.sums[name]!, whole.count, size) ? "a cross moment" : undefined;
  },
  block: ({ reduced }, { samples, weights }) => ({
    x: tf.matMul(weights, samples),
    ...(reduced && { squares: tf.matMul(weights, tf.square(samples)) }),
  }),
  cells: ({ reduced }) => ({ all: { cells: 1, squares: reduced ? "uu" : "xx" } }),
  inCells: ({ reduced }, { samples, centred }) => ({ all: { a: reduced ? centred : samples } }),
};
