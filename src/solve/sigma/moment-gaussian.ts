import type { NdArray } from "ndarray";
import type { GaussianPrior, GeneratorPrior } from "../../../priors/prior.ts";
import { contiguous } from "../../data/array.ts";
import { multiply, transpose } from "../../data/matmul.ts";

/** The Gaussian with the mean and the covariance of draws [count, ...shape] of a generator. */
export function momentGaussian({ name, shape }: GeneratorPrior, draws: NdArray<Float32Array>): GaussianPrior {
  const count = draws.shape[0]!;
  const n = draws.size / count;
  const data = contiguous(draws);
  const mean = new Float64Array(n);
  for (let at = 0; at < data.length; at++) mean[at % n]! += data[at]! / count;
  const centred = Float64Array.from(data, (v, at) => v - mean[at % n]!);
  const sums = multiply(transpose(centred, count, n), centred, n, count, n);
  return { kind: "gaussian", name, shape, mean, covariance: sums.map((v) => v / (count - 1)) };
}
