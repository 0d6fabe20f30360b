import type { NdArray } from "ndarray";
import type { ForwardOperator } from "../../../operators/operator.ts";
import { isLinear } from "../../../operators/operator.ts";
import type { MixturePrior, Prior } from "../../../priors/prior.ts";
import { drawSamples } from "../../../priors/samples.ts";
import { contiguous, sameShape, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { squaredNorm } from "../../data/vector.ts";
import { asMixture, isMixture } from "../gaussian/as-mixture.ts";
import { sigmaByCrossValidation } from "./cross-validation.ts";
import { LEAST, sigmaByEvidence } from "./evidence.ts";
import { momentGaussian } from "./moment-gaussian.ts";
import type { Unknown } from "./unknown.ts";
import { waveletDeviation } from "./wavelet-deviation.ts";

export interface EstimatedSigma {
  readonly sigma: number;
  /** The rule, for `chosen.by`. */
  readonly by: string;
}

export interface SigmaOptions {
  /** Seed of random probes and draws; default 1. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Draws of a generator that stand for its Gaussian, at least as many as a signal has numbers. */
const MOST_DRAWS = 2000;

/** Pixels from which on the fine wavelet coefficients are enough: of small images with edges they overrate σ. */
const LARGE = 4096;

/**
 * σ of Gaussian noise that is not known, one for all signals, Φ linear. By the first of these that applies:
 *
 * - a learned prior: the greatest evidence; that of a generator which is not affine by the Gaussian of its mean and covariance;
 * - a penalty and y an image of at least 4096 pixels, as x is (denoising, deblurring): the median of fine wavelet coefficients;
 * - a penalty: generalised cross-validation of total variation.
 *
 * y: [batch, ...outShape]. Errors (InputError): Φ that is not linear, y that is 0, measurements that leave no residual.
 */
export async function estimateSigma(
  { operator, y }: { readonly operator: ForwardOperator; readonly y: NdArray<Float32Array> },
  prior: Prior,
  { seed = 1, signal }: SigmaOptions = {},
): Promise<EstimatedSigma> {
  if (!isLinear(operator)) {
    throw new InputError(`sigma: auto: ${operator.name} is not linear; give σ, as gaussian:sigma=0.05`);
  }
  const size = Math.sqrt(squaredNorm(contiguous(y) as Float32Array) / y.size);
  if (size === 0) throw new InputError("sigma: auto: all measurements are 0; give σ, as gaussian:sigma=0.05");
  const unknown: Unknown = { operator, y, size, seed, ...(signal && { signal }) };
  if (prior.kind !== "penalty") {
    const sigma = await sigmaByEvidence(unknown, await mixtureOf(prior, seed));
    const by = sigma < 2 * LEAST * size ? "sigma by evidence, which does not tell it from 0" : "sigma by evidence";
    return { sigma, by };
  }
  if (isLargeImage(operator)) {
    const sigma = waveletDeviation(y);
    if (sigma > 0) return { sigma, by: "sigma by the median of fine wavelet coefficients" };
  }
  const sigma = await sigmaByCrossValidation(unknown);
  if (sigma !== undefined && sigma > 0) return { sigma, by: "sigma by generalised cross-validation" };
  throw new InputError(
    `sigma: auto: ${sizeOf(operator.outShape)} measurements by ${operator.name} do not tell σ; give it, as gaussian:sigma=0.05`,
  );
}

const isLargeImage = ({ inShape, outShape }: ForwardOperator): boolean =>
  inShape.length >= 2 && sameShape(inShape, outShape) && sizeOf(inShape.slice(0, 2)) >= LARGE;

/** The prior as a mixture, of a generator that is none the Gaussian of its moments. */
async function mixtureOf(prior: Exclude<Prior, { kind: "penalty" }>, seed: number): Promise<MixturePrior> {
  if (isMixture(prior) || prior.kind !== "generator") return asMixture(prior);
  const draws = await drawSamples(prior, Math.min(MOST_DRAWS, 2 * sizeOf(prior.shape) + 100), seed);
  return asMixture(momentGaussian(prior, draws));
}
