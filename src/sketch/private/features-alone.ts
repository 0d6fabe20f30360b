import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { fromHost, sizeOf } from "../../data/array.ts";
import { compile } from "../../engine/index.ts";
import { networkFeatures } from "../feature-network.ts";
import type { PrivateDesign } from "./design.ts";

/**
 * The features of a design's network for one sample, [p], of norm 1, computed by themselves: in a batch they might depend on the sample's place by float32 rounding, so that adding another
 * sample would change them. Features that are not finite are 0, for an error would tell of a sample. Undefined without a network.
 */
export async function featuresAlone({ shape, network, weights }: Pick<PrivateDesign, "shape" | "network" | "weights">) {
  if (!network) return undefined;
  const d = sizeOf(shape);
  const features = networkFeatures(network, weights!);
  const x = fromHost(new Float32Array(d), [1, d]);
  const run = await compile((given: { x: tf.Tensor }) => features(given.x), { x }, { name: network.file, threads: 1 });
  return {
    of: async (sample: Float32Array): Promise<Float32Array> => {
      x.data.set(sample);
      const { data } = (await run.run({ x })) as NdArray<Float32Array>;
      return data.every(Number.isFinite) ? data : new Float32Array(data.length);
    },
    dispose: run.dispose,
  };
}
