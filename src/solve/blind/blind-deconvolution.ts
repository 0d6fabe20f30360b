import type { NdArray } from "ndarray";
import { continuationOption } from "../../../operators/blur.ts";
import { convolution } from "../../../operators/convolution.ts";
import type { LinearOperator } from "../../../operators/operator.ts";
import { isOfOneShape, type Prior, type SignalPrior } from "../../../priors/prior.ts";
import { fromHost, sameShape, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { checkedOptions, type OptionTable, type OptionValues } from "../../data/options.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import type { NoiseModel } from "../../measure/noise/noise.ts";
import { isMixture } from "../gaussian/as-mixture.ts";
import { generatorOf } from "../latent/generator-of.ts";
import { applyToRows } from "../operator-matrix.ts";
import { type RecoverOptions, recover } from "../recover.ts";
import type { Recovery } from "../recovery.ts";
import { takeRows } from "../rows.ts";
import { edgeSearch } from "./edge-search.ts";
import { type Blurred, jointSearch } from "./joint-search.ts";
import { kernelRounds, ROUNDS } from "./kernel-rounds.ts";
import { kernelStep } from "./kernel-step.ts";
import { kernelAt } from "./kernels.ts";
import { likeliestOf } from "./likeliest-of.ts";
import { outsideNoise } from "./outside-noise.ts";

/** Starts and steps of joint descents. */
const [RESTARTS, STEPS] = [12, 300];
/** Starts where both priors are mixtures and the noise is Gaussian with one σ: the evidence tells which descent to follow. */
const MIXTURE_RESTARTS = 24;
/** Rounds after the joint descent, and after the search by edges. */
const [LATENT_ROUNDS, IMAGE_ROUNDS] = [6, 0];
/** σ of the images' problems after the search by edges, as a multiple of the noise's: what is wrong with the kernel misses y too. */
const DOUBT = 2;
/** A kernel found by edges is too wide if it leaves so many σ of y unexplained, and so many times as much as no blur at all. */
const TOO_WIDE = 1.5;

/** The options of `--operator blind-blur:…`. */
export const blindOptions = {
  boundary: continuationOption,
  restarts: {
    type: "integer",
    description: `starts of the joint descent, which generators and mixtures alone have; default: ${MIXTURE_RESTARTS} where both priors are mixtures and the noise is Gaussian with one σ, else ${RESTARTS}`,
  },
  steps: { type: "integer", description: `steps of such a descent; default: ${STEPS}` },
  rounds: {
    type: "integer",
    description:
      "rounds of image and kernel in turns after it; default: 6, with any other prior of images 0; two of the likeliest kernel follow, where both priors are mixtures and the noise is Gaussian with one σ",
  },
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
 * Blind deconvolution: y = k ∗ x + w with image x and kernel k unknown, each with a prior of its own, that of k a generator or a mixture. If x has one too, first both by
 * joint descent (`jointSearch`). With any other prior of images (patches, penalties, denoisers) first the kernel by edges (`edgeSearch`). Then in `rounds` turns x̂ by `recover` with the present kernel,
 * and the kernel by `recover` given x̂, where it is a linear problem (`kernelProblem`); the last step is one of the image.
 * Turns begin at the kernel of the lowest objective. Where both priors are mixtures and the noise is Gaussian with one σ, they begin at the likeliest of the kernels at which
 * descents ended instead (`likeliestOf`), and two rounds of the likeliest kernel follow (`kernelRounds`).
 * After edges, image steps assume twice the σ of Gaussian noise, more where a kernel reaches what lies outside (`outsideNoise`). If edges found a kernel that leaves far more of y unexplained than the noise and than no blur does,
 * which happens to images that are hardly blurred, no blur is the result. `solver`, `own` and `lambda` are those of image steps.
 *
 * y fixes neither scale nor place: c k ∗ x/c and a shift of k with the opposite one of x give the same y. Kernels here are non-negative with sum 1, which fixes the
 * scale; the place is what both priors find most likely. The kernels of `motion-kernels` have their centre of mass in the middle.
 *
 * y: images [batch, h, w], or [batch, h, w, channels] that share a kernel, not for joint descents. Errors (InputError): y or priors of another shape; a prior of
 * kernels that is no generator or mixture; kernels not smaller than the images; `restarts` or `steps` for a prior of images without a joint descent.
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
    if ((settings[name] ?? least) >= least) continue;
    throw new InputError(`blind-blur: ${name}: expected an integer of at least ${least}, got ${settings[name]}`);
  }
  const [batch = 0, ...inShape] = given.y.shape;
  requireImages(image, inShape);
  requireKernels(kernel, inShape);
  const ofDescents = (["restarts", "steps"] as const).find((name) => settings[name] !== undefined);
  if (ofDescents && !isLatent(image)) {
    throw new InputError(
      `blind-blur: ${ofDescents}: is for joint descents, of generators and mixtures, ${image.name} is neither; leave it out`,
    );
  }
  const watched = { seed, ...(signal && { signal }) };
  const { boundary, restarts, steps = STEPS } = settings;
  const { rounds = isLatent(image) ? LATENT_ROUNDS : IMAGE_ROUNDS } = settings;
  const searching = { ...watched, boundary, ...(onProgress && { onProgress }) };
  const { noise } = given;
  // the likeliest kernel needs Gaussian laws of image, kernel and noise
  const integrable = isMixture(image) && isMixture(kernel) && noise.gaussian && !noise.gaussian.sigmas;
  const descents = { ...searching, steps, restarts: restarts ?? (integrable ? MIXTURE_RESTARTS : RESTARTS) };
  const candidates = isLatent(image)
    ? await jointSearch(given, await generatorOf(image), await generatorOf(kernel), descents)
    : await edgeSearch(given, kernel, searching);
  const inDoubt = !isLatent(image);
  const l = sizeOf(kernel.shape);
  const each = rounds + (integrable ? 1 + ROUNDS : 0); // the choice of a kernel counts as a round
  const recoveries: Recovery[] = [];
  const kernels = fromHost(new Float32Array(batch * l), [batch, ...kernel.shape]);
  for (let row = 0; row < batch; row++) {
    const problem = { ...given, y: takeRows(given.y, [row]) };
    let step = row * each;
    const roundDone = () =>
      onProgress?.({ task: "kernels", step: ++step, maxSteps: batch * each, objective: Number.NaN });
    const blurredBy = (blur: NdArray<Float32Array>) => convolution({ inShape, kernel: blur, boundary });
    const lawOf = async (blur: NdArray<Float32Array>): Promise<NoiseModel> =>
      isLatent(image) ? noise : outsideNoise(noise, problem.y, { kernel: blur, boundary });
    const recovered = async (blur: NdArray<Float32Array>, doubts: boolean) => {
      const law = await lawOf(blur);
      const given = { ...problem, operator: blurredBy(blur), noise: doubts ? doubted(law) : law };
      const own = await recover(given, image, { ...imageStep, ...watched });
      const by = [
        ...(own.chosen.by ?? []),
        ...(doubts && noise.gaussian ? [`sigma ${DOUBT} times that of the noise, as the kernel is in doubt`] : []),
        ...(law !== noise ? ["more sigma where the kernel reaches what lies outside"] : []),
      ];
      return { ...own, chosen: { ...own.chosen, noise: noise.name, ...(by.length > 0 && { by }) } };
    };
    const plain = (k: NdArray<Float32Array>) => recovered(k, false);
    let blur = integrable
      ? await likeliestOf(problem, candidates[row]!, { image, kernel, boundary }, signal)
      : kernelAt(candidates[row]!, 0);
    if (integrable) roundDone();
    let found = await recovered(blur, inDoubt);
    for (let round = 0; round < rounds; round++) {
      blur = await kernelStep({ image: found.estimate, y: problem.y, kernel: blur }, kernel, { ...watched, boundary });
      found = await recovered(blur, inDoubt);
      roundDone();
    }
    if (integrable) {
      const first = { kernel: blur, found };
      const rounding = { problem, boundary, first, recovered: plain, onRound: roundDone };
      ({ kernel: blur, found } = await kernelRounds(rounding, image, kernel, signal));
    }
    if (!isLatent(image)) {
      const law = await lawOf(blur);
      const missed = await misfit(blurredBy(blur), found.estimate, problem.y, law);
      if (missed > TOO_WIDE * noise.sigma) {
        const none = impulse(kernel.shape);
        const unblurred = await plain(none);
        const least = await misfit(blurredBy(none), unblurred.estimate, problem.y, law);
        if (missed > TOO_WIDE * least) [blur, found] = [none, unblurred];
      }
    }
    recoveries.push(found);
    kernels.data.set(blur.data, row * l);
  }
  return { recoveries, kernels };
}

