import * as tf from "#tf";
import { isProduct, type ProductFactors } from "../../src/sketch/product.ts";
import { type ProductMoments, productMeans } from "../../src/sketch/product-means.ts";

/** Means of cos ωⱼᵀf and sin ωⱼᵀf over a data set: the real and imaginary part of √m·z_X, each [m], or [labels, m]. */
export interface FourierTarget {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/** Frequencies [d, m], or the lists of product frequencies, whose target is given as products. */
export type LossFrequencies = tf.Tensor | ProductFactors<tf.Tensor>;
export type LossTarget = FourierTarget | ProductMoments<tf.Tensor>;

/**
 * The sketch loss ‖z_X − A(P)‖² (CL-GN eq. 6) of generated features f [batch, d], estimated without bias. By label, features
 * [labels, batch, d] give one loss a label, [labels]. The losses below do the same.
 *
 * The plain ‖z_X − z_batch‖² is too large by (1 − ‖A(P)‖²)/batch: it never reaches 0 and pulls towards too concentrated
 * distributions. The product ⟨r₁, r₂⟩ of the residuals of two independent half batches has the right mean; this is its
 * average over all splits, the U-statistic, which has the least variance: |φ| = 1 for every sample, so
 * E|φ̄|² = |A(P)|² + (1 − |A(P)|²)/n gives (n|φ̄|² − 1)/(n − 1) for |A(P)|².
 */
export function fourierLoss(features: tf.Tensor, frequencies: LossFrequencies, target: LossTarget): tf.Tensor {
  const n = features.shape.at(-2)!;
  const { mean, terms } = residuals(features, frequencies, target);
  const target2 = mean(terms.map(({ wanted }) => tf.square(wanted)));
  const cross = mean(terms.map(({ wanted, found }) => tf.mul(wanted, found)));
  const power = mean(terms.map(({ found }) => tf.square(found)));
  return tf.add(tf.sub(target2, tf.mul(2, cross)), tf.div(tf.sub(tf.mul(power, n), 1), n - 1));
}

/** The paper's loss (CL-GN eq. 6): ‖z_X − z_batch‖² = (1/m) Σⱼ |φⱼ − φ̄ⱼ|² of one batch, with the bias told above. */
export function paperLoss(features: tf.Tensor, frequencies: LossFrequencies, target: LossTarget): tf.Tensor {
  const { mean, terms } = residuals(features, frequencies, target);
  return mean(terms.map(({ wanted, found }) => tf.square(tf.sub(wanted, found))));
}

/** The sketch losses by name. To add one: a line here. */
export const losses = { unbiased: fourierLoss, paper: paperLoss } as const;
export type LossName = keyof typeof losses;

interface Residuals {
  /** Moments, in the mean over the features and as they should be. */
  readonly terms: readonly { readonly wanted: tf.Tensor; readonly found: tf.Tensor }[];
  /** The mean over the frequencies of a quadratic form of cosine and sine, given by a term each; by label, one of each. */
  mean(forms: readonly tf.Tensor[]): tf.Tensor;
}

function residuals(features: tf.Tensor, frequencies: LossFrequencies, target: LossTarget): Residuals {
  if (isProduct(frequencies)) return productResiduals(features, frequencies, target as ProductMoments<tf.Tensor>);
  const { cos, sin } = target as FourierTarget;
  const [d, m] = frequencies.shape as [number, number];
  const rows = tf.matMul(tf.reshape(features, [-1, d]), frequencies as tf.Tensor2D); // of all labels in one product
  const phase = tf.reshape(rows, [...features.shape.slice(0, -1), m]);
  return {
    terms: [
      { wanted: cos, found: tf.mean(tf.cos(phase), -2) },
      { wanted: sin, found: tf.mean(tf.sin(phase), -2) },
    ],
    mean: ([a, b]) => tf.mean(tf.add(a!, b!), -1),
  };
}

/**
 * |φ(a + b)|² + |φ(a − b)|² is twice the sum of the four squared means of products (the parallelogram identity), and so with every quadratic form. So the
 * loss needs no moment at a frequency itself.
 */
function productResiduals(
  features: tf.Tensor,
  frequencies: ProductFactors<tf.Tensor>,
  { products, whole }: ProductMoments<tf.Tensor>,
): Residuals {
  const found = tf.reshape(productMeans(features, frequencies), products.shape);
  const axes = [-5, -4, -3, -2, -1].map((axis) => axis + products.rank);
  const sizes = products.shape.slice(-5) as [number, number, number, number, number];
  const pairs: tf.Tensor | number = whole ? tf.sum(whole) : sizes[0] * sizes[2] * sizes[4];
  return {
    terms: [{ wanted: products, found: whole ? tf.mul(found, whole) : found }],
    mean: ([form]) => tf.div(tf.sum(form!, axes), pairs),
  };
}

/**
 * The unbiased loss for first and second moments: the U-statistics of ‖E g‖²/d + ‖E ggᵀ − C‖²/d, for centred features
 * g [batch, d] whose mean should be 0 and whose second moment should be C = `covariance` [d, d]; by label, [labels, batch, d]
 * and [labels, d, d].
 */
export function momentLoss(g: tf.Tensor, covariance: tf.Tensor): tf.Tensor {
  const [n, d] = g.shape.slice(-2) as [number, number];
  const norms = tf.sum(tf.square(g), -1); // |gᵢ|²
  const mean = unbiasedSquare(tf.sum(tf.square(tf.mean(g, -2)), -1), tf.mean(norms, -1), n);
  // Σᵢ‖gᵢgᵢᵀ − C‖² = Σᵢ |gᵢ|⁴ − 2 gᵢᵀCgᵢ + ‖C‖²
  const quadratic = tf.sum(tf.mul(tf.matMul(g, covariance), g), -1);
  const norm2 = tf.sum(tf.square(covariance), [-2, -1]);
  const each = tf.add(tf.mean(tf.sub(tf.square(norms), tf.mul(2, quadratic)), -1), norm2);
  const residual = tf.sub(tf.div(tf.matMul(g, g, true, false), n), covariance);
  return tf.div(tf.add(mean, unbiasedSquare(tf.sum(tf.square(residual), [-2, -1]), each, n)), d);
}

/** ‖E v‖² without bias, from ‖v̄‖² and the mean of ‖vᵢ‖² over n samples: (n‖v̄‖² − mean‖vᵢ‖²)/(n − 1). */
export const unbiasedSquare = (ofMean: tf.Tensor, meanSquare: tf.Tensor, n: number): tf.Tensor =>
  tf.div(tf.sub(tf.mul(ofMean, n), meanSquare), n - 1);
