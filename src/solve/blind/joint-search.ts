import type { NdArray } from "ndarray";
import type { Boundary } from "../../../operators/operator.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { median } from "../../data/vector.ts";
import type { IterateOptions } from "../../engine/iterate.ts";
import { csgm } from "../latent/csgm.ts";
import { bestRestarts } from "../latent/descent.ts";
import { rankConditions } from "../latent/rank-conditions.ts";
import { chooseStarts } from "../latent/starts.ts";
import type { Problem } from "../problem.ts";
import { repeatRows, rowEnergies, takeRows } from "../rows.ts";
import { blindBlur } from "./blind-blur.ts";
import { pairPrior } from "./pair-prior.ts";
import { residualLatents } from "./residual-latents.ts";

export interface JointOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  readonly restarts: number;
  readonly steps: number;
  readonly seed: number;
  readonly boundary: Boundary;
}

export interface Joint {
  /** [batch, h, w] */
  readonly images: NdArray<Float32Array>;
  /** As they are decoded, [batch, rows, columns]. */
  readonly kernels: NdArray<Float32Array>;
  /** The images of all restarts, those of one signal beside each other, and what the best was chosen by: [batch · restarts, …]. */
  readonly all: { readonly images: NdArray<Float32Array>; readonly objectives: NdArray<Float32Array> };
}

/** What y = k ∗ x + w says of y: the problem without an operator. */
export type Blurred = Pick<Problem, "y" | "noise" | "range">;

/** Adam's step size in latent units: smaller than for one signal, because the gradients of image and kernel depend on each other. */
const RATE = 0.1;
/** How much of a white residual's variance is left behind a blur, on average ‖k‖² of the built-in kernels. */
const LEFT = 0.2;
/** Least λ of priors without a residual, as a part of ‖y‖²: CSGM's (`src/solve/latent/solvers.ts`). Of others, for measurements without noise. */
const [BARE_LAMBDA, LEAST_LAMBDA] = [1e-3, 1e-8];

/**
 * Joint latent descent of image and kernel (Asim, Shamshad, Ahmed 2018, "Blind image deconvolution using deep generative priors"):
 *
 *     min over z_I, z_K of ‖y − G_K(z_K) ∗ G_I(z_I)‖² + λ(‖z_I‖² + ‖z_K‖²),
 *
 * from the most promising pairs of conditions, or random starts of generators without. Where the image's prior has a residual, λ first counts it as noise; a
 * second descent from there then has it as latents, and λ = σ². The restart with the lowest objective at the end is chosen. If the problem has a range, images are cut to it.
 */
export async function jointSearch(
  { y, noise, range }: Blurred,
  image: GeneratorPrior,
  kernel: GeneratorPrior,
  { restarts, steps, seed, boundary, ...watched }: JointOptions,
): Promise<Joint> {
  const operator = blindBlur(sideOf(image), sideOf(kernel), boundary);
  const problem = { operator, noise, y: repeatRows(y, restarts), ...(range && { range }) }; // every restart as a signal of its own
  const energy = median(rowEnergies(y));
  const least = (image.residual ? LEAST_LAMBDA : BARE_LAMBDA) * energy;
  const left = image.residual ? LEFT * meanVariance(image.residual) : 0;
  const pair = pairPrior(image, kernel, seed);
  const firstLambda = Math.max(noise.sigma ** 2 + left, least) || 1;
  const rank = (count: number) => rankConditions({ operator, y }, pair, pair.conditions!, firstLambda, count, seed);
  const { z, c } = await chooseStarts(pair, y.shape[0]!, { restarts, seed }, rank, false);
  const settings = { ...watched, seed, steps, learningRate: RATE };
  const from = (z: NdArray<Float32Array>) => ({ perSignal: 1, z, conditions: c.data as Int32Array });
  const first = await csgm(problem, pair, { ...settings, starts: from(z), lambda: firstLambda });
  const full = image.residual && (await residualLatents(image));
  const found = full
    ? await csgm(problem, pairPrior(full, kernel, seed), {
        ...{ ...settings, starts: from(widened(first.latents, image.latent, full.latent)) },
        lambda: Math.max(noise.sigma ** 2, least) || 1,
      })
    : first;
  const best = bestRestarts(found.objectives.data, restarts);
  const estimate = takeRows(found.estimate, best);
  const n = sizeOf(image.shape);
  return {
    images: columnsOf(estimate, 0, n, image.shape),
    kernels: columnsOf(estimate, n, estimate.shape[1]!, kernel.shape),
    all: { images: columnsOf(found.estimate, 0, n, image.shape), objectives: found.objectives },
  };
}

const sideOf = ({ shape }: GeneratorPrior) => shape as readonly number[] as readonly [number, number];

/** The mean of the diagonal of C [n, n]. */
function meanVariance({ data, shape }: NdArray<Float32Array>): number {
  const n = shape[0]!;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += data[i * (n + 1)]!;
  return sum / n;
}

/** Latents (z_I, z_K) with zeros after the first `from` numbers, until these are `to`. */
function widened(latents: NdArray<Float32Array>, from: number, to: number): NdArray<Float32Array> {
  const [rows, width] = latents.shape as [number, number];
  const wide = width + to - from;
  const out = new Float32Array(rows * wide);
  for (let row = 0; row < rows; row++) {
    const own = latents.data.subarray(row * width, (row + 1) * width);
    out.set(own.subarray(0, from), row * wide);
    out.set(own.subarray(from), row * wide + to);
  }
  return fromHost(out, [rows, wide]);
}

/** Numbers `from` to `to` of every row, in another shape. */
function columnsOf(batch: NdArray<Float32Array>, from: number, to: number, shape: readonly number[]) {
  const [rows, width] = batch.shape as [number, number];
  const out = new Float32Array(rows * (to - from));
  for (let row = 0; row < rows; row++) {
    out.set(batch.data.subarray(row * width + from, row * width + to), row * (to - from));
  }
  return fromHost(out, [rows, ...shape]);
}
