import type { NdArray } from "ndarray";
import { stream } from "../data/random.ts";
import type { Progress } from "../engine/iterate.ts";
import { takeRows } from "../solve/rows.ts";
import { quantile } from "./summary.ts";
import { energyDistance, mmdSquared, slicedWasserstein } from "./two-sample.ts";

export const figureNames = ["mmd2", "energy", "wasserstein"] as const;
export type FigureName = (typeof figureNames)[number];

type Distances = { readonly [K in FigureName]: number };

/** How a distance varies over the repeats. */
export interface Spread {
  readonly mean: number;
  /** 95 % of the repeats lie between these two. */
  readonly interval: readonly [number, number];
}

export interface Evaluation {
  /** Samples on each side of every comparison. */
  readonly samples: number;
  readonly repeats: number;
  /** The distance of the prior's draws from real samples, and that of real samples from other real samples. */
  readonly figures: { readonly [K in FigureName]: { readonly prior: Spread; readonly real: Spread } };
}

export interface EvaluateOptions {
  /** Frequencies [d, k] of the MMD's kernel. The prior should not have been trained on them. */
  readonly frequencies: NdArray<Float32Array>;
  /** Random splits of the real samples, and draws from the prior; default 20. */
  readonly repeats?: number;
  /** Seed of the splits and of the directions of the sliced Wasserstein distance; default 1. */
  readonly seed?: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The least number of real samples. Fewer tell nothing. */
export const LEAST_SAMPLES = 20;

/**
 * Two-sample figures of a prior. In every repeat the real samples [N, d] are split at random into two halves of ⌊N/2⌋. The distances
 * between the halves show what equal laws give for this number of samples. The prior's distances are those between fresh draws and the
 * first half. If the prior's mean lies within the real interval, N samples cannot tell the prior from the data.
 *
 * `draw(count, repeat)` gives signals [count, d] in the coordinates of the real ones.
 * Errors (RangeError): fewer than 20 real samples, signals of another size.
 */
export async function evaluateDraws(
  real: NdArray<Float32Array>,
  draw: (count: number, repeat: number) => Promise<NdArray<Float32Array>>,
  { frequencies, repeats = 20, seed = 1, onProgress, signal }: EvaluateOptions,
): Promise<Evaluation> {
  const count = real.shape[0]!;
  if (count < LEAST_SAMPLES) {
    throw new RangeError(`evaluate: expected at least ${LEAST_SAMPLES} real samples, got ${count}`);
  }
  const samples = Math.floor(count / 2);
  const distances = async (a: NdArray<Float32Array>, b: NdArray<Float32Array>): Promise<Distances> => ({
    mmd2: await mmdSquared(a, b, frequencies),
    energy: await energyDistance(a, b),
    wasserstein: slicedWasserstein(a, b, { seed }),
  });
  const found: { readonly prior: Distances; readonly real: Distances }[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    signal?.throwIfAborted();
    onProgress?.({ step: repeat, maxSteps: repeats, objective: Number.NaN });
    const order = [...stream(seed, "halves", repeat).permutation(count)];
    const half = takeRows(real, order.slice(0, samples));
    const other = takeRows(real, order.slice(samples, 2 * samples));
    const drawn = await draw(samples, repeat);
    found.push({ prior: await distances(drawn, half), real: await distances(other, half) });
  }
  const figure = (name: FigureName) => ({
    prior: spread(found.map(({ prior }) => prior[name])),
    real: spread(found.map((each) => each.real[name])),
  });
  const figures = { mmd2: figure("mmd2"), energy: figure("energy"), wasserstein: figure("wasserstein") };
  return { samples, repeats, figures };
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const mean = sorted.reduce((sum, v) => sum + v, 0) / sorted.length;
  return { mean, interval: [quantile(sorted, 0.025), quantile(sorted, 0.975)] };
}
