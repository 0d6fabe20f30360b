import type { MixtureModel } from "../../../priors/mixture/index.ts";
import { sizeOf } from "../../../src/data/array.ts";
import type { Dataset } from "../../../src/data/rows.ts";
import { product } from "../../../src/engine/float64.ts";
import { featureBasis, type Sketch } from "../../../src/sketch/index.ts";

/** Features v = Bᵀ(x − centre) of every sample, [count, k], as the mixture of the sketch has them. */
export async function featuresOf(
  dataset: Dataset,
  sketch: Sketch,
  { centre, matrix }: MixtureModel,
  signal: AbortSignal,
): Promise<Float64Array> {
  const [n, k] = [sizeOf(dataset.shape), matrix.shape[1]!];
  const pca = featureBasis(sketch.design.arrays);
  const all = pca ? pca.basis.shape[1]! : n;
  const leading = Float64Array.from({ length: n * k }, (_, at) => {
    const [p, a] = [Math.floor(at / k), at % k];
    return pca ? pca.basis.data[p * all + a]! : Number(p === a);
  });
  const origin = await product(centre.data, leading, 1, n, k);
  const out = new Float64Array(dataset.count * k);
  for await (const { first, data } of dataset.batches(2000)) {
    signal.throwIfAborted();
    const rows = data.shape[0]!;
    const features = await product(data.data, leading, rows, n, k);
    for (let at = 0; at < features.length; at++) out[first * k + at] = features[at]! - origin[at % k]!;
  }
  return out;
}
