import type { NdArray } from "ndarray";
import type { DenoiserPrior } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";
import { checkedOptions, type Options, type OptionTable, requirePositive } from "../../data/options.ts";
import { rowsBeyond } from "../../data/range.ts";
import { pauses } from "../../engine/events.ts";
import { iterate } from "../../engine/iterate.ts";
import type { Solver } from "../solver.ts";
import { acceptsDenoiser, eachSignal } from "./setting.ts";

const NAME = "red";

const table = {
  s: { type: "number", description: "that of the denoiser; default 2σ, at least 15/255" },
  weight: {
    type: "number",
    default: 1,
    description: "of the prior, in units of what Tweedie's formula gives: λ = weight/s²",
  },
  steps: { type: "integer", default: 100, description: "most steps, of one denoising each" },
  tolerance: { type: "number", default: 1e-3, description: "converged when a step changes x by less than this part" },
} as const satisfies OptionTable;

/** Strong enough for a small σ: on two training photographs .06 was better than .03 and .012, with a denoiser that had learned little. */
const [TIMES_SIGMA, LEAST_S] = [2, 15 / 255];

/** The options, checked. Errors (InputError): numbers that are not positive. */
function settingsOf(noise: number, own: Options | undefined) {
  const { s = Math.max(TIMES_SIGMA * noise, LEAST_S), ...rest } = checkedOptions(NAME, table, own);
  const settings = { s, ...rest };
  requirePositive(NAME, settings);
  return settings;
}

type Signals = NdArray<Float32Array>;

interface State {
  readonly x: Signals;
  /** x before it was clipped to the range. */
  readonly free: Signals;
  /** Where the next step begins: ahead of x. */
  readonly z: Signals;
  readonly t: number;
}

/**
 * Regularisation by denoising (Romano, Elad, Milanfar, "The little engine that could: regularization by denoising (RED)", 2017): x with
 *
 *     Φ'(Φx − y)/σ² + λ(x − D_s(x)) = 0,
 *
 * the minimum of ‖y − Φx‖²/(2σ²) + λ/2 x'(x − D(x)) where D is homogeneous with a symmetric derivative. By Tweedie's formula, the derivative of
 * −log p is (x − D_s(x))/s², so λ = weight/s². Its fixed-point iteration, accelerated (Reehorst, Schniter 2019) with the restart of O'Donoghue
 * and Candès 2015:
 *
 *     x⁺ = argmin_x ‖y − Φx‖²/(2σ²) + λ/2 ‖x − D_s(z)‖²,   z⁺ = x⁺ + (t − 1)/t⁺ (x⁺ − x),   t⁺ = (1 + √(1 + 4t²))/2.
 *
 * It has converged where ‖x⁺ − z‖ ≤ tolerance ‖x⁺‖. With a range, every x⁺ is the clipped minimiser, not the least within the range: where the last
 * clip changed numbers, the equation does not hold, and what would have converged is `completed`. It begins like plug-and-play.
 */
export const red: Solver<DenoiserPrior> = {
  name: NAME,
  summary: "a denoiser, by regularisation by denoising (Romano, Elad, Milanfar 2017)",
  options: table,
  uncertainty: false,
  accepts: acceptsDenoiser,
  solve: async (problem, prior, options) => {
    const { onProgress, signal, own } = options;
    const batch = problem.y.shape[0]!;
    const pause = pauses(signal);
    return eachSignal(NAME, problem, prior, options, async ({ denoiser, noise, near, within, start }, i) => {
      const { s, weight, steps: maxSteps, tolerance } = settingsOf(noise, own);
      const x = await start();
      const { state, code, steps } = await iterate<State>({
        ...{ state: { x, free: x, z: x, t: 1 }, maxSteps, tolerance, ...(signal && { signal }) },
        step: async ({ x, z, t }) => {
          await pause();
          const free = await near(await denoiser.denoise(z, s, signal), weight / s ** 2);
          const after = within(free);
          const next = ahead(x, z, after, t);
          return { state: { x: after, free, ...next }, objective: next.change, change: next.change };
        },
        onProgress: ({ step }) =>
          onProgress?.({ step: i * maxSteps + step, maxSteps: batch * maxSteps, objective: Number.NaN }),
      });
      const clipped = problem.range !== undefined && rowsBeyond(state.free, problem.range) > 0;
      return { x: state.x, outcome: clipped && code === "converged" ? "completed" : code, steps };
    });
  },
};

/** The place ahead of the new x; x itself, and t = 1, where the last movement was against the step. */
function ahead(x: Signals, z: Signals, after: Signals, t: number) {
  let [against, moved, size] = [0, 0, 0];
  for (const [i, v] of after.data.entries()) {
    against += (z.data[i]! - v) * (v - x.data[i]!);
    moved += (v - z.data[i]!) ** 2;
    size += v ** 2;
  }
  const change = Math.sqrt(moved / Math.max(size, Number.MIN_VALUE));
  if (against > 0) return { z: after, t: 1, change };
  const later = (1 + Math.sqrt(1 + 4 * t ** 2)) / 2;
  const pull = (t - 1) / later;
  const z1 = after.data.map((v, i) => v + pull * (v - x.data[i]!));
  return { z: fromHost(z1, after.shape), t: later, change };
}
