import { chartsOf, type Part, partsOf } from "../../../priors/mixture/charts.ts";
import type { Prior } from "../../../priors/prior.ts";
import { transpose } from "../../data/matmul.ts";
import { product, productTransposed } from "../../engine/float64.ts";
import { asMixture, type Mixture } from "../gaussian/as-mixture.ts";
import { mixturePosterior } from "../gaussian/mixture-posterior.ts";
import type { Problem } from "../problem.ts";

/** A Gaussian of the pixels of images, or of the weights of kernels. */
export interface PixelGaussian {
  /** [n] */
  readonly mean: Float64Array;
  /** [n, n] */
  readonly covariance: Float64Array;
}

/** The Gaussian of a mixture that the measurements of one signal make likeliest, in pixels. */
export async function likeliestGaussian(
  problem: Omit<Problem, "shape">,
  prior: Prior,
  signal?: AbortSignal,
): Promise<PixelGaussian> {
  const mixture = await asMixture(prior);
  const { responsibilities } = await mixturePosterior(problem, mixture, { ...(signal && { signal }) });
  const most = responsibilities.reduce((a, b) => Math.max(a, b), 0);
  return gaussianOf(mixture, partsOf(mixture).parts[responsibilities.indexOf(most)]!);
}

/** N(centre + Dμ_j, DΣ_jDᵀ + C) of one part of a mixture. */
async function gaussianOf(mixture: Mixture, { component, chart }: Part): Promise<PixelGaussian> {
  const { centre, decoder } = chartsOf(mixture)[chart]!;
  const [n, k] = [centre.length, mixture.means.shape[1]!];
  const [from, to] = [component, component + 1].map((j) => j * k) as [number, number];
  const moved = await product(Float64Array.from(mixture.means.data.subarray(from, to)), decoder, 1, k, n);
  const first = mixture.covarianceOf[component]! * k * k;
  const upper = transpose(mixture.factors.data.subarray(first, first + k * k), k, k); // Σ = LLᵀ, Lᵀ
  const root = transpose(await product(upper, decoder, k, k, n), k, n);
  const covariance = await productTransposed(root, root, k);
  return {
    mean: centre.map((v, p) => v + moved[p]!),
    covariance: covariance.map((v, at) => v + mixture.residual.data[at]!),
  };
}
