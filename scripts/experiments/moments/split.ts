import ndarray from "ndarray";
import type { MixtureModel } from "../../../priors/mixture/index.ts";
import { stream } from "../../../src/data/random.ts";

/** Components that a Gaussian is split into. */
const PARTS = 10;
/** β, the part of its covariance that becomes the spread of their means: little, because few means span few directions. */
const BETWEEN = 0.05;

/**
 * Every Gaussian of a mixture (one a component, each with its own covariance) as a mixture of equal ones with its covariance in the
 * mean: N(μ, LLᵀ) as N(μ + √β Le, (1 − β)LLᵀ), e ~ N(0, I). It knows no more than the Gaussians do, but can be refined.
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
