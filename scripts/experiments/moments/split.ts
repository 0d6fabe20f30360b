import ndarray from "ndarray";
import type { MixtureModel } from "../../../priors/mixture/index.ts";
import { stream } from "../../../src/data/random.ts";

/** Components that a Gaussian is split into. */
const PARTS = 10;
/** β, the part of the covariance that becomes the spread of the means. It is small, because few means span few directions. */
const BETWEEN = 0.05;

/**
 * Replaces every Gaussian of a mixture (each with its own covariance) by several equally probable ones that have its covariance on
 * average: N(μ, LLᵀ) by N(μ + √β Le, (1 − β)LLᵀ), e ~ N(0, I). The result holds no more information, but can be refined.
 */
export function splitGaussians(model: MixtureModel, seed: number): MixtureModel {
  const [components, k] = model.means.shape as [number, number];
  const count = components * PARTS;
  const origin = (j: number) => Math.floor(j / PARTS);
  const random = stream(seed, "split");
  const means = new Float32Array(count * k);
  const factors = new Float32Array(count * k * k);
  for (let j = 0; j < count; j++) {
    const own = model.covarianceOf[origin(j)]! * k * k;
    const e = random.fillNormal(new Float64Array(k));
    for (let a = 0; a < k; a++) {
      let v = model.means.data[origin(j) * k + a]!;
      for (let b = 0; b <= a; b++) {
        const l = model.factors.data[own + a * k + b]!;
        v += Math.sqrt(BETWEEN) * l * e[b]!;
        factors[(j * k + a) * k + b] = Math.sqrt(1 - BETWEEN) * l;
      }
      means[j * k + a] = v;
    }
  }
  return {
    ...model,
    weights: Float64Array.from({ length: count }, (_, j) => model.weights[origin(j)]! / PARTS),
    means: ndarray(means, [count, k]),
    covarianceOf: Int32Array.from({ length: count }, (_, j) => j),
    factors: ndarray(factors, [count, k, k]),
    labels: Int32Array.from({ length: count }, (_, j) => model.labels![origin(j)]!),
  };
}
