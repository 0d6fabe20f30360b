import ndarray, { type NdArray } from "ndarray";
import type * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import { EPSILON } from "./batch-norm.ts";
import { activatedLayers, forward, type NetworkSpec, type Weights } from "./network.ts";
import type { TrainSettings } from "./options.ts";
import { equalLabels } from "./sketch-loss.ts";

/** Least number of latents that the statistics are of. */
const LATENTS = 4096;

/** Mean and variance of every normalised layer, one of each channel. */
export type LayerStatistics = readonly {
  readonly mean: NdArray<Float32Array>;
  readonly variance: NdArray<Float32Array>;
}[];

/** The same network without batch normalisation: the one that folded weights are for. */
export const withoutNorm = ({ batchNorm, ...plain }: NetworkSpec): NetworkSpec => plain;

/**
 * The weights of a network with batch normalisation as those of one without. With fixed statistics and s = √(variance + 1e-5), a layer
 * γ(xw − mean)/s + b is x(wγ/s) + (b − mean γ/s).
 */
export function folded(spec: NetworkSpec, weights: Weights, statistics: LayerStatistics): Weights {
  const last = activatedLayers(spec);
  const layers = weights.slice(0, 2 * (last + 1)).map((array, i) => {
    const layer = i >> 1;
    if (layer === last) return array;
    const { mean, variance } = statistics[layer]!;
    const gain = weights[2 * (last + 1) + layer]!;
    const factor = gain.data.map((v, k) => v / Math.sqrt(variance.data[k]! + EPSILON));
    const data =
      i % 2 === 0
        ? array.data.map((v, at) => v * factor[at % factor.length]!)
        : array.data.map((v, k) => v - mean.data[k]! * factor[k]!);
    return ndarray(data, array.shape);
  });
  return spec.linear ? [...layers, weights.at(-1)!] : layers;
}

/** Turns trained weights into those of the network that decodes: folds batch normalisation in where there is any. */
export interface Folding {
  fold(weights: Weights): Promise<Weights>;
  dispose(): Promise<void>;
}

/**
 * Compiles the statistics of all layers of one batch of 4096 latents (or as many as training has, if more), of all labels
 * in equal parts as in training. They are drawn once, so that two steps' weights can be compared.
 */
export async function folding(spec: NetworkSpec, { batch, seed }: TrainSettings, weights: Weights): Promise<Folding> {
  if (!spec.batchNorm) return { fold: async (plain) => plain, dispose: async () => {} };
  const { latent, labels = 1 } = spec;
  const rows = labels * Math.ceil(Math.max(batch, LATENTS) / labels);
  const z = fromHost(stream(seed, "statistics latents").fillNormal(new Float32Array(rows * latent)), [rows, latent]);
  const statistics = (inputs: { weights: readonly tf.Tensor[]; z: tf.Tensor }) =>
    forward(spec, inputs.weights, inputs.z, equalLabels(spec, rows)).statistics;
  const compiled = await compile(statistics, { weights, z }, { name: "statistics" });
  return {
    fold: async (trained) => folded(spec, trained, await compiled.run({ weights: trained, z })),
    dispose: compiled.dispose,
  };
}
