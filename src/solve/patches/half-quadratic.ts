import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../../operators/operator.ts";
import { acceptsShape } from "../../../priors/patches/index.ts";
import type { PatchPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { Sizes } from "../../data/grid.ts";
import { stream } from "../../data/random.ts";
import { clipped } from "../../data/range.ts";
import { pauses } from "../../engine/events.ts";
import { filled } from "../batch.ts";
import { sizeOfOperator } from "../penalised/size.ts";
import { gaussianProblem } from "../penalised/whitening.ts";
import type { Problem } from "../problem.ts";
import type { Solved } from "../recovery.ts";
import { all } from "../requirements.ts";
import { sigmaOfRow } from "../row-sigma.ts";
import { isFiniteRow, takeRows } from "../rows.ts";
import type { Solver } from "../solver.ts";
import { contrastWarnings } from "./contrast-warnings.ts";
import { filterImage } from "./filter-image.ts";
import type { ImageStep } from "./image-step.ts";
import { convolutionStride, isIdentity } from "./operator-tests.ts";
import { patchStep } from "./patch-step.ts";
import { roughness } from "./prior-scales.ts";
import { raisedSigma } from "./raised-sigma.ts";
import { halfQuadraticOptions, type Setting, scheduleOf, settingsOf } from "./schedule.ts";
import { hasImageSteps, withStepsOf } from "./steps.ts";
import { patchUncertainty, type Uncertainty } from "./uncertainty.ts";
import { variationStart } from "./variation-start.ts";

/**
 * Expected patch log likelihood (Zoran, Weiss, "From learning models of natural image patches to whole image restoration", ICCV 2011) by
 * half-quadratic splitting:
 *
 *     min_x ‖y − Φx‖²/(2σ²) − (1/p²) Σ_P log p(Px)
 *
 * with a patch z_P ≈ Px of its own for each place, and s falling from step to step:
 *
 *     z_P = argmin_z ‖z − Px‖²/(2s²) − log p(z),   x = argmin_x ‖y − Φx‖²/(2σ²) + ‖x − z̄‖²/(2s²),
 *
 * where z̄ averages the overlapping z_P. It begins with the x of least ‖y − Φx‖²/(2σ²) + ‖∇x‖²/(2g²), g the deviation of neighbouring pixels
 * under the prior; for a convolution with the x of `variationStart`; to denoise (Φ = I) with x = y, and s is σ/√(1, 4, 8, 16, 32, 64), the first six of the paper's. A random grid of patches in every step
 * (Parameswaran et al., "Accelerating GMM-based patch priors", 2018). The means of patches are not changed. For images in [0, 1]. For noise that
 * is not Gaussian, −log p(y | Φx) takes the place of ‖y − Φx‖²/(2σ²), by its proximal map (noise-step.ts).
 */
export const halfQuadratic: Solver<PatchPrior> = {
  name: "half-quadratic",
  summary: "patches of images of any size, by half-quadratic splitting (Zoran, Weiss 2011)",
  options: halfQuadraticOptions,
  uncertainty: true,
  accepts: (prior, problem) =>
    prior.kind === "patches"
      ? all(acceptsShape(prior, problem.shape), hasImageSteps(problem))
      : `${prior.name} is no patch prior`,
  solve: async (problem, prior, options): Promise<Solved> => {
    const { seed = 1, onProgress, signal, own } = options;
    const { spacing, rank } = settingsOf(own);
    const [height = 0, width = 0, channels = 1] = problem.shape;
    const sizes: Sizes = { height, width, channels, side: prior.side };
    const gaussian = problem.noise.gaussian !== undefined;
    if (!gaussian && (options.deviation || options.samples)) {
      throw new InputError(
        `half-quadratic: deviation, samples: they need Gaussian noise, got ${problem.noise.name}; leave them out`,
      );
    }
    const whitened = gaussianProblem("half-quadratic", problem);
    const denoising = await isIdentity(whitened.operator);
    const { setting, stride } = denoising && gaussian ? DENOISING : await settingOf(problem, whitened.operator);
    const gain = denoising ? 1 : await gainOf(problem.operator as LinearOperator, stride);
    const { noise, sigma, raised } = raisedSigma(problem, gain);
    const schedule = scheduleOf(noise, setting, own);
    const begun = setting === "convolution" ? await variationStart(problem, options) : undefined;
    const steps = schedule.length;
    const batch = problem.y.shape[0]!;
    const estimate = new Float32Array(batch * sizeOf(problem.shape));
    const pause = pauses(signal);
    let uncertainty: Uncertainty;
    const patch = await patchStep(prior, rank, signal);
    let contrast = 0; // of the image, at its most
    const within = (x: NdArray<Float32Array>) => (problem.range ? clipped(x, problem.range) : x);
    const n = sizeOf(problem.shape);
    const recovered = async (i: number, average: ImageStep, smooth: ImageStep) => {
      const random = stream(seed, "patch grids");
      const y = takeRows(whitened.y, [i]);
      const scale = gaussian ? sigma : sigmaOfRow(problem.noise, y);
      const first = async () => {
        if (begun) return takeRows(begun, [i]);
        if (setting === "denoising") return fromHost(y.data, [1, ...problem.shape]);
        return smooth(y, filled(1, problem.shape), scale ** 2 / (2 * roughness(prior) ** 2));
      };
      let x = await first();
      for (const [at, s] of schedule.entries()) {
        await pause();
        const filtered = await filterImage(x.data, s, { patch, sizes }, { spacing, random, pause, signal });
        contrast = Math.max(contrast, filtered.contrast);
        x = within(await average(y, fromHost(filtered.image, x.shape), scale ** 2 / (2 * s ** 2)));
        onProgress?.({ step: i * steps + at + 1, maxSteps: batch * steps, objective: Number.NaN });
      }
      return x;
    };
    try {
      const allSignals = async (average: ImageStep, smooth: ImageStep) => {
        for (let i = 0; i < batch; i++) estimate.set((await recovered(i, average, smooth)).data, i * n);
      };
      await withStepsOf(problem, { whitened, denoising, signal }, allSignals);
      uncertainty = await patchUncertainty(
        { problem: whitened, patch, sizes, sigma, s: sharpest(schedule, denoising, noise), estimate },
        options,
      );
    } finally {
      await patch.dispose();
    }
    return {
      estimate: fromHost(estimate, [batch, ...problem.shape]),
      outcomes: Array.from({ length: batch }, (_, i) => (isFiniteRow(estimate, i, batch) ? "completed" : "non-finite")),
      chosen: { solver: "half-quadratic", noise: problem.noise.name, sigma, ...(raised && { raised }) },
      ...{ steps, history: [] },
      ...uncertainty,
      warnings: [...contrastWarnings(prior, contrast, noise), ...uncertainty.warnings],
    };
  },
};

/** s of the deviation: that of the last step, to denoise at most σ/√128, with which its factor was chosen (uncertainty.ts). */
const sharpest = (schedule: readonly number[], denoising: boolean, noise: number): number =>
  Math.min(schedule.at(-1)!, denoising ? noise / Math.sqrt(128) : Number.POSITIVE_INFINITY);

/**
 * By how much Φ makes images larger: ‖Φ‖. Of a convolution of which every f-th pixel along each axis is kept, f times that: Φ then keeps the grey levels of an image whose norm it makes smaller. Super-resolution of
 * training photographs by 2 and σ = .01 had 29.4 dB with the s that follow, and 29.2 with those of ‖Φ‖.
 */
const gainOf = async (operator: LinearOperator, stride: number): Promise<number> =>
  stride * (await sizeOfOperator(operator)).norm;

interface Told {
  readonly setting: Setting;
  /** Pixels from one that is kept to the next, of a convolution with Gaussian noise; else 1. */
  readonly stride: number;
}

const DENOISING: Told = { setting: "denoising", stride: 1 };

/** What Φ is, for the schedule. */
async function settingOf({ operator, noise }: Problem, whitened: LinearOperator): Promise<Told> {
  const kind = (operator as LinearOperator).form?.kind;
  if (kind === "selection" || kind === "coefficients") return { setting: kind, stride: 1 };
  if (kind === "parallel-beam") return { setting: "projections", stride: 1 };
  const stride = await convolutionStride(whitened);
  if (stride === undefined) return { setting: "other", stride: 1 };
  return noise.gaussian ? { setting: "convolution", stride } : { setting: "convolution of other noise", stride: 1 };
}
