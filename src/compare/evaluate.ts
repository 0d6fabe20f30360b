import type { NdArray } from "ndarray";
import { stream } from "../data/random.ts";
import type { Progress } from "../engine/iterate.ts";
import { takeRows } from "../solve/rows.ts";
import { studentInterval } from "./summary.ts";
import { energyDistance, mmdSquared, slicedWasserstein } from "./two-sample.ts";

export const figureNames = ["mmd2", "energy", "wasserstein"] as const;
export type FigureName = (typeof figureNames)[number];

type Distances = { readonly [K in FigureName]: number };

/** An expected value as the groups estimate it. */
export interface Estimated {
  /** Mean over the groups. */
  readonly mean: number;
  /** 95 % confidence interval of the expected value: Student's, over the groups, which are independent. */
  readonly interval: readonly [number, number];
}

/** Expected distances of two sets of `samples` samples. */
export interface Figure {
  /** Draws of the prior from real samples. */
  readonly prior: Estimated;
  /** Real samples from other real samples: what equal laws give for this number of samples. */
  readonly real: Estimated;
  /** The first minus the second, in pairs: 0 for equal laws. If its interval is above 0, the prior's law is another one. */
  readonly difference: Estimated;
}

export interface Evaluation {
  /** Samples on each side of every comparison. */
  readonly samples: number;
  readonly groups: number;
  readonly figures: { readonly [K in FigureName]: Figure };
}

/** How real samples are compared with draws, and with each other. */
export interface GroupOptions {
  /** Disjoint groups of real samples, each with draws of its own; default 10. */
  readonly groups?: number;
  /** Seed of the division into groups; default 1. */
  readonly seed?: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface EvaluateOptions extends GroupOptions {
  /** Frequencies [d, k] of the MMD's kernel. The prior should not have been trained on them, nor should they come from these samples. */
  readonly frequencies: NdArray<Float32Array>;
}

/** Gives signals [count, d] in the coordinates of the real ones; every call independent of the others. */
export type Draw = (count: number, group: number) => Promise<NdArray<Float32Array>>;

export const DEFAULT_GROUPS = 10;

/** The least number of real samples in a group. Fewer tell nothing. */
export const LEAST_SAMPLES = 10;

/**
 * Two-sample figures of a prior, as expected values with confidence intervals. The real samples [N, d] are divided at random into disjoint
 * groups of 2n, n = ⌊N / 2·groups⌋, and each group into two halves. In every group the prior's distance is that of n fresh draws from the
 * first half, and the real distance that of the second half from the first. Groups share neither samples nor draws, so their distances
 * are independent, and Student's interval of their mean holds for the expected distance of n samples from n samples. Splits that overlap
 * would give no such interval, however many they are.
 *
 * Energy and Wasserstein distances of n samples are above 0 for equal laws too; `difference` is not.
 * Errors (RangeError): fewer than 2 groups, fewer than 10 real samples a group, signals of another size.
 */
export async function evaluateDraws(
  real: NdArray<Float32Array>,
  draw: Draw,
  { frequencies, seed = 1, ...options }: EvaluateOptions,
): Promise<Evaluation> {
  const distances = async (a: NdArray<Float32Array>, b: NdArray<Float32Array>): Promise<Distances> => ({
    mmd2: await mmdSquared(a, b, frequencies),
    energy: await energyDistance(a, b),
    wasserstein: slicedWasserstein(a, b, { seed }),
  });
  const { samples, found } = await distancesOfGroups(real, draw, distances, { ...options, seed });
  const figure = (name: FigureName) =>
    figureOf(found.map((group) => ({ prior: group.prior[name], real: group.real[name] })));
  const figures = { mmd2: figure("mmd2"), energy: figure("energy"), wasserstein: figure("wasserstein") };
  return { samples, groups: found.length, figures };
}

/** A distance of every group. */
export interface GroupDistances<T> {
  readonly prior: T;
  readonly real: T;
}

/** The distances of independent groups, as `evaluateDraws` describes them, for any distance. The same errors. */
export async function distancesOfGroups<T>(
  real: NdArray<Float32Array>,
  draw: Draw,
  distance: (a: NdArray<Float32Array>, b: NdArray<Float32Array>) => Promise<T>,
  { groups = DEFAULT_GROUPS, seed = 1, onProgress, signal }: GroupOptions,
): Promise<{ readonly samples: number; readonly found: readonly GroupDistances<T>[] }> {
  const count = real.shape[0]!;
  if (!(Number.isInteger(groups) && groups >= 2)) {
    throw new RangeError(`evaluate: groups: expected an integer of at least 2, got ${groups}`);
  }
  if (count < groups * LEAST_SAMPLES) {
    throw new RangeError(
      `evaluate: expected at least ${groups * LEAST_SAMPLES} real samples, ${LEAST_SAMPLES} for each of ${groups} groups, got ${count}`,
    );
  }
  const samples = Math.floor(count / (2 * groups));
  const order = [...stream(seed, "groups").permutation(count)];
  const half = (index: number) => takeRows(real, order.slice(index * samples, (index + 1) * samples));
  const found: GroupDistances<T>[] = [];
  for (let group = 0; group < groups; group++) {
    signal?.throwIfAborted();
    onProgress?.({ step: group, maxSteps: groups, objective: Number.NaN });
    const [first, second] = [half(2 * group), half(2 * group + 1)];
    const drawn = await draw(samples, group);
    found.push({ prior: await distance(drawn, first), real: await distance(second, first) });
  }
  return { samples, found };
}

/** The expected distances from those of independent groups. */
export const figureOf = (groups: readonly GroupDistances<number>[]): Figure => ({
  prior: studentInterval(groups.map(({ prior }) => prior)),
  real: studentInterval(groups.map(({ real }) => real)),
  difference: studentInterval(groups.map(({ prior, real }) => prior - real)),
});
