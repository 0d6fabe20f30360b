import { sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { DesignArrays } from "../features.ts";
import { formWords, LOSSY_ROWS, type LossyMeasured } from "../lossy/form.ts";
import { maskedScores } from "../lossy/scores.ts";
import { type Family, triangleSize } from "./family.ts";

/** Scores of a reference Gaussian under samples with missing pixels: one step of expectation maximisation of its mean and covariance in pixels. */
export interface LossyScoresSpec extends LossyMeasured {
  readonly kind: "lossy-scores";
  /** Leading directions that the Gaussian keeps as features. */
  readonly features: number;
  /** What the reference was fitted to, for people. */
  readonly of: string;
  /** One sum over all labels. */
  readonly pooled: true;
}

export type LossyScoresOptions = Omit<LossyScoresSpec, "pooled">;

/** The reference's mean μ [n] and covariance Σ as a lower triangle [n(n+1)/2], in a design. */
export const SCORE_MEAN = "lossy-scores.mean";
export const SCORE_COVARIANCE = "lossy-scores.covariance";

/** The reference Gaussian of a design. Errors (InputError): it holds none. */
export function scoreReference(arrays: DesignArrays) {
  const [mean, covariance] = [arrays[SCORE_MEAN], arrays[SCORE_COVARIANCE]];
  if (mean && covariance) return { mean: mean.data, covariance: covariance.data };
  throw new InputError("lossy scores: the design holds no reference; make it with --cells-of and --cells 1");
}

/**
 * With M the rows of the identity at the pixels that are seen, N = MΣMᵀ + σ²I and z = MᵀN⁻¹M(x − μ): `z` Σ z, and `score` Σ (zzᵀ − MᵀN⁻¹M) as a lower triangle. They
 * are the gradients of Σ log p(y) in μ and, twice, in Σ; then μ + Σ z̄ and Σ + Σ·s̄·Σ − (Σz̄)(Σz̄)ᵀ is the step of expectation maximisation, z̄ and s̄ the means. `log`:
 * Σ log p(y) but for a constant.
 */
export const lossyScores: Family<LossyScoresSpec, LossyScoresOptions> = {
  title: "lossy scores",
  aboutReference: false,
  summary: "scores of a Gaussian under samples with missing pixels, for its next step",
  design: (options) => ({ ...options, pooled: true }),
  describe: ({ form, through, sigma, features, of }) =>
    `of ${formWords[form]} ${through}, noise ${sigma}, under ${of}; for a Gaussian of ${features} features`,
  sums: ({ signal }) => ({ z: [sizeOf(signal)], score: [triangleSize(sizeOf(signal))], log: [1] }),
  degrees: { z: 0, score: 0, log: 0 },
  inputs: () => ({}),
  mostRows: LOSSY_ROWS,
  impossible: () => undefined, // gradients may have any sign and size
  forOutside: (_, { features }) => ({ x: features }),
  outside: ({ sigma }, { arrays }) => ({ add: maskedScores(scoreReference(arrays), sigma) }),
};
