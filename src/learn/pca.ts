import { fromHost, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { symmetricEigen, trace } from "../data/linalg.ts";
import { covariance, mean, type Sketch } from "../sketch/index.ts";
import type { Learned, TaskOptions } from "./task.ts";

/**
 * Principal components from the second moments of a sketch: `mean` [shape], `components` [K, …shape] of length 1, `variances` [K] along them, the largest first. They are those of the data, to
 * the rounding of the sums. K is all by default. Errors (InputError): a sketch without second moments or of one sample, more components than numbers of a sample.
 */
export async function pca(sketch: Sketch, { k }: TaskOptions): Promise<Learned> {
  const { shape } = sketch.design;
  const d = sizeOf(shape);
  if (k !== undefined && k > d) {
    throw new InputError(`pca: a sample has ${d} numbers, so no ${k} components; give a smaller -k`);
  }
  const matrix = covariance(sketch);
  const count = k ?? d;
  const { values, vectors } = symmetricEigen(matrix, d, count);
  const whole = trace(matrix, d);
  const explained = whole > 0 ? values.reduce((a, b) => a + b, 0) / whole : 1;
  return {
    arrays: {
      mean: fromHost(Float32Array.from(mean(sketch)), shape),
      components: fromHost(Float32Array.from(vectors), [count, ...shape]),
      variances: fromHost(Float32Array.from(values), [count]),
    },
    data: { k: count, explained },
    words: { explains: `${(100 * explained).toFixed(2)} % of the variance` },
    shown: [{ name: "components", directions: true }],
  };
}
