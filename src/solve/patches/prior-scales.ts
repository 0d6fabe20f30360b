import type { PatchPrior } from "../../../priors/prior.ts";

/** Standard deviation of a pixel about the mean of its patch. */
export function deviationOf({ weights, values }: PatchPrior): number {
  const d = values.shape[1]!;
  return Math.sqrt(values.data.reduce((sum, v, at) => sum + (weights[Math.floor(at / d)]! * v) / d, 0));
}

/** Root mean square of the difference of two neighbours in a row, under the prior. */
export function roughness({ weights, values, vectors, side, channels }: PatchPrior): number {
  const d = values.shape[1]!;
  const next = (i: number) => (Math.floor(i / channels) % side < side - 1 ? i + channels : -1);
  let sum = 0;
  for (const [k, weight] of weights.entries()) {
    for (let j = 0; j < d; j++) {
      const from = (k * d + j) * d;
      let squares = 0;
      for (let i = 0; i < d; i++)
        if (next(i) >= 0) squares += (vectors.data[from + i]! - vectors.data[from + next(i)]!) ** 2;
      sum += weight * values.data[k * d + j]! * squares;
    }
  }
  return Math.sqrt(sum / (side * (side - 1) * channels));
}
