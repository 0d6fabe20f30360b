import { mean, type Sketch } from "../src/sketch/index.ts";
import type { GaussianPrior } from "./prior.ts";
import { shrunkCovariance } from "./shrunk-covariance.ts";

/** The Gaussian of a sketch (`gaussianPrior`), and how many samples the stationary part of its covariance counts for; 0 where that is as sketched. */
export async function fitGaussian(
  sketch: Sketch,
  signal?: AbortSignal,
): Promise<{ readonly prior: GaussianPrior; readonly added: number }> {
  const { covariance, added } = await shrunkCovariance(sketch, signal);
  const shape = sketch.design.shape;
  return { prior: { kind: "gaussian", name: "gaussian", shape, mean: mean(sketch), covariance }, added };
}

/**
 * x ~ N(μ, Σ) with the mean and the covariance that a sketch holds: the most that second moments say of a signal. The covariance of few images is shrunken (`shrunkCovariance`).
 * Errors (InputError): a sketch without second moments, or of one sample. Ends with the signal's reason.
 */
export const gaussianPrior = async (sketch: Sketch, signal?: AbortSignal): Promise<GaussianPrior> =>
  (await fitGaussian(sketch, signal)).prior;
