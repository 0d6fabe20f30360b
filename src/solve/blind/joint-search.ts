import ndarray, { type NdArray } from "ndarray";
import type { Continuation } from "../../../operators/operator.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { trace } from "../../data/linalg.ts";
import { median, squaredNorm } from "../../data/vector.ts";
import { filled } from "../batch.ts";
import { generate } from "../latent/csgm.ts";
import { plainTerm } from "../latent/data-term.ts";
import { type DescentOptions, descend } from "../latent/descent.ts";
import { rankConditions } from "../latent/rank-conditions.ts";
import { chooseStarts } from "../latent/starts.ts";
import { type Problem, problemOf } from "../problem.ts";
import { rowEnergies, takeRows } from "../rows.ts";
import { blindBlur } from "./blind-blur.ts";
import { blursOf } from "./kernels.ts";
import { pairPrior } from "./pair-prior.ts";

type Floats = NdArray<Float32Array>;

export interface JointOptions extends Pick<DescentOptions, "steps" | "onProgress" | "signal"> {
  /** Starts of every signal. */
  readonly restarts: number;
  readonly seed: number;
  readonly boundary: Continuation;
}

/** What y = k ∗ x + w says of y: the problem without an operator. */
export type Blurred = Pick<Problem, "y" | "noise" | "range">;

/** Adam's step size in latent units: smaller than for one signal, because the gradients of image and kernel depend on each other. */
const RATE = 0.1;
/** A signal has converged when the objective of none of its descents fell by more than this fraction on a way of 5 units (`descend`). */
const TOLERANCE = 1e-4;
/** How much of a white residual's variance a blur leaves: the mean of ‖k‖² over the built-in kernels. */
const LEFT = 0.2;
/** Least λ of priors without a residual, as a part of ‖y‖²: CSGM's (`src/solve/latent/solvers.ts`). Of others, for measurements without noise. */
const [BARE_LAMBDA, LEAST_LAMBDA] = [1e-3, 1e-8];
/** Kernels nearer to each other than this part of their norm are one. */
const SAME = 0.05;

/**
 * Joint latent descent of image and kernel (Asim, Shamshad, Ahmed 2018, "Blind image deconvolution using deep generative priors"):
 *
 *     min over z_I, z_K of ‖y − G_K(z_K) ∗ G_I(z_I)‖² + λ(‖z_I‖² + ‖z_K‖²),
 *
 * from the most promising pairs of conditions, or random starts of generators without. Both are one signal of a `pairPrior`. λ is the variance of the noise and of
 * what the image's generator leaves out. If the problem has a range, images are cut to it. Returns for every signal the different kernels [kernels, rows, columns], as
 * blurs, at which its descents ended, that of the lowest objective first: those of a sum of 1, or one of zeros if there are none.
 */
export async function jointSearch(
  { y, noise, range }: Blurred,
  image: GeneratorPrior,
  kernel: GeneratorPrior,
  { boundary, seed, restarts, steps, onProgress, signal }: JointOptions,
): Promise<Floats[]> {
  const problem = problemOf({ operator: blindBlur(sideOf(image), sideOf(kernel), boundary), y, noise });
  const pair = pairPrior(image, kernel, seed, range);
  const least = (image.residual ? LEAST_LAMBDA : BARE_LAMBDA) * median(rowEnergies(y));
  const left = image.residual ? (LEFT * trace(image.residual.data, sizeOf(image.shape))) / sizeOf(image.shape) : 0;
  const lambda = Math.max(noise.sigma ** 2 + left, least) || 1;
  const signals = y.shape[0]!;
  const rank = (count: number) => rankConditions(problem, pair, pair.conditions!, lambda, count, seed);
  const starts = await chooseStarts(pair, signals, { restarts, seed }, rank, false);
  const lambdas = ndarray(new Float32Array(signals).fill(lambda), [signals]);
  const { z, objectives } = await descend(pair, plainTerm(problem), starts, lambdas, {
    ...{ steps, learningRate: RATE, schedule: "cosine", tolerance: TOLERANCE },
    ...{ ...(onProgress && { onProgress }), ...(signal && { signal }) },
  });
  const kernels = blursOf(lastColumns(await generate(pair, z, Int32Array.from(starts.c.data)), kernel.shape));
  return Array.from({ length: signals }, (_, i) => {
    const rows = Array.from({ length: restarts }, (_, restart) => i * restarts + restart);
    return different(
      kernels,
      rows.sort((a, b) => objectives.data[a]! - objectives.data[b]!),
    );
  });
}

const sideOf = ({ shape }: GeneratorPrior) => shape as readonly number[] as readonly [number, number];

/** The last numbers of every row, as many as `shape` has. */
function lastColumns(batch: Floats, shape: readonly number[]): Floats {
  const [rows, width] = batch.shape as [number, number];
  const l = sizeOf(shape);
  const out = new Float32Array(rows * l);
  for (let row = 0; row < rows; row++) {
    out.set(batch.data.subarray((row + 1) * width - l, (row + 1) * width), row * l);
  }
  return fromHost(out, [rows, ...shape]);
}

/** The kernels of these rows, in their order, without those that are nearly one before them, and without what is no blur if there is a blur. */
function different(kernels: Floats, rows: readonly number[]): Floats {
  const l = kernels.size / kernels.shape[0]!;
  const weights = (row: number) => kernels.data.subarray(row * l, (row + 1) * l);
  const kept: number[] = [];
  for (const row of rows) {
    const own = weights(row);
    const norm = squaredNorm(own);
    const near = (other: number) => squaredNorm(own.map((v, at) => v - weights(other)[at]!)) <= SAME ** 2 * norm;
    if (norm > 0 && !kept.some(near)) kept.push(row);
  }
  return kept.length > 0 ? takeRows(kernels, kept) : filled(1, kernels.shape.slice(1));
}
