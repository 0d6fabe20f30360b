import type { NdArray } from "ndarray";
import { convolution } from "../../../operators/convolution.ts";
import type { Boundary } from "../../../operators/operator.ts";
import type { GeneratorPrior, Prior } from "../../../priors/prior.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import { stream } from "../../data/random.ts";
import { generate } from "../latent/csgm.ts";
import { drawComponents } from "../../../priors/mixture/draw.ts";
import { recover } from "../recover.ts";
import type { IterateOptions } from "../../engine/iterate.ts";
import { generatorOf } from "../latent/generator-of.ts";
import type { Blurred } from "./joint-search.ts";
import { kernelProblem } from "./kernel-problem.ts";
import { blursOf } from "./kernels.ts";

export interface AlternationOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  readonly rounds: number;
  readonly seed: number;
  readonly boundary: Boundary;
}

/** σ of the first round as a part of the deviation of y: only the strong edges of the image count then. */
const FIRST = 0.2;
/** Draws of the prior whose mean is the first kernel. */
const DRAWS = 256;

/**
 * Image and kernel in turns, for image priors that are no generator: x̂ by the prior's own recovery with the present kernel, then the kernel given x̂, which is a
 * linear problem (`kernelProblem`), by its prior's. Both assume noise σ_t that falls from a fifth of the deviation of y to the noise of the problem: an image that
 * fits y with a wrong kernel would never let it go. It begins with the prior's mean kernel. y: one signal, [1, h, w].
 */
export async function alternate(
  { y, noise, range }: Blurred,
  image: Prior,
  kernel: Prior,
  { rounds, seed, boundary, onProgress, signal }: AlternationOptions,
): Promise<NdArray<Float32Array>> {
  const shape = (kernel as GeneratorPrior).shape as readonly number[] as readonly [number, number];
  const inShape = y.shape.slice(1);
  const highest = Math.max(noise.sigma, FIRST * deviation(y.data as Float32Array));
  const watched = signal && { signal };
  let blur = blursOf(await meanKernel(await generatorOf(kernel), seed));
  for (let round = 0; round < rounds; round++) {
    const sigma = highest * (Math.max(noise.sigma, highest * 1e-3) / highest) ** (round / Math.max(1, rounds - 1));
    const operator = convolution({ inShape, kernel: fromHost(blur.data, shape), boundary });
    const { estimate } = await recover({ operator, y, noise: sigma, ...(range && { range }) }, image, { seed, ...watched });
    const given = await kernelProblem(estimate, y, shape, boundary);
    const found = await recover({ ...given, noise: sigma }, kernel, { seed, ...watched });
    blur = blursOf(found.estimate);
    onProgress?.({ step: round + 1, maxSteps: rounds, objective: Number.NaN });
  }
  return blur;
}

async function meanKernel(prior: GeneratorPrior, seed: number): Promise<NdArray<Float32Array>> {
  const random = stream(seed, "mean kernel");
  const z = fromHost(random.fillNormal(new Float32Array(DRAWS * prior.latent)), [DRAWS, prior.latent]);
  const drawn = await generate(prior, z, prior.conditions && drawComponents(prior.conditions, random, DRAWS));
  const [, rows, columns] = drawn.shape as [number, number, number];
  const mean = new Float32Array(rows * columns);
  contiguous(drawn).forEach((v, at) => {
    mean[at % mean.length]! += v / DRAWS;
  });
  return fromHost(mean, [1, rows, columns]);
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
}
