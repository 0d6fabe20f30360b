import type { NdArray } from "ndarray";
import { convolution } from "../../../operators/convolution.ts";
import { identity } from "../../../operators/identity.ts";
import type { Boundary } from "../../../operators/operator.ts";
import type { Prior } from "../../../priors/prior.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import type { ValueRange } from "../../data/range.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import type { Recovery } from "../recovery.ts";
import { evidentKernel } from "./evident-kernel.ts";
import type { Blurred } from "./joint-search.ts";
import { blursOf } from "./kernels.ts";
import { likeliestGaussian } from "./likeliest-gaussian.ts";

type Floats = NdArray<Float32Array>;
type Size = readonly [number, number];

/** Rounds. More hardly change the kernel, or sharpen it too far. */
const ROUNDS = 2;
/** Pixels nearer to a bound than this part of the image's largest number lie on it. */
const NEAR = 0.02;
/** The least σ, as a part of the largest number of y: recoveries in float32 leave as much. */
const LEAST = 1e-4;
/** σ to which a kernel's weights, some .05, are taken to be known where its law is chosen. */
const SEEN = 0.01;

/** A kernel [rows, columns], and the image recovered with it. */
export interface Deblurred {
  readonly kernel: Floats;
  readonly found: Recovery;
}

export interface EvidentRounds {
  /** y [1, h, w] with Gaussian noise. */
  readonly problem: Blurred;
  readonly boundary: Boundary;
  readonly first: Deblurred;
  /** The image, recovered with a kernel. */
  readonly recovered: (kernel: Floats) => Promise<Recovery>;
}

/**
 * The kernel of most evidence of one image, both priors mixtures, in two rounds: of each mixture the Gaussian that the present kernel makes likeliest is taken, and pixels of the
 * recovered image that lie on a bound are held there; then the kernel of most evidence (`evidentKernel`), and the image by it. Ends with the signal's reason.
 */
export async function evidentRounds(
  { problem, boundary, first, recovered }: EvidentRounds,
  image: Prior,
  kernels: Prior,
  signal?: AbortSignal,
): Promise<Deblurred> {
  const size = problem.y.shape.slice(1) as unknown as Size;
  const y = Float64Array.from(contiguous(problem.y));
  const sigma = Math.max(problem.noise.sigma, LEAST * y.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
  let { kernel, found } = first;
  const kernelSize = kernel.shape as unknown as Size;
  for (let round = 0; round < ROUNDS; round++) {
    const operator = convolution({ inShape: size, kernel, boundary });
    const start = kernel.data;
    const weights = {
      operator: identity({ inShape: kernelSize }),
      y: fromHost(start, [1, ...kernelSize]),
      noise: gaussianNoise(SEEN),
    };
    const evident = await evidentKernel(
      {
        ...{ y, size, sigma, boundary, kernelSize, start },
        image: await likeliestGaussian({ ...problem, operator }, image, signal),
        held: heldBy(found.estimate.data, problem.range),
        kernel: await likeliestGaussian(weights, kernels, signal),
      },
      signal,
    );
    kernel = fromHost(blursOf(fromHost(Float32Array.from(evident), [1, ...kernelSize])).data, kernelSize);
    found = await recovered(kernel);
  }
  return { kernel, found };
}

/** Pixels of an image that lie on a bound, each with its bound. */
function heldBy(x: Float32Array, range?: ValueRange): Map<number, number> {
  const held = new Map<number, number>();
  if (!range) return held;
  const [low, high] = range;
  const near = NEAR * x.reduce((most, v) => Math.max(most, Math.abs(v)), 0); // an end of the range may be infinite
  for (const [p, v] of x.entries()) {
    if (v - low < near) held.set(p, low);
    else if (high - v < near) held.set(p, high);
  }
  return held;
}
