import type { NdArray } from "ndarray";
import { boundaryOption } from "../../../operators/blur.ts";
import { convolution } from "../../../operators/convolution.ts";
import { type GeneratorPrior, isOfOneShape, type Prior, type SignalPrior } from "../../../priors/prior.ts";
import { fromHost, sameShape, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { checkedOptions, type OptionTable, type OptionValues } from "../../data/options.ts";
import { isMixture } from "../gaussian/as-mixture.ts";
import { generatorOf } from "../latent/generator-of.ts";
import { type RecoverOptions, recover } from "../recover.ts";
import type { Recovery } from "../recovery.ts";
import { takeRows } from "../rows.ts";
import { type Blurred, jointSearch } from "./joint-search.ts";
import { kernelProblem } from "./kernel-problem.ts";
import { blursOf } from "./kernels.ts";

/** σ that a kernel step assumes, as a part of the noise's: the image that it takes for true is uncertain too. */
const KERNEL_NOISE = 2;

/** The options of `--operator blind-blur:…`. */
export const blindOptions = {
  boundary: boundaryOption,
  restarts: { type: "integer", default: 12, description: "starts of the joint descent" },
  steps: { type: "integer", default: 300, description: "steps of a descent" },
  rounds: { type: "integer", default: 6, description: "rounds of image and kernel in turns after it" },
} as const satisfies OptionTable;

export interface BlindOptions
  extends Partial<OptionValues<typeof blindOptions>>,
    Pick<RecoverOptions, "solver" | "own" | "lambda" | "seed" | "onProgress" | "signal"> {}

export interface BlindRecovery {
  /** The images with the kernels that were found, one recovery a signal. */
  readonly recoveries: readonly Recovery[];
  /** [batch, rows, columns], non-negative with sum 1. */
  readonly kernels: NdArray<Float32Array>;
}

/**
 * Blind deconvolution: y = k ∗ x + w with image x and kernel k unknown, each with a prior of its own, a generator or a mixture. First both by joint descent
 * (`jointSearch`). Then in turns x̂ by `recover` with the present kernel, and the kernel by `recover` given x̂, where it is a linear problem (`kernelProblem`); the last
 * step is one of the image. `solver`, `own` and `lambda` are those of image steps.
 *
 * y fixes neither scale nor place: c k ∗ x/c and a shift of k with the opposite one of x give the same y. Kernels here are non-negative with sum 1, which fixes the
 * scale; the place is what both priors find most likely. The kernels of `motion-kernels` have their centre of mass in the middle.
 *
 * y: grey images [batch, h, w]. Errors (InputError): y or priors of another shape; a prior that is no generator or mixture; kernels not smaller than the images.
 */
export async function blindDeconvolution(
  given: Blurred,
  image: Prior,
  kernel: Prior,
  { solver, own, lambda, seed = 1, onProgress, signal, ...options }: BlindOptions = {},
): Promise<BlindRecovery> {
  const imageStep = {
    ...{ ...(solver !== undefined && { solver }), ...(own && { own }) },
    ...(lambda !== undefined && { lambda }),
  };
  const settings = checkedOptions("blind-blur", blindOptions, options);
  for (const [name, least] of [["restarts", 1] as const, ["steps", 1] as const, ["rounds", 0] as const]) {
    if (settings[name] >= least) continue;
    throw new InputError(`blind-blur: ${name}: expected an integer of at least ${least}, got ${settings[name]}`);
  }
  const [batch = 0, ...inShape] = given.y.shape;
  const [ofImage, ofKernel] = await generatorsOf(image, kernel, inShape);
  const watched = { seed, ...(signal && { signal }) };
  const { boundary, rounds, ...search } = settings;
  const start = await jointSearch(given, ofImage, ofKernel, {
    ...{ ...watched, ...search, boundary },
    ...(onProgress && { onProgress }),
  });
  const shape = ofKernel.shape as readonly number[] as readonly [number, number];
  const kernels = blursOf(start);
  const recoveries: Recovery[] = [];
  for (let row = 0; row < batch; row++) {
    const problem = { ...given, y: takeRows(given.y, [row]) };
    const blur = kernels.data.subarray(row * sizeOf(shape), (row + 1) * sizeOf(shape)); // of the result, which every round replaces
    for (let round = 0; ; round++) {
      const operator = convolution({ inShape, kernel: fromHost(blur.slice(), shape), boundary });
      const found = await recover({ ...problem, operator }, image, { ...imageStep, ...watched });
      if (round === rounds) {
        recoveries.push(found);
        break;
      }
      const linear = await kernelProblem(found.estimate, problem.y, shape, boundary);
      const next = await recover({ ...linear, noise: KERNEL_NOISE * given.noise.sigma }, kernel, watched);
      blur.set(blursOf(next.estimate).data);
      onProgress?.({
        task: "kernels",
        step: row * rounds + round + 1,
        maxSteps: batch * rounds,
        objective: Number.NaN,
      });
    }
  }
  return { recoveries, kernels };
}

/** Both priors as generators. Errors (InputError): they do not fit the images or each other. */
async function generatorsOf(
  image: Prior,
  kernel: Prior,
  shape: readonly number[],
): Promise<readonly [image: GeneratorPrior, kernel: GeneratorPrior]> {
  const [h = 0, w = 0] = shape;
  if (shape.length !== 2) {
    throw new InputError(
      `blind-blur: takes grey images [h, w], got [${shape.join(", ")}]; give the channels one by one`,
    );
  }
  if (!isLatent(image)) {
    throw new InputError(`blind-blur: ${image.name} is no generator or mixture, which descents can search; train one`);
  }
  if (!sameShape(image.shape, shape)) {
    throw new InputError(
      `blind-blur: ${image.name} makes images of [${image.shape.join(", ")}], y is [${shape.join(", ")}]`,
    );
  }
  if (!isLatent(kernel)) {
    throw new InputError(
      `blind-blur: ${kernel.name} is no prior of kernels; train a mixture or a generator on a sketch of motion-kernels`,
    );
  }
  const [rows = 0, columns = 0, ...more] = kernel.shape;
  if (more.length > 0 || columns === 0) {
    throw new InputError(
      `blind-blur: ${kernel.name} makes signals of [${kernel.shape.join(", ")}], expected kernels [rows, columns]`,
    );
  }
  if (rows >= h || columns >= w) {
    throw new InputError(
      `blind-blur: ${kernel.name} makes kernels of ${rows}×${columns}, expected smaller ones than the images of ${h}×${w}`,
    );
  }
  return [await generatorOf(image), await generatorOf(kernel)];
}

const isLatent = (prior: Prior): prior is SignalPrior =>
  isOfOneShape(prior) && (prior.kind === "generator" || isMixture(prior));
