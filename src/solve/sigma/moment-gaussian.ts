import type { NdArray } from "ndarray";
import type { GaussianPrior, GeneratorPrior } from "../../../priors/prior.ts";
import { contiguous } from "../../data/array.ts";
import { transpose } from "../../data/matmul.ts";
import { product } from "../../engine/float64.ts";

/**
 * The Gaussian of a generator's signals x = G(z, c) + r. Mean and covariance come from draws [count, ...shape] of G; the covariance of r
 * [n, n] is added as it is. Draws of r would spread its eigenvalues, and the estimated σ would be too large.
 */
export async function momentGaussian(
  { name, shape }: GeneratorPrior,
  draws: NdArray<Float32Array>,
  residual?: NdArray<Float32Array>,
): Promise<GaussianPrior> {
  const count = draws.shape[0]!;
  const n = draws.size / count;
  const data = contiguous(draws);
  const mean = new Float64Array(n);
  for (let at = 0; at < data.length; at++) mean[at % n]! += data[at]! / count;
  const centred = Float64Array.from(data, (v, at) => v - mean[at % n]!);
  const sums = await product(transpose(centred, count, n), centred, n, count, n);
  const rest = residual && contiguous(residual);
  return { kind: "gaussian", name, shape, mean, covariance: sums.map((v, at) => v / (count - 1) + (rest?.[at] ?? 0)) };
}
