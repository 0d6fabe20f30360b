import { covariance, mean, type Sketch } from "../src/sketch/index.ts";
import type { GaussianPrior } from "./prior.ts";

/**
 * x ~ N(μ, Σ) with the mean and the covariance that a sketch holds: the most that second moments say of a signal.
 * Errors (InputError): a sketch without second moments, or of one sample.
 */
export const gaussianPrior = (sketch: Sketch): GaussianPrior => ({
  kind: "gaussian",
  name: "gaussian",
  shape: sketch.design.shape,
  mean: mean(sketch),
  covariance: covariance(sketch),
});
