import * as tf from "#tf";
import { InputError } from "../../data/errors.ts";
import { fitGates } from "../fit-gates.ts";
import { type Gates, gateArrays, gatesIn, logGates } from "../gates.ts";
import {
  type CheckedSums,
  contradicts,
  contradictsCross,
  diagonalAt,
  type Family,
  ROUNDING,
  triangleSize,
} from "./family.ts";

/**
 * Second moments in the cells of a reference mixture of zero-mean Gaussians, which is fixed before the pass: a sample is in that of its most probable component. A
 * sample's own mean is removed first, for each channel.
 */
export interface GatedMomentsSpec {
  readonly kind: "gated-moments";
  /** Components of the reference mixture, K. */
  readonly cells: number;
  /** Leading directions that the components share and have covariances in, q; along all others they have variances. */
  readonly rank: number;
  /** Numbers of a sample that have a mean of their own: the channels of an image. */
  readonly channels: number;
  /** What the reference mixture was fitted to, for people. */
  readonly of: string;
  readonly seed: number;
}

export interface GatedMomentsOptions {
  readonly kind: "gated-moments";
  /** Default 200. */
  readonly cells?: number;
  /** Default 24, or what the samples allow. */
  readonly rank?: number;
  /** Default 1. */
  readonly channels?: number;
  /** Default "pilot". */
  readonly of?: string;
  /** Seed of the components' first members; default 1. */
  readonly seed?: number;
}

/** Numbers of the largest samples: covariances of all cells are made and decomposed. */
const MOST_NUMBERS = 512;

/** What the names of the reference mixture's arrays in a design begin with. */
export const GATED = "gated-moments.";

/** The default number of leading directions. */
export const RANK = 24;

/** The number of leading directions of samples of so many numbers: `most`, or as many as leave a rest beside the means. */
export const rankFor = (sample: number, channels: number, most = RANK): number =>
  Math.max(1, Math.min(most, sample - channels - 1));

/** The mean of each channel [n, channels] of x [n, d], d = pixels · channels, and v = x − mean(x), [n, d]. A pure tensor function. */
export function splitMean(x: tf.Tensor, channels: number): { readonly v: tf.Tensor; readonly mean: tf.Tensor } {
  const [n, d] = x.shape as [number, number];
  const apart = tf.reshape(x, [n, d / channels, channels]);
  const mean = tf.mean(apart, 1, true);
  return { v: tf.reshape(tf.sub(apart, mean), [n, d]), mean: tf.reshape(mean, [n, channels]) };
}

/** v of `splitMean`. */
export const withoutMean = (x: tf.Tensor, channels: number): tf.Tensor => splitMean(x, channels).v;

/** The most samples of a block where all sums are in many cells: of fewer, cells would have few. */
export const CELL_ROWS = 8192;

/** `impossible` of counts and second moments in cells. */
export function impossibleInCells(
  cells: number,
  { dimensions: { sample }, count, sums, whole }: CheckedSums,
): string | undefined {
  const counts = sums.count!;
  const slack = ROUNDING * whole.count;
  const total = counts.reduce((a, b) => a + b, 0);
  if (counts.some((n) => !(n >= -slack)) || Math.abs(total - count) > slack) return "the count of a cell";
  const size = triangleSize(sample);
  for (let k = 0; k < cells; k++) {
    const [own, all] = [sums, whole.sums].map(({ xx }) => xx!.subarray(k * size, (k + 1) * size));
    const before = Math.max(0, whole.sums.count![k]!);
    for (let i = 0; i < sample; i++) {
      const at = diagonalAt(i);
      if (contradicts(0, own![at]!, Math.max(0, counts[k]!), all![at]!, before)) return "a cell's moment";
    }
    if (contradictsCross(own!, all!, before, sample)) return "a cell's cross moment";
  }
  return undefined;
}

/**
 * Φ(x) = 1 and vvᵀ in the cell k(x) of x, 0 in all others, with v = x − mean(x) and k(x) the most probable component by `logGates`; only lower triangles are held. A
 * mixture of zero-mean Gaussians follows in closed form: it is one step of hard expectation maximisation from the reference mixture
 * (priors/patches).
 */
export const gatedMoments: Family<GatedMomentsSpec, GatedMomentsOptions> = {
  title: "gated moments",
  aboutReference: false,
  summary: "counts and second moments in the cells of a mixture, of samples without their mean",
  design: ({ cells = 200, rank, channels = 1, of = "pilot", seed = 1 }, { sample, features }) => {
    const most = sample - channels - 1;
    const spec = { cells, rank: rank ?? rankFor(sample, channels), channels, seed };
    for (const [name, value] of Object.entries(spec)) {
      if (Number.isSafeInteger(value) && value >= (name === "seed" ? 0 : 1)) continue;
      throw new InputError(`sketch: gated moments: ${name}: must be a positive integer, got ${value}`);
    }
    if (sample % channels !== 0 || spec.rank > most) {
      throw new InputError(
        `sketch: gated moments: samples of ${sample} numbers with ${channels} channels hold no ${spec.rank} directions; they need ` +
          `at least ${spec.rank + channels + 1} numbers`,
      );
    }
    if (sample > MOST_NUMBERS) {
      throw new InputError(
        `sketch: gated moments: a covariance of ${sample} numbers for each cell is too large (at most ${MOST_NUMBERS}); take smaller patches, as ` +
          "patches:DATA:side=8",
      );
    }
    if (features !== sample) throw new InputError("sketch: gated moments: need features raw");
    return { kind: "gated-moments", ...spec, of };
  },
  learn: async ({ cells, rank, channels, seed }, context) => {
    const { samples } = await context.pilot("cells of a mixture");
    const { signal } = context;
    return gateArrays(GATED, await fitGates(samples, { cells, rank, channels, seed, ...(signal && { signal }) }));
  },
  describe: ({ cells, rank, of }) => `${cells} cells of a mixture with ${rank} leading directions, fitted to ${of}`,
  sums: ({ cells }, { sample }) => ({ count: [cells], xx: [cells, triangleSize(sample)] }),
  degrees: { count: 0, xx: 2 },
  inputs: (_, __, arrays) => ({ ...gatesIn(GATED, arrays, "gated moments") }),
  impossible: ({ cells }, given) => impossibleInCells(cells, given),
  mostRows: CELL_ROWS,
  cells: ({ cells }) => ({ own: { cells, count: "count", squares: "xx" } }),
  inCells: ({ channels }, { features }, gates) => {
    const a = withoutMean(features, channels);
    return { own: { cell: tf.argMax(logGates(a, gates as unknown as Gates<tf.Tensor>), 0), a } };
  },
};
