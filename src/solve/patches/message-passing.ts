import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../../operators/operator.ts";
import { acceptsShape } from "../../../priors/patches/index.ts";
import type { PatchPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import type { Sizes } from "../../data/grid.ts";
import { checkedOptions, type OptionTable, requireCounts } from "../../data/options.ts";
import { type Random, stream } from "../../data/random.ts";
import { dot } from "../../data/vector.ts";
import { pauses } from "../../engine/events.ts";
import { filled } from "../batch.ts";
import { applyToRows } from "../operator-matrix.ts";
import { sizeOfOperator } from "../penalised/size.ts";
import { whitenedProblem } from "../penalised/whitening.ts";
import type { Outcome, Solved } from "../recovery.ts";
import { all, hasGaussianNoise, isLinearProblem } from "../requirements.ts";
import { takeRows } from "../rows.ts";
import type { Solver } from "../solver.ts";
import { contrastWarnings } from "./contrast-warnings.ts";
import { filterImage } from "./filter-image.ts";
import { type ImageStep, withImageSteps } from "./image-step.ts";
import { patchStep } from "./patch-step.ts";
import { raisedSigma } from "./raised-sigma.ts";
import { scheduleOf } from "./schedule.ts";
import { patchUncertainty, type Uncertainty } from "./uncertainty.ts";

type Signals = NdArray<Float32Array>;

const table = {
  steps: { type: "integer", default: 30, description: "most steps" },
  spacing: { type: "integer", default: 2, description: "pixels between patches" },
  rank: { type: "integer", default: 32, description: "leading directions that the choice of a component looks at" },
} as const satisfies OptionTable;

/** Ends when s fell by less than this part in so many steps. */
const [SETTLED, PATIENCE] = [0.01, 3];
/** s from which an error grows rather than falls, as a multiple of the least so far. */
const DIVERGED = 1.5;
/** Divergences α and β stay this far from 0 and 1, where an estimate would be divided by nothing. */
const MARGIN = 1e-3;
/** Size of the change by which the divergence of the patch step is measured, as a part of s. */
const PROBE = 0.1;

/**
 * Denoising-based vector approximate message passing (Schniter, Rangan, Fletcher, "Denoising based vector approximate message passing", 2016),
 * with the average of overlapping patch steps D as its denoiser. For Φ whose rows are random and spread over all of the signal
 * (`form`: mixing): the error of r is then like white noise of a known standard deviation s, so that D is told the truth about it. In every step
 *
 *     x̂ = D(r; s),                                α = div D / n,   u = (x̂ − αr)/(1 − α),   t² = (‖y − Φu‖² − mσ²)/‖Φ‖_F²,
 *     x̃ = argmin ‖y − Φx‖²/(2σ²) + ‖x − u‖²/(2t²),  β = div x̃ / n,  r = (x̃ − βu)/(1 − β),   s² = t²β/(1 − β).
 *
 * Divergences by one random direction each (Ramani, Blu, Unser 2008). It begins with the constant u of the least residual. It ends with x̂ when s
 * falls no more (`settled`); if s grows, with the x̂ of the least s (`fallback`). For images in [0, 1]. The range of signals is kept by clipping the estimate.
 */
export const messagePassing: Solver<PatchPrior> = {
  name: "message-passing",
  summary: "patches of images of any size, for random Φ that mix all numbers (Schniter, Rangan, Fletcher 2016)",
  options: table,
  uncertainty: true,
  accepts: (prior, problem) =>
    prior.kind === "patches"
      ? all(
          acceptsShape(prior, problem.shape),
          isLinearProblem(problem),
          hasGaussianNoise(problem),
          (problem.operator as LinearOperator).form?.kind === "mixing" ||
            `${problem.operator.name} does not mix all numbers`,
        )
      : `${prior.name} is no patch prior`,
  solve: async (problem, prior, options): Promise<Solved> => {
    const { seed = 1, onProgress, signal, own } = options;
    const { steps, spacing, rank } = checkedOptions("message-passing", table, own);
    requireCounts("message-passing", { steps, spacing, rank });
    const [height = 0, width = 0, channels = 1] = problem.shape;
    const sizes: Sizes = { height, width, channels, side: prior.side };
    const whitened = whitenedProblem(problem);
    const { operator, shape } = whitened;
    const { norm, frobenius } = await sizeOfOperator(operator);
    const { noise, sigma, raised } = raisedSigma(problem, norm);
    const [n, m, batch] = [sizeOf(shape), sizeOf(operator.outShape), problem.y.shape[0]!];
    const pause = pauses(signal);
    const patch = await patchStep(prior, rank, signal);
    const estimate = new Float32Array(batch * n);
    const outcomes: Outcome[] = [];
    let [taken, contrast] = [0, 0]; // steps, and contrast beyond noise, at their most

    /** t: the standard deviation of the error of u, from the residual. */
    const errorOf = async (y: Signals, u: Signals): Promise<number> => {
      const { data } = await applyToRows(operator, fromHost(u.data, [1, n]));
      const residual = data.reduce((sum, v, i) => sum + (y.data[i]! - v) ** 2, 0);
      return Math.sqrt(Math.max(residual - m * sigma ** 2, 1e-3 * m * sigma ** 2)) / frobenius;
    };
    const denoised = (r: Float32Array, s: number, step: number) =>
      filterImage(r, s, { patch, sizes }, { spacing, random: stream(seed, "patch grids", step), pause, signal });
    const recovered = async (i: number, average: ImageStep): Promise<Float32Array> => {
      const y = takeRows(whitened.y, [i]);
      const zero = filled(1, operator.outShape);
      const directions = stream(seed, "directions of divergences");
      let u = await constantOf(operator, y, shape);
      let [best, lowered] = [{ s: Number.POSITIVE_INFINITY, x: u.data }, 0]; // x̂ of the least s, and the last step that lowered s by much
      let outcome: Outcome = "max-steps";
      for (let step = 0; step < steps; step++) {
        const t = await errorOf(y, u);
        const lambda = sigma ** 2 / (2 * t ** 2);
        const filtered = await average(y, u, lambda);
        const direction = signs(directions, shape);
        const beta = within(correlation(direction.data, (await average(zero, direction, lambda)).data));
        const r = filtered.data.map((v, j) => (v - beta * u.data[j]!) / (1 - beta));
        const s = t * Math.sqrt(beta / (1 - beta));
        const { image: x, contrast: own } = await denoised(r, s, step);
        contrast = Math.max(contrast, Math.sqrt(Math.max(0, own ** 2 - s ** 2)));
        taken = Math.max(taken, step + 1);
        onProgress?.({ step: i * steps + step + 1, maxSteps: batch * steps, objective: s });
        if (!(s < DIVERGED * best.s)) {
          outcome = Number.isFinite(s) ? "fallback" : "non-finite";
          break;
        }
        if (s < (1 - SETTLED) * best.s) lowered = step;
        if (s < best.s) best = { s, x };
        if (step - lowered >= PATIENCE) {
          outcome = "settled";
          break;
        }
        const other = signs(directions, shape).data;
        const moved = await denoised(
          r.map((v, j) => v + PROBE * s * other[j]!),
          s,
          step,
        );
        const alpha = within(
          correlation(
            other,
            moved.image.map((v, j) => (v - x[j]!) / (PROBE * s)),
          ),
        );
        u = fromHost(
          x.map((v, j) => (v - alpha * r[j]!) / (1 - alpha)),
          u.shape,
        );
      }
      outcomes.push(best.x.every(Number.isFinite) ? outcome : "non-finite");
      return best.x;
    };
    let uncertainty: Uncertainty;
    try {
      await withImageSteps(whitened, signal, async (average) => {
        for (let i = 0; i < batch; i++) estimate.set(await recovered(i, average), i * n);
      });
      uncertainty = await patchUncertainty(
        { problem: whitened, patch, sizes, sigma, s: scheduleOf(noise, "other").at(-1)!, estimate },
        options,
      );
    } finally {
      await patch.dispose();
    }
    return {
      estimate: fromHost(estimate, [batch, ...shape]),
      outcomes,
      chosen: { solver: "message-passing", noise: problem.noise.name, sigma, ...(raised && { raised }) },
      ...{ steps: taken, history: [] },
      ...uncertainty,
      warnings: [...contrastWarnings(prior, contrast, 0), ...uncertainty.warnings],
    };
  },
};

/** Σ aᵢbᵢ / n */
const correlation = (a: Float32Array, b: Float32Array): number => dot(a, 0, b, 0, a.length) / a.length;

const within = (divergence: number): number => Math.min(1 - MARGIN, Math.max(MARGIN, divergence));

/** A random direction of ±1. */
const signs = (random: Random, shape: readonly number[]): Signals => {
  const out = filled(1, shape);
  for (let i = 0; i < out.data.length; i++) out.data[i] = random.uniform() < 0.5 ? -1 : 1;
  return out;
};

/** The constant image c of least ‖y − Φc‖². */
async function constantOf(operator: LinearOperator, y: Signals, shape: readonly number[]): Promise<Signals> {
  const ones = await applyToRows(operator, filled(1, [sizeOf(shape)], 1));
  const seen = correlation(ones.data, ones.data);
  return filled(1, shape, seen > 0 ? correlation(ones.data, y.data) / seen : 0);
}
