import type { NdArray } from "ndarray";
import type { Boundary } from "../../../operators/operator.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { trace } from "../../data/linalg.ts";
import { median } from "../../data/vector.ts";
import { type CsgmOptions, csgm } from "../latent/csgm.ts";
import type { Problem } from "../problem.ts";
import { rowEnergies } from "../rows.ts";
import { blindBlur } from "./blind-blur.ts";
import { pairPrior } from "./pair-prior.ts";

export interface JointOptions extends Pick<CsgmOptions, "restarts" | "steps" | "onProgress" | "signal"> {
  readonly seed: number;
  readonly boundary: Boundary;
}

/** What y = k ∗ x + w says of y: the problem without an operator. */
export type Blurred = Pick<Problem, "y" | "noise" | "range">;

/** Adam's step size in latent units: smaller than for one signal, because the gradients of image and kernel depend on each other. */
const RATE = 0.1;
/** How much of a white residual's variance a blur leaves: the mean of ‖k‖² over the built-in kernels. */
const LEFT = 0.2;
/** Least λ of priors without a residual, as a part of ‖y‖²: CSGM's (`src/solve/latent/solvers.ts`). Of others, for measurements without noise. */
const [BARE_LAMBDA, LEAST_LAMBDA] = [1e-3, 1e-8];

/**
 * Joint latent descent of image and kernel (Asim, Shamshad, Ahmed 2018, "Blind image deconvolution using deep generative priors"):
 *
 *     min over z_I, z_K of ‖y − G_K(z_K) ∗ G_I(z_I)‖² + λ(‖z_I‖² + ‖z_K‖²),
 *
 * from the most promising pairs of conditions, or random starts of generators without. It is `csgm` with both as one signal. λ is the variance of the noise and of
 * what the image's generator leaves out. If the problem has a range, images are cut to it. Returns the kernels as they are decoded, [batch, rows, columns].
 */
export async function jointSearch(
  { y, noise, range }: Blurred,
  image: GeneratorPrior,
  kernel: GeneratorPrior,
  { boundary, seed, ...descent }: JointOptions,
): Promise<NdArray<Float32Array>> {
  const operator = blindBlur(sideOf(image), sideOf(kernel), boundary);
  const least = (image.residual ? LEAST_LAMBDA : BARE_LAMBDA) * median(rowEnergies(y));
  const left = image.residual ? (LEFT * trace(image.residual.data, sizeOf(image.shape))) / sizeOf(image.shape) : 0;
  const found = await csgm({ operator, y, noise }, pairPrior(image, kernel, seed, range), {
    ...{ ...descent, seed, learningRate: RATE },
    lambda: Math.max(noise.sigma ** 2 + left, least) || 1,
  });
  return lastColumns(found.estimate, kernel.shape);
}

const sideOf = ({ shape }: GeneratorPrior) => shape as readonly number[] as readonly [number, number];

/** The last numbers of every row, as many as `shape` has. */
function lastColumns(batch: NdArray<Float32Array>, shape: readonly number[]): NdArray<Float32Array> {
  const [rows, width] = batch.shape as [number, number];
  const l = sizeOf(shape);
  const out = new Float32Array(rows * l);
  for (let row = 0; row < rows; row++) {
    out.set(batch.data.subarray((row + 1) * width - l, (row + 1) * width), row * l);
  }
  return fromHost(out, [rows, ...shape]);
}