/** Gaussian noise of `DOUBT` times the standard deviation; any other as it is. */
function doubted(noise: NoiseModel): NoiseModel {
  if (!noise.gaussian) return noise;
  const { sigmas } = noise.gaussian;
  return gaussianNoise(sigmas ? sigmas.map((sigma) => DOUBT * sigma) : DOUBT * noise.sigma);
}

/** Root mean square of y − Φx, with weights 1/σᵢ² of the law. */
async function misfit(
  operator: LinearOperator,
  x: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  { gaussian }: NoiseModel,
): Promise<number> {
  const { data } = await applyToRows(operator, fromHost(x.data, [1, x.size]));
  let [squares, weights] = [0, 0];
  for (const [i, v] of data.entries()) {
    const weight = (gaussian?.sigmas?.[i] ?? 1) ** -2;
    squares += weight * (v - y.data[i]!) ** 2;
    weights += weight;
  }
  return Math.sqrt(squares / weights);
}

/** A prior that descents can search. */
type LatentPrior = SignalPrior & { readonly kind: "generator" | "mixture" | "gaussian" };
type KernelPrior = LatentPrior & { readonly shape: readonly [number, number] };

/** Errors (InputError): signals that are no images, or not of the prior's shape, or in colour for a prior that is searched by descents. */
function requireImages(prior: Prior, shape: readonly number[]): void {
  if (shape.length < 2 || shape.length > 3) {
    throw new InputError(`blind-blur: takes images [h, w] or [h, w, channels], got [${shape.join(", ")}]`);
  }
  if (isOfOneShape(prior) && !sameShape(prior.shape, shape)) {
    throw new InputError(
      `blind-blur: ${prior.name} makes images of [${prior.shape.join(", ")}], y is [${shape.join(", ")}]`,
    );
  }
  if (shape.length > 2 && isLatent(prior)) {
    throw new InputError(
      `blind-blur: ${prior.name} is searched for grey images [h, w], got [${shape.join(", ")}]; give the channels one by one`,
    );
  }
}

