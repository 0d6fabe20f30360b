import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { stream } from "../../data/random.ts";
import { numbersOfWindows, type WindowSizes, windowNumbers, windowPlaces, windowSizes } from "../../data/windows.ts";
import type { DesignArrays } from "../features.ts";
import { fitGates } from "../fit-gates.ts";
import { type Gates, gateArrays, gatesIn, logGates } from "../gates.ts";
import { contradicts, contradictsCross, diagonalAt, type Family, ROUNDING, triangleSize } from "./family.ts";
import { rankFor, splitMean } from "./gated-moments.ts";

/**
 * Moments of the windows of images, in the cells of a reference mixture of zero-mean Gaussians of windows without their mean, which is fixed before the pass:
 * a window is in the cell of its most probable component. How many of each cell there are is counted for every place.
 */
export interface WindowMomentsSpec {
  readonly kind: "window-moments";
  /** Of an image, [h, w] or [h, w, channels]. */
  readonly shape: readonly number[];
  /** Pixels along a side of a window. */
  readonly side: number;
  /** Components of the reference mixture, K. */
  readonly cells: number;
  /** Leading directions that the components share. */
  readonly rank: number;
  readonly seed: number;
}

export interface WindowMomentsOptions {
  readonly kind: "window-moments";
  readonly shape: readonly number[];
  /** Default 8. */
  readonly side?: number;
  /** Default 200 for grey images and 50 in colour, fewer if the pilot has fewer than 50 windows for each. */
  readonly cells?: number;
  /** Seed of the components' first members and of the pilot's windows; default 1. */
  readonly seed?: number;
}

/** Windows of the pilot that the reference mixture is fitted to, and windows for each cell if the pilot has fewer. */
const [PILOT, EACH] = [20_000, 50];

/** Numbers of the largest windows: covariances of all cells are made and decomposed. */
const MOST_NUMBERS = 256;

/** What the names of the reference mixture's arrays in a design begin with. */
const GATES = "window-moments.";

/** Sizes of a spec's windows. */
export const sizesOfWindows = ({ shape, side }: Pick<WindowMomentsSpec, "shape" | "side">): WindowSizes =>
  windowSizes(shape, side);

/** What is summed of a window: its numbers without their means, and the mean of each channel. */
const summedOf = (sizes: WindowSizes): number => windowNumbers(sizes) + sizes.channels;

/** Windows of the pilot at random places, [n, d], without their means. */
function pilotWindows(samples: NdArray<Float32Array>, sizes: WindowSizes, seed: number): NdArray<Float32Array> {
  const [images, numbers] = samples.shape as [number, number];
  const [all, d] = [numbersOfWindows(sizes), windowNumbers(sizes)];
  const places = all.length / d;
  const random = stream(seed, "windows of the pilot");
  const chosen = random.permutation(images * places).subarray(0, PILOT);
  const out = new Float32Array(chosen.length * d);
  for (const [row, at] of chosen.entries()) {
    const [image, place] = [Math.floor(at / places), at % places];
    for (let i = 0; i < d; i++) out[row * d + i] = samples.data[image * numbers + all[place * d + i]!]!;
  }
  return ndarray(out, [chosen.length, d]);
}

/**
 * Φ(x) = Σ_P 1[k(P x) = k] (1 for each place P; a; aaᵀ), the sum over all windows P x of an image, every half side, with a = (v, m), m the mean of each
 * channel of the window and v = P x − m, and k(v) the most probable component by `logGates`. Mean and covariance of a window in each cell follow, and how probable
 * a cell is at each place (priors/windows).
 */
