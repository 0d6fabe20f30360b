import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../../operators/operator.ts";
import type { Denoiser, DenoiserPrior, Prior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { clipped } from "../../data/range.ts";
import { squaredNorm } from "../../data/vector.ts";
import { filled } from "../batch.ts";
import type { ImageStep } from "../patches/image-step.ts";
import { isIdentity } from "../patches/operator-tests.ts";
import { raisedSigma } from "../patches/raised-sigma.ts";
import { hasImageSteps, withStepsOf } from "../patches/steps.ts";
import { sizeOfOperator } from "../penalised/size.ts";
import { gaussianProblem } from "../penalised/whitening.ts";
import type { Problem } from "../problem.ts";
import type { Outcome, Solved } from "../recovery.ts";
import { all } from "../requirements.ts";
import { sigmaOfRow } from "../row-sigma.ts";
import { isFiniteRow, takeRows } from "../rows.ts";
import type { SolveOptions } from "../solver.ts";

type Signals = NdArray<Float32Array>;

/** Root mean square of an image from which its units are doubted. */
const LARGE = 5;

/** Typical difference of neighbouring pixels of photographs in [0, 1], root mean square: for the start. */
const GRADIENT = 0.08;

/** One signal of a problem, for methods that put a denoiser in the place of a prior. */
export interface Setting {
  readonly denoiser: Denoiser;
  /** Whether Φ = I and the noise is Gaussian: x and y are then the same but for the noise. */
  readonly denoising: boolean;
  /** σ of the noise, as noise of x: σ/‖Φ‖, at least what rounding to 8 bits leaves. */
  readonly noise: number;
  /** argmin_x ‖y − Φx‖²/(2σ²) + w‖x − centre‖²/2 over all x: `within` is for the range. */
  near(centre: Signals, w: number): Promise<Signals>;
  /** Numbers moved into the range of the problem. */
  within(x: Signals): Signals;
  /** Where to begin: y, to denoise; else the smooth x of least ‖y − Φx‖²/(2σ²) + ‖∇x‖²/(2g²). */
  start(): Promise<Signals>;
}

export interface Ended {
  readonly x: Signals;
  readonly outcome: Outcome;
  readonly steps: number;
}

/** Which priors and problems these methods take: a denoiser of such images, and problems that have image steps. */
export const acceptsDenoiser = (prior: Prior, problem: Problem): true | string =>
  prior.kind === "denoiser"
    ? all(prior.accepts(problem.shape), hasImageSteps(problem))
    : `${prior.name} is no denoiser`;

/** Recovers each signal of a problem by itself. The image steps and their start are those of patches (steps.ts). */
export async function eachSignal(
  solver: string,
  problem: Problem,
  prior: DenoiserPrior,
  { signal }: SolveOptions,
  recovered: (setting: Setting, i: number) => Promise<Ended>,
): Promise<Solved> {
  const gaussian = problem.noise.gaussian !== undefined;
  const whitened = gaussianProblem(solver, problem);
  const denoising = await isIdentity(whitened.operator);
  const gain = denoising ? 1 : (await sizeOfOperator(problem.operator as LinearOperator)).norm;
  const { noise, sigma, raised } = raisedSigma(problem, gain);
  const [batch, n] = [problem.y.shape[0]!, sizeOf(problem.shape)];
  const estimate = new Float32Array(batch * n);
  const ended: Ended[] = [];
  const within = (x: Signals) => (problem.range ? clipped(x, problem.range) : x);
  const denoiser = await prior.open(problem.shape);
  try {
    await withStepsOf(problem, { whitened, denoising, signal }, async (average, smooth) => {
      for (let i = 0; i < batch; i++) {
        const y = takeRows(whitened.y, [i]);
        const scale = gaussian ? sigma : sigmaOfRow(problem.noise, y);
        const about = (step: ImageStep) => (centre: Signals, w: number) => step(y, centre, (w * scale ** 2) / 2);
        const own = await recovered(
          {
            ...{ denoiser, denoising: denoising && gaussian, noise, within },
            near: about(average),
            start: () =>
              denoising && gaussian
                ? Promise.resolve(fromHost(y.data, [1, ...problem.shape]))
                : about(smooth)(filled(1, problem.shape), 1 / GRADIENT ** 2),
          },
          i,
        );
        estimate.set(own.x.data, i * n);
        ended.push(own);
      }
    });
  } finally {
    await denoiser.dispose();
  }
  return {
    estimate: fromHost(estimate, [batch, ...problem.shape]),
    outcomes: ended.map(({ outcome }, i) => (isFiniteRow(estimate, i, batch) ? outcome : "non-finite")),
    chosen: {
      ...{ solver, noise: problem.noise.name, sigma },
      ...(raised && { raised }),
    },
    ...{ steps: Math.max(...ended.map(({ steps }) => steps)), history: [], warnings: unitWarnings(prior, estimate) },
  };
}

/** A doubt if the numbers are far from those of images in [0, 1]. */
function unitWarnings({ name }: DenoiserPrior, estimate: Float32Array): string[] {
  const size = Math.sqrt(squaredNorm(estimate) / estimate.length);
  if (!(size > LARGE)) return [];
  return [
    `the image's numbers are about ${Number(size.toPrecision(2))}, ${name} is for those in [0, 1]: divide y and σ, for example by 255`,
  ];
}
