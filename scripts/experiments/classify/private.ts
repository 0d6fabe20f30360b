import ndarray from "ndarray";
import { fitMixture, type MixtureModel, mixturePrior } from "../../../priors/mixture/index.ts";
import { drawLabelled } from "../../../priors/samples.ts";
import type { Dataset } from "../../../src/data/index.ts";
import { plausible, privateSketch } from "../../../src/sketch/private/index.ts";
import type { Labelled } from "./cnn.ts";

export interface PrivateDrawing {
  readonly epsilon: number;
  readonly delta: number;
  readonly clip: number;
  /** Features: the lowest cosines. */
  readonly cosines: number;
  /** Labels 0, 1, …, so many. */
  readonly labels: number;
  /** Images deviate from the mean of their label by so many times the deviations, in equal parts. */
  readonly spreads: readonly number[];
  /** Images that are sketched, the first ones. */
  readonly count: number;
  /** Images to draw. */
  readonly images: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Images drawn from the Gaussians of a private sketch by label. The noise comes from the seed, so that a run can be repeated: for figures only. */
export async function drawnPrivately(data: Dataset, options: PrivateDrawing): Promise<Labelled> {
  const { epsilon, delta, clip, cosines, labels, spreads, count, images, seed, signal } = options;
  const sketch = await privateSketch(
    data,
    { features: `dct:${cosines}`, labels, clip },
    { epsilon, delta, seed, range: { from: 0, to: count }, signal },
  );
  const prior = mixturePrior("private", spread(await fitMixture(await plausible(sketch), { signal }), spreads));
  return (await drawLabelled(prior, images, seed)) as Labelled;
}

/** Every component once for each factor, with its deviations times this. */
function spread(model: MixtureModel, factors: readonly number[]): MixtureModel {
  const repeated = <T>(values: ArrayLike<T>): T[] => factors.flatMap(() => Array.from(values));
  const [components, k] = model.means.shape as [number, number];
  const covariances = model.factors.shape[0]!;
  return {
    ...model,
    weights: Float64Array.from(repeated(model.weights), (w) => w / factors.length),
    means: ndarray(Float32Array.from(repeated(model.means.data)), [factors.length * components, k]),
    covarianceOf: Int32Array.from(factors.flatMap((_, i) => [...model.covarianceOf].map((c) => i * covariances + c))),
    factors: ndarray(Float32Array.from(factors.flatMap((f) => [...model.factors.data].map((v) => f * v))), [
      factors.length * covariances,
      ...[k, k],
    ]),
    labels: Int32Array.from(repeated(model.labels!)),
  };
}
