import type { NdArray } from "ndarray";
import { identity } from "../../../operators/identity.ts";
import { type GeneratorModel, generatorPrior, trainGenerator } from "../../../priors/generator/index.ts";
import { initialWeights } from "../../../priors/generator/network.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import type { Dataset } from "../../../src/data/index.ts";
import { measure } from "../../../src/measure/index.ts";
import { designFor, type Sketch, sketchDataset } from "../../../src/sketch/index.ts";
import { csgm } from "../../../src/solve/index.ts";

/** Principal components that the networks output. */
const COMPONENTS = 50;

/** A network of relu layers before and after training. */
export interface Trained {
  readonly before: GeneratorPrior;
  readonly after: GeneratorPrior;
}

/** The sketch that the networks are trained from: 1000 Fourier moments of leading principal components. */
export async function sketchOf(dataset: Dataset, seed: number, signal: AbortSignal): Promise<Sketch> {
  const design = await designFor(dataset, {
    features: `pca:${COMPONENTS}`,
    families: [{ kind: "fourier", m: 1000, seed }, { kind: "second-moments" }],
  });
  return sketchDataset(dataset, design, { signal });
}

/** k → 200 → 200 → the components, by Adam from the sketch. */
export async function trainedNetwork(
  sketch: Sketch,
  latent: number,
  steps: number,
  seed: number,
  signal: AbortSignal,
): Promise<Trained> {
  const { model } = await trainGenerator(sketch, {
    ...{ latent, hidden: [200, 200], activation: "relu", linear: false },
    ...{ steps, frequencyBatch: 250, learningRate: 2e-3, validation: 0, seed, signal },
  });
  const started: GeneratorModel = { ...model, weights: initialWeights(model.network, seed) };
  return { before: generatorPrior("before", started), after: generatorPrior("after", model) };
}

/** Latents of signals, argmin ‖x − G(z)‖² + 0.1‖z‖². */
export async function latentsOf(
  prior: GeneratorPrior,
  signals: NdArray<Float32Array>,
  seed: number,
  signal: AbortSignal,
): Promise<NdArray<Float32Array>> {
  const { operator, y, noise } = await measure(signals, identity({ inShape: prior.shape }), { noise: 0 });
  return (await csgm({ operator, y, noise }, prior, { restarts: 4, lambda: 0.1, seed, signal })).latents;
}