/** Errors (InputError): a prior of no kernels, or of kernels that do not fit images of this shape. */
function requireKernels(prior: Prior, [h = 0, w = 0]: readonly number[]): asserts prior is KernelPrior {
  if (!isLatent(prior)) {
    throw new InputError(
      `blind-blur: ${prior.name} is no prior of kernels; train a mixture or a generator on a sketch of motion-kernels`,
    );
  }
  const [rows = 0, columns = 0, ...more] = prior.shape;
  if (more.length > 0 || columns === 0) {
    throw new InputError(
      `blind-blur: ${prior.name} makes signals of [${prior.shape.join(", ")}], expected kernels [rows, columns]`,
    );
  }
  if (rows >= h || columns >= w) {
    throw new InputError(
      `blind-blur: ${prior.name} makes kernels of ${rows}×${columns}, expected smaller ones than the images of ${h}×${w}`,
    );
  }
}

/** The kernel that changes nothing. */
function impulse(shape: readonly number[]): NdArray<Float32Array> {
  const [rows = 0, columns = 0] = shape;
  const out = fromHost(new Float32Array(rows * columns), shape);
  out.set(Math.floor(rows / 2), Math.floor(columns / 2), 1);
  return out;
}

export const isLatent = (prior: Prior): prior is LatentPrior =>
  isOfOneShape(prior) && (prior.kind === "generator" || isMixture(prior));
