import type { NdArray } from "ndarray";
import { convolution } from "../../../operators/convolution.ts";
import { identity } from "../../../operators/identity.ts";
import type { Continuation } from "../../../operators/operator.ts";
import type { Prior } from "../../../priors/prior.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import type { ValueRange } from "../../data/range.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import type { Recovery } from "../recovery.ts";
import { flooredNoise } from "./floored-noise.ts";
import type { Blurred } from "./joint-search.ts";
import { blursOf } from "./kernels.ts";
import { likeliestGaussian } from "./likeliest-gaussian.ts";
import { likeliestKernel } from "./likeliest-kernel.ts";

type Floats = NdArray<Float32Array>;
type Size = readonly [number, number];

/** Rounds. More hardly change the kernel, or sharpen it too far. */
export const ROUNDS = 2;
/** Pixels nearer to a bound than this part of the range lie on it; where one end is infinite, of what the image spans. */
const NEAR = 0.02;
/** σ to which a kernel's weights are taken to be known where its law is chosen, as a part of the largest. */
const SEEN = 0.1;
/** Images of which more pixels are free keep the kernel that they have: a step would take many seconds. */
const MOST_FREE = 1024;

/** A kernel [rows, columns], and the image recovered with it. */
export interface Deblurred {
  readonly kernel: Floats;
  readonly found: Recovery;
}

export interface KernelRounds {
  /** y [1, h, w] with Gaussian noise. */
  readonly problem: Blurred;
  readonly boundary: Continuation;
  readonly first: Deblurred;
  /** The image, recovered with a kernel. */
  readonly recovered: (kernel: Floats) => Promise<Recovery>;
  /** Called after every round. */
  readonly onRound?: () => void;
}

/**
 * The likeliest kernel of one image, both priors mixtures, in two rounds: of each mixture the Gaussian that the present kernel makes likeliest is taken, and pixels of the
 * recovered image that lie on a bound are held there; then the likeliest kernel (`likeliestKernel`), brought to the sum 1 that it nearly has, and the image by it.
 * Images with all pixels on a bound, or more than 1024 off them, keep the kernel that they have. Ends with the signal's reason.
 */
export async function kernelRounds(
  { problem, boundary, first, recovered, onRound }: KernelRounds,
  image: Prior,
  kernels: Prior,
  signal?: AbortSignal,
): Promise<Deblurred> {
  const size = problem.y.shape.slice(1) as unknown as Size;
  const y = Float64Array.from(contiguous(problem.y));
  const { sigma } = flooredNoise(problem);
  let { kernel, found } = first;
  const kernelSize = kernel.shape as unknown as Size;
  for (let round = 0; round < ROUNDS; round++) {
    const held = heldBy(found.estimate.data, problem.range);
    const free = y.length - held.size;
    if (free === 0 || free > MOST_FREE) break;
    const operator = convolution({ inShape: size, kernel, boundary });
    const start = kernel.data;
    const weights = {
      operator: identity({ inShape: kernelSize }),
      y: fromHost(start, [1, ...kernelSize]),
      noise: gaussianNoise(SEEN * start.reduce((a, b) => Math.max(a, b), 0)),
    };
    const likeliest = await likeliestKernel(
      {
        ...{ y, size, sigma, boundary, kernelSize, start },
        image: await likeliestGaussian({ ...problem, operator }, image, signal),
        held,
        kernel: await likeliestGaussian(weights, kernels, signal),
      },
      signal,
    );
    if (!likeliest.some((weight) => weight > 0)) break;
    kernel = fromHost(blursOf(fromHost(Float32Array.from(likeliest), [1, ...kernelSize])).data, kernelSize);
    found = await recovered(kernel);
    onRound?.();
  }
  return { kernel, found };
}

/** Pixels of an image that lie on a bound, each with its bound. */
function heldBy(x: Float32Array, range?: ValueRange): Map<number, number> {
  const held = new Map<number, number>();
  if (!range) return held;
  const [low, high] = range;
  const near = NEAR * (Number.isFinite(high - low) ? high - low : Math.max(...x) - Math.min(...x));
  for (const [p, v] of x.entries()) {
    if (v - low < near) held.set(p, low);
    else if (high - v < near) held.set(p, high);
  }
  return held;
}
