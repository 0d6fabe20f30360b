import type { Random } from "../../src/data/random.ts";
import type { Poses } from "../prior.ts";
import type { MixtureModel } from "./model.ts";

/** Independent components 0, 1, … with these probabilities, [count]. */
export function drawComponents(weights: Float64Array, random: Random, count: number): Int32Array {
  return Int32Array.from({ length: count }, () => {
    let left = random.uniform();
    const found = weights.findIndex((p) => {
      left -= p;
      return left < 0;
    });
    return found < 0 ? weights.length - 1 : found; // probabilities that add up to a little less than 1
  });
}

/** Features v = μ_j + L_c(j)e of components j drawn by their weights: v [count, k] row by row, and j [count]. */
export function drawFeatures(
  { weights, means, covarianceOf, factors }: Omit<MixtureModel, "residual">,
  random: Random,
  count: number,
) {
  const k = means.shape[1]!;
  const components = drawComponents(weights, random, count);
  const e = random.fillNormal(new Float64Array(count * k));
  const features = new Float32Array(count * k);
  for (const [row, j] of components.entries()) {
    const draw = e.subarray(row * k, (row + 1) * k);
    for (let a = 0; a < k; a++) {
      const from = (covarianceOf[j]! * k + a) * k;
      let v = means.data[j * k + a]!;
      for (let b = 0; b <= a; b++) v += factors.data[from + b]! * draw[b]!;
      features[row * k + a] = v;
    }
  }
  return { features, components };
}

/** A pose of every component, drawn by its own probabilities. */
export function drawPoses({ warps, weights }: Poses, components: Int32Array, random: Random): Int32Array {
  const count = warps.shape[0]!;
  return components.map((j) => drawComponents(weights.subarray(j * count, (j + 1) * count), random, 1)[0]!);
}
