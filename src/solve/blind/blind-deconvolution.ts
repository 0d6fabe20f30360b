import type { NdArray } from "ndarray";
import { convolution } from "../../../operators/convolution.ts";
import type { Boundary } from "../../../operators/operator.ts";
import { isOfOneShape, type Prior } from "../../../priors/prior.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { OptionTable } from "../../data/options.ts";
import { parseOptions } from "../../data/options.ts";
import { isMixture } from "../gaussian/as-mixture.ts";
import { generatorOf } from "../latent/generator-of.ts";
import { recover, type RecoverOptions } from "../recover.ts";
import type { Recovery } from "../recovery.ts";
import { takeRows } from "../rows.ts";
import { boundaryOption } from "../../../operators/blur.ts";
import { alternate } from "./alternation.ts";
import { type Blurred, jointSearch } from "./joint-search.ts";
import { blursOf } from "./kernels.ts";

/** The options of `--operator blind-blur:…`. */
export const blindOptions = {
  boundary: boundaryOption,
  restarts: { type: "integer", default: 12, description: "starts of the joint descent, for generators and mixtures" },
  steps: { type: "integer", default: 300, description: "steps of a joint descent" },
  rounds: { type: "integer", default: 8, description: "rounds of image and kernel in turns, for other image priors" },
} as const satisfies OptionTable;

export interface BlindOptions extends Pick<RecoverOptions, "solver" | "own" | "lambda" | "seed" | "onProgress" | "signal"> {
  readonly boundary?: Boundary;
  readonly restarts?: number;
  readonly steps?: number;
  readonly rounds?: number;
}

export interface BlindRecovery {
  /** The images with the kernels that were found, one recovery a signal. */
  readonly recoveries: readonly Recovery[];
  /** [batch, rows, columns], non-negative with sum 1. */
  readonly kernels: NdArray<Float32Array>;
}

/**
 * Blind deconvolution: y = k ∗ x + w with image x and kernel k unknown, each with a prior of its own. First the kernel: for images of a generator or a mixture by joint
 * descent (`jointSearch`), for other priors in turns with the image (`alternate`). Then x̂ by `recover` with that kernel.
 *
 * y fixes neither scale nor place: c k ∗ x/c and a shift of k with the opposite one of x give the same y. Kernels here are non-negative with sum 1, which fixes the
 * scale; the place is what both priors find most likely. The kernels of `motion-kernels` have their centre of mass in the middle.
 *
 * y: grey images [batch, h, w]. Errors (InputError): y or priors of another shape; a kernel prior that is no generator or mixture of images [rows, columns].
 */
export async function blindDeconvolution(
  given: Blurred,
  image: Prior,
  kernel: Prior,
  options: BlindOptions = {},
): Promise<BlindRecovery> {
  const { boundary = "reflect", seed = 1, onProgress, signal, solver, own, lambda } = options;
  const { restarts, steps, rounds } = { ...parseOptions("blind-blur", blindOptions, ""), ...options };
  for (const [name, value] of Object.entries({ restarts, steps, rounds })) {
    if (!(value >= 1)) throw new InputError(`blind-blur: ${name}: expected a positive integer, got ${value}`);
  }
  const inShape = given.y.shape.slice(1);
  requireGrey(inShape);
  requireKernel(kernel, inShape);
  const watched = { seed, boundary, ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const latent = image.kind === "generator" || isMixture(image);
  const kernels = latent
    ? blursOf((await jointSearch(given, await generatorOf(image), await generatorOf(kernel), { ...watched, restarts, steps })).kernels)
    : await inTurns();
  const recoveries: Recovery[] = [];
  for (const row of rowsOf(given.y)) {
    const operator = convolution({ inShape, kernel: fromHost(kernelAt(row), kernels.shape.slice(1)), boundary });
    const problem = { ...given, operator, y: takeRows(given.y, [row]) };
    const chosen = { ...(solver !== undefined && { solver }), ...(own && { own }), ...(lambda !== undefined && { lambda }) };
    recoveries.push(await recover(problem, image, { ...chosen, seed, ...(signal && { signal }) }));
  }
  return { recoveries, kernels };

  function kernelAt(row: number): Float32Array {
    return contiguous(takeRows(kernels, [row])) as Float32Array;
  }

  async function inTurns(): Promise<NdArray<Float32Array>> {
    const found: number[] = [];
    let shape: number[] = [];
    for (const row of rowsOf(given.y)) {
      const one = await alternate({ ...given, y: takeRows(given.y, [row]) }, image, kernel, { ...watched, rounds });
      found.push(...one.data);
      shape = one.shape.slice(1);
    }
    return fromHost(Float32Array.from(found), [given.y.shape[0]!, ...shape]);
  }
}

const rowsOf = (batch: NdArray<Float32Array>): number[] => Array.from({ length: batch.shape[0]! }, (_, row) => row);

function requireGrey(shape: readonly number[]): void {
  if (shape.length === 2) return;
  throw new InputError(`blind-blur: takes grey images [h, w], got [${shape.join(", ")}]; give the channels one by one`);
}

function requireKernel(kernel: Prior, [h = 0, w = 0]: readonly number[]): void {
  if (!isOfOneShape(kernel) || (kernel.kind !== "generator" && !isMixture(kernel))) {
    throw new InputError(`blind-blur: ${kernel.name} is no prior of kernels; train a mixture or a generator on a sketch of motion-kernels`);
  }
  const [rows = 0, columns = 0, ...more] = kernel.shape;
  if (more.length > 0 || columns === 0) {
    throw new InputError(`blind-blur: ${kernel.name} makes signals of [${kernel.shape.join(", ")}], expected kernels [rows, columns]`);
  }
  if (rows > h || columns > w) {
    throw new InputError(`blind-blur: ${kernel.name} makes kernels of ${rows}×${columns}, larger than the image of ${h}×${w}`);
  }
}