export const windowMoments: Family<WindowMomentsSpec, WindowMomentsOptions> = {
  title: "window moments",
  aboutReference: false,
  summary: "counts at every place, means and second moments of windows of images, in the cells of a mixture",
  design: async ({ shape, side = 8, cells, seed = 1 }, context) => {
    const sizes = windowSizes(shape, side);
    const d = windowNumbers(sizes);
    if (d > MOST_NUMBERS) {
      throw new InputError(
        `windows: a covariance of ${d} numbers for each cell is too large (at most ${MOST_NUMBERS}); take a smaller side`,
      );
    }
    if (context.sample !== sizeOf(shape)) {
      throw new InputError(`windows: images of [${shape}] are no samples of ${context.sample} numbers`);
    }
    if (context.groups > 1) throw new InputError("windows: are not summed by label; leave the labels out");
    const images = (await context.pilot("cells of windows")).samples.shape[0]!;
    const windows = Math.min(PILOT, images * windowPlaces(sizes).length);
    const most = Math.max(1, Math.floor(windows / EACH));
    const count = cells ?? Math.min(sizes.channels === 1 ? 200 : 50, most);
    if (!(Number.isSafeInteger(count) && count >= 1 && 4 * count <= windows)) {
      throw new InputError(
        `windows: cells: expected an integer from 1 to ${Math.floor(windows / 4)}, a quarter of the pilot's windows, got ${count}`,
      );
    }
    return { kind: "window-moments", shape: [...shape], side, cells: count, rank: rankFor(d, sizes.channels), seed };
  },
  learn: async (spec, context): Promise<DesignArrays> => {
    const { samples } = await context.pilot("cells of windows");
    const sizes = sizesOfWindows(spec);
    const gates = await fitGates(pilotWindows(samples, sizes, spec.seed), {
      ...{ cells: spec.cells, rank: spec.rank, channels: sizes.channels, seed: spec.seed },
      ...(context.signal && { signal: context.signal }),
    });
    return gateArrays(GATES, gates);
  },
  describe: ({ side, cells, rank }) =>
    `windows of ${side} × ${side} pixels in ${cells} cells of a mixture with ${rank} leading directions`,
  sums: (spec) => {
    const w = summedOf(sizesOfWindows(spec));
    const places = windowPlaces(sizesOfWindows(spec)).length;
    return { count: [places, spec.cells], a: [spec.cells, w], aa: [spec.cells, triangleSize(w)] };
  },
  degrees: { count: 0, a: 1, aa: 2 },
  width: (spec) => spec.cells * windowPlaces(sizesOfWindows(spec)).length,
  inputs: (_, __, arrays) => ({ ...gatesIn(GATES, arrays, "window moments") }),
  impossible: (spec, { count, sums, whole }) => {
    const { cells } = spec;
    const w = summedOf(sizesOfWindows(spec));
    const [own, before] = [sums, whole.sums].map((of) => inCells(of.count!, cells)) as [Float64Array, Float64Array];
    const slack = ROUNDING * whole.count;
    for (let from = 0; from < sums.count!.length; from += cells) {
      const atPlace = sums.count!.subarray(from, from + cells);
      const total = atPlace.reduce((a, b) => a + b, 0);
      if (atPlace.some((n) => !(n >= -slack)) || Math.abs(total - count) > slack) return "the count of a cell";
    }
    const size = triangleSize(w);
    for (let k = 0; k < cells; k++) {
      const [mine, all] = [sums, whole.sums].map(({ aa }) => aa!.subarray(k * size, (k + 1) * size));
      for (let i = 0; i < w; i++) {
        const at = diagonalAt(i);
        if (contradicts(sums.a![k * w + i]!, mine![at]!, Math.max(0, own[k]!), all![at]!, before[k]!))
          return "a window's moment";
      }
      if (contradictsCross(mine!, all!, before[k]!, w)) return "a window's cross moment";
    }
    return undefined;
  },
  cells: (spec) => {
    const each = windowPlaces(sizesOfWindows(spec)).length;
    return {
      cells: { each, cells: spec.cells, sum: "a", squares: "aa" },
      places: { each, cells: each * spec.cells, count: "count" },
    };
  },
  inCells: (spec, { given }, gates) => {
    const sizes = sizesOfWindows(spec);
    const [n, d] = [given.shape[0]!, windowNumbers(sizes)];
    const numbers = numbersOfWindows(sizes);
    const places = numbers.length / d;
    const columns = tf.transpose(given); // whole rows are gathered, which is fast
    const gathered = tf.transpose(tf.gather(columns, tf.tensor1d(numbers, "int32")));
    const { v, mean } = splitMean(tf.reshape(gathered, [n * places, d]), sizes.channels);
    const cell = tf.cast(tf.argMax(logGates(v, gates as unknown as Gates<tf.Tensor>), 0), "int32");
    const first = tf.reshape(tf.mul(tf.range(0, places, 1, "float32"), spec.cells), [1, places]);
    const atPlace = tf.add(tf.reshape(tf.cast(cell, "float32"), [n, places]), first);
    return {
      cells: { a: tf.concat([v, mean], 1), cell },
      places: { a: mean, cell: tf.cast(tf.reshape(atPlace, [n * places]), "int32") },
    };
  },
};

/** Counts [places, cells] of all places together, [cells]. */
export function inCells(counts: ArrayLike<number>, cells: number): Float64Array {
  const out = new Float64Array(cells);
  for (let at = 0; at < counts.length; at++) out[at % cells]! += counts[at]!;
  return out;
}
