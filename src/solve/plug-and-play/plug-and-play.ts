import type { DenoiserPrior } from "../../../priors/prior.ts";
import { checkedOptions, type Options, type OptionTable, requireCounts, requirePositive } from "../../data/options.ts";
import { pauses } from "../../engine/events.ts";
import { fallingBy } from "../patches/schedule.ts";
import type { Solver } from "../solver.ts";
import { acceptsDenoiser, eachSignal } from "./setting.ts";

const NAME = "plug-and-play";

const table = {
  steps: { type: "integer", default: 8, description: "denoisings, s falling by one factor from first to last" },
  first: { type: "number", description: "s of the first; default 49/255, at least σ; σ to denoise, in one step" },
  last: { type: "number", description: "s of the last; default σ" },
  weight: { type: "number", default: 0.23, description: "of the denoised image in the step that fits y" },
} as const satisfies OptionTable;

/** s of the first denoising of the paper, unless σ is larger. */
const FIRST = 49 / 255;

/** s of every denoising, and the weight. Errors (InputError): no falling s above 0, no step, a weight that is not positive. */
function scheduleOf(sigma: number, denoising: boolean, own: Options | undefined) {
  const { steps: most, weight, ...given } = checkedOptions(NAME, table, own);
  const { first = denoising ? sigma : Math.max(sigma, FIRST), last = Math.min(first, sigma) } = given;
  const steps = denoising && own?.steps === undefined && first === last ? 1 : most;
  requireCounts(NAME, { steps });
  requirePositive(NAME, { weight });
  return { s: fallingBy(NAME, { steps, first, last }), weight };
}

/**
 * Plug-and-play by half-quadratic splitting (DPIR: Zhang, Li, Zuo, Zhang, Van Gool, Timofte, "Plug-and-play image restoration with deep denoiser
 * prior", 2021): in min_x ‖y − Φx‖²/(2σ²) + μ r(x), the step of the prior is a denoiser D, and s falls from step to step:
 *
 *     z = D_s(x),   x = argmin_x ‖y − Φx‖²/(2σ²) + w‖x − z‖²/(2s²), s that of the next step.
 *
 * The estimate is the last z. x and z are clipped to the range of the problem, if it has one. It begins with the x of least ‖y − Φx‖²/(2σ²) + ‖∇x‖²/(2g²), g = .08; to denoise (Φ = I, Gaussian noise) with y, and
 * one step with s = σ is all. For noise that is not Gaussian, −log p(y | Φx) takes the place of the square, by its proximal map.
 */
export const plugAndPlay: Solver<DenoiserPrior> = {
  name: NAME,
  summary: "a denoiser, by half-quadratic splitting (Zhang et al. 2021)",
  options: table,
  uncertainty: false,
  accepts: acceptsDenoiser,
  solve: async (problem, prior, options) => {
    const { onProgress, signal, own } = options;
    const batch = problem.y.shape[0]!;
    const pause = pauses(signal);
    return eachSignal(NAME, problem, prior, options, async ({ denoiser, noise, denoising, near, within, start }, i) => {
      const { s, weight } = scheduleOf(noise, denoising, own);
      let x = await start();
      for (const [at, now] of s.entries()) {
        await pause();
        if (at > 0) x = within(await near(x, weight / now ** 2));
        x = within(await denoiser.denoise(x, now, signal));
        onProgress?.({ step: i * s.length + at + 1, maxSteps: batch * s.length, objective: Number.NaN });
      }
      return { x, outcome: "completed", steps: s.length };
    });
  },
};
