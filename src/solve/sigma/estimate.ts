import type { NdArray } from "ndarray";
import type { ForwardOperator } from "../../../operators/operator.ts";
import { isLinear, type LinearOperator } from "../../../operators/operator.ts";
import { isOfOneShape, type Prior, type SignalPrior } from "../../../priors/prior.ts";
import { drawSamples } from "../../../priors/samples.ts";
import { contiguous, fromHost, sameShape, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { squaredNorm } from "../../data/vector.ts";
import { asMixture, isMixture, type Mixture } from "../gaussian/as-mixture.ts";
import { applyToRows } from "../operator-matrix.ts";
import { sigmaByCrossValidation } from "./cross-validation.ts";
import { LEAST, sigmaByEvidence } from "./evidence.ts";
import { momentGaussian } from "./moment-gaussian.ts";
import type { UnknownNoise } from "./unknown-noise.ts";
import { fineDetails, waveletDeviation } from "./wavelet-deviation.ts";

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

/** Draws of G(z) that stand for its Gaussian. */
const DRAWS = 2000;

/** Images need this many pixels for the wavelet rule. In small images with edges the fine wavelet coefficients overrate σ. */
const LARGE = 4096;

/**
 * Estimates the unknown σ of Gaussian noise, one for all signals; Φ is linear. The first rule that applies is used:
 *
 * - For a learned prior of whole signals: the greatest evidence. A generator that is not affine is replaced by the Gaussian of its mean and covariance.
 * - For a baseline, a prior of patches or a denoiser, if x and y are images of the same shape, or y is a convolution with the boundary valid, of at least 4096 pixels, and Φ adds no detail to a constant image
 *   (denoising, deblurring): the median of fine wavelet coefficients.
 * - For any other problem with one of them: generalised cross-validation of total variation.
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
  const unknown: UnknownNoise = { operator, y, size, seed, ...(signal && { signal }) };
  if (prior.kind !== "penalty" && prior.kind !== "method" && isOfOneShape(prior)) {
    const sigma = await sigmaByEvidence(unknown, await mixtureOf(prior, seed));
    const by = sigma < 2 * LEAST * size ? "sigma by evidence, which does not tell it from 0" : "sigma by evidence";
    return { sigma, by };
  }
  if (isLargeImage(operator) && (await keepsSmooth(operator))) {
    const sigma = waveletDeviation(y);
    if (sigma > 0) return { sigma, by: "sigma by the median of fine wavelet coefficients" };
  }
  const sigma = await sigmaByCrossValidation(unknown);
  if (sigma !== undefined && sigma > 0) return { sigma, by: "sigma by generalised cross-validation" };
  throw new InputError(
    `sigma: auto: ${sizeOf(operator.outShape)} measurements by ${operator.name} do not tell σ; give it, as gaussian:sigma=0.05`,
  );
}

function isLargeImage({ inShape, outShape, form }: LinearOperator): boolean {
  const inside = form?.kind === "convolution" && sameShape(inShape.slice(2), outShape.slice(2)); // also of the boundary valid
  return inShape.length >= 2 && (inside || sameShape(inShape, outShape)) && sizeOf(outShape.slice(0, 2)) >= LARGE;
}

/** Φ keeps an image smooth if the fine wavelet coefficients of Φ1 stay below this. A mask's edges would be taken for noise. */
const SMOOTH = 1e-3;

/** Whether Φ keeps a constant image smooth, as blurs do and masks do not. By the mean of |d|: a median would miss lone edges. */
async function keepsSmooth(operator: LinearOperator): Promise<boolean> {
  const n = sizeOf(operator.inShape);
  const { data } = await applyToRows(operator, fromHost(new Float32Array(n).fill(1), [1, n]));
  const details = fineDetails(fromHost(data, [1, ...operator.outShape]));
  return details.reduce((sum, d) => sum + d / details.length, 0) < SMOOTH;
}

/** The prior as a mixture. For a generator that is not a mixture: the Gaussian of its moments. For windows: the Gaussian of the whole. */
async function mixtureOf(prior: Exclude<SignalPrior, { kind: "penalty" | "method" }>, seed: number): Promise<Mixture> {
  if (prior.kind === "windows") {
    const { name, shape, mean, covariance } = prior;
    return asMixture({ kind: "gaussian", name, shape, mean, covariance });
  }
  if (isMixture(prior) || prior.kind !== "generator") return asMixture(prior);
  const { residual, residualRoot: _, ...generator } = prior;
  const draws = await drawSamples(generator, DRAWS, seed);
  return asMixture(await momentGaussian(prior, draws, residual));
}
