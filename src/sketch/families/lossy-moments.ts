import * as tf from "#tf";
import { sizeOf } from "../../data/array.ts";
import { formWords, type LossyMeasured } from "../lossy/form.ts";
import { lowerOf, maskedRows, ownRows } from "../lossy/rows.ts";
import { contradicts, contradictsCross, diagonalAt, type Family, ROUNDING, triangleSize } from "./family.ts";

/** Moments from which the mean and the covariance of signals follow that are seen through lossy measurements only. */
export interface LossyMomentsSpec extends LossyMeasured {
  readonly kind: "lossy-moments";
  /** Leading directions that the Gaussian of the signals keeps as features; the others make up its residual. */
  readonly features: number;
  /** One sum over all labels. */
  readonly pooled: true;
}

export type LossyMomentsOptions = Omit<LossyMomentsSpec, "pooled">;

/**
 * Sums over samples, for each form of their measurements y (`LossyForm`):
 *
 * - `masked`, m being 1 where a pixel is seen and 0 elsewhere, M = diag(m): `x` Σ Mx, `xx` Σ (Mx)(Mx)ᵀ, `pairs` Σ mmᵀ, `cross` Σ (Mx)mᵀ, each pixel over the samples that
 *   show another one too. Means and covariances are sums over counts (pairwise moments);
 * - `fixed`: `x` Σ y, `xx` Σ yyᵀ;
 * - `own`, z = Φᵀy and G = ΦᵀΦ: `x` Σ z, `xx` Σ zzᵀ, `gram` Σ G, `traces` Σ (tr G)² and Σ tr G².
 *
 * Only lower triangles are held.
 */
export const lossyMoments: Family<LossyMomentsSpec, LossyMomentsOptions> = {
  title: "lossy moments",
  aboutReference: false,
  summary: "moments of lossy measurements, from which the signals' mean and covariance follow",
  design: (options) => ({ ...options, pooled: true }),
  describe: ({ form, through, sigma, features }) =>
    `of ${formWords[form]} ${through}, noise ${sigma}; for a Gaussian of ${features} features`,
  sums: ({ form, signal }, { sample }) => {
    const d = form === "fixed" ? sample : sizeOf(signal);
    return {
      x: [d],
      xx: [triangleSize(d)],
      ...(form === "masked" && { pairs: [triangleSize(d)], cross: [d, d] }),
      ...(form === "own" && { gram: [triangleSize(d)], traces: [2] }),
    };
  },
  degrees: { x: 1, xx: 2, pairs: 0, cross: 1, gram: 0, traces: 0 },
  inputs: () => ({}),
  impossible: ({ form }, { count, sums, whole }) => {
    const d = sums.x!.length;
    const slack = ROUNDING * whole.count;
    if (form === "masked" && sums.pairs!.some((n) => !(n >= -slack && n <= count + slack))) return "a count of pairs";
    for (let i = 0; i < d; i++) {
      const at = diagonalAt(i);
      const seen = form === "masked" ? sums.pairs![at]! : count;
      if (contradicts(sums.x![i]!, sums.xx![at]!, seen, whole.sums.xx![at]!, whole.count)) return "a second moment";
    }
    return contradictsCross(sums.xx!, whole.sums.xx!, whole.count, d) ? "a cross moment" : undefined;
  },
  cells: ({ form }) => ({
    known: { cells: 1, squares: "xx" },
    ...(form === "masked" && { seen: { cells: 1, squares: "pairs" } }),
  }),
  inCells: (spec, { features }) => vectors(spec, features),
  block: (spec, { features, weights }) => {
    const { known, seen } = vectors(spec, features);
    const x = tf.matMul(weights, known.a);
    const rows = features.shape[0]!;
    const column = tf.reshape(weights, [rows, 1]);
    if (seen) return { x, cross: tf.matMul(tf.mul(known.a, column), seen.a, true, false) };
    if (spec.form !== "own") return { x };
    const n = sizeOf(spec.signal);
    const { m, phi } = ownRows(features, n);
    const apart = tf.reshape(phi, [rows, m, n]);
    const each = tf.mul(column, tf.ones([rows, m]));
    const gram = tf.matMul(tf.mul(phi, tf.reshape(each, [rows * m, 1])), phi, true, false);
    const trace = tf.sum(tf.square(apart), [1, 2]);
    const squares = tf.sum(tf.square(tf.matMul(apart, apart, false, true)), [1, 2]);
    return {
      ...{ x, gram: lowerOf(tf.expandDims(gram, 0)) },
      traces: tf.matMul(weights, tf.stack([tf.square(trace), squares], 1)),
    };
  },
};

type Vectors = Readonly<Record<"known", { a: tf.Tensor }> & Partial<Record<"seen", { a: tf.Tensor }>>>;

/** The vectors of every sample whose products are summed. */
function vectors({ form, signal }: LossyMomentsSpec, x: tf.Tensor): Vectors {
  if (form === "fixed") return { known: { a: x } };
  if (form === "masked") {
    const { seen, known } = maskedRows(x);
    return { known: { a: known }, seen: { a: seen } };
  }
  const n = sizeOf(signal);
  const { m, phi, y } = ownRows(x, n);
  const rows = x.shape[0]!;
  const z = tf.matMul(tf.reshape(y, [rows, 1, m]), tf.reshape(phi, [rows, m, n]));
  return { known: { a: tf.reshape(z, [rows, n]) } };
}
