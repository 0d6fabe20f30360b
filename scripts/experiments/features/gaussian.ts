import type { GeneratorModel } from "../../../priors/generator/index.ts";
import { featureTargetOf, gaussianStart } from "../../../priors/generator/target.ts";
import { fromHost } from "../../../src/data/array.ts";
import type { Sketch } from "../../../src/sketch/index.ts";

/** Second moments alone: the Gaussian of each label in the sketch's coordinates, as a generator with nothing but a linear path. */
export async function gaussianModel(sketch: Sketch): Promise<GeneratorModel> {
  const target = await featureTargetOf(sketch);
  const { decoder, probabilities = [1] } = target;
  const k = decoder.scale.size;
  const labels = probabilities.length;
  const network = { latent: k, labels, hidden: [], activation: "tanh", output: k, linear: true } as const;
  const zeros = (...shape: number[]) => fromHost(new Float32Array(shape.reduce((size, n) => size * n)), shape);
  const weights = [zeros(k + labels, k), zeros(k), gaussianStart(target, k)];
  return { network, weights, decoder, shape: sketch.design.shape, conditions: probabilities };
}
