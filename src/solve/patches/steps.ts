import { fromHost } from "../../data/array.ts";
import type { WhitenedProblem } from "../penalised/whitening.ts";
import type { Problem } from "../problem.ts";
import { all, hasProximalMap, isLinearProblem } from "../requirements.ts";
import { type ImageStep, withImageSteps } from "./image-step.ts";
import { denoisingStep, splitStep } from "./noise-step.ts";

export interface StepsOptions {
  /** The problem with Gaussian noise of one σ, or as if it were. */
  readonly whitened: WhitenedProblem;
  /** Whether Φ = I. */
  readonly denoising: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Whether a problem has such steps: Φ is linear, and its noise is Gaussian or has a proximal map. */
export const hasImageSteps = (problem: Problem): true | string =>
  all(isLinearProblem(problem), problem.noise.gaussian !== undefined || hasProximalMap(problem));

/**
 * Calls `use` with the image steps of a problem, about the average of patches and for the start (`withImageSteps`): formulas where Φ = I, conjugate
 * gradients, or for other noise than Gaussian its proximal map. Φ = I with Gaussian noise starts at y and needs no second.
 */
export async function withStepsOf(
  { noise, shape }: Problem,
  { whitened, denoising, signal }: StepsOptions,
  use: (average: ImageStep, start: ImageStep) => Promise<void>,
): Promise<void> {
  if (noise.gaussian && denoising) return use(pointwise, pointwise);
  await withImageSteps(whitened, signal, async (average, smooth) => {
    if (noise.gaussian) return use(average, smooth);
    const split = (step: ImageStep) => splitStep(whitened.operator, noise, step);
    const own = denoising ? await denoisingStep(noise, shape) : await split(average);
    const start = await split(smooth);
    try {
      await use(own.step, start.step);
    } finally {
      await own.dispose();
      await start.dispose();
    }
  });
}

/** The image step for Φ = I: argmin_x ½‖y − x‖² + λ‖x − centre‖². */
const pointwise: ImageStep = async (y, centre, lambda) =>
  fromHost(
    centre.data.map((v, i) => (y.data[i]! + 2 * lambda * v) / (1 + 2 * lambda)),
    centre.shape,
  );
