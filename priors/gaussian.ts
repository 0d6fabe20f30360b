import { mean, type Sketch } from "../src/sketch/index.ts";
import type { GaussianPrior } from "./prior.ts";
import { shrunkCovariance } from "./shrunk-covariance.ts";

/**
 * x ~ N(μ, Σ) with the mean and the covariance that a sketch holds: the most that second moments say of a signal. The covariance of few images is shrunken (`shrunkCovariance`).
 * Errors (InputError): a sketch without second moments, or of one sample. Ends with the signal's reason.
 */
export const gaussianPrior = async (sketch: Sketch, signal?: AbortSignal): Promise<GaussianPrior> => ({
  kind: "gaussian",
  name: "gaussian",
  shape: sketch.design.shape,
  mean: mean(sketch),
  covariance: (await shrunkCovariance(sketch, signal)).covariance,
});
