import type { Prior } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import { whitenedProblem } from "../penalised/whitening.ts";
import type { Problem } from "../problem.ts";
import { isLinearProblem } from "../requirements.ts";
import { someRows } from "../rows.ts";
import type { SolveOptions, Solver } from "../solver.ts";
import { MOST_TRIALS, meetTarget } from "./discrepancy.ts";
import { leastRisk } from "./risk.ts";
import { trialSolves } from "./trials.ts";

export interface AutoLambda {
  readonly lambda: number;
  /** The rule, for `chosen.by`. */
  readonly by: string;
}

export type AutoOptions = Pick<SolveOptions, "own" | "seed" | "signal" | "onProgress">;

/** λ is chosen on at most this many signals, evenly spread. More take time and hardly change it. */
const MOST_SIGNALS = 16;

/**
 * One λ for all signals of a problem, chosen without the truth. σ has to be known.
 *
 * - For penalties with a linear Φ and Gaussian noise: the λ with the least estimated risk by Stein (`leastRisk`).
 * - Else the discrepancy principle (Morozov 1966), mean ‖y − Φx̂‖² = mσ². If no λ meets it, the nearest is taken, and `by` says so.
 *
 * Measurements without noise get the prior's default λ. Errors (RangeError): a solver without λ.
 */
export async function autoLambda(
  solver: Solver,
  problem: Problem,
  prior: Prior,
  options: AutoOptions = {},
): Promise<AutoLambda> {
  if (!solver.lambda) throw new RangeError(`lambda: auto: ${solver.name} has no λ`);
  const few = { ...problem, y: someRows(problem.y, MOST_SIGNALS) };
  const start = await solver.lambda.default(few, prior);
  const { sigma, gaussian } = few.noise;
  if (sigma === 0) return { lambda: start, by: "lambda by the prior's rule, for there is no noise" };
  if (prior.kind === "penalty" && gaussian && isLinearProblem(few) === true) {
    const lambda = await leastRisk(solver, whitenedProblem(few), prior, start, options);
    return { lambda, by: "lambda by Stein's estimate of the risk (SURE)" };
  }
  const [low, high] = await solver.lambda.range(few, prior);
  const { onProgress, ...trialOptions } = options;
  let step = 0;
  const residualOf = async (lambda: number) => {
    onProgress?.({ task: "choosing λ", step, maxSteps: MOST_TRIALS, objective: Number.NaN });
    step++;
    return (await trialSolves(solver, few, prior, [lambda], trialOptions))[0]!.residual;
  };
  const target = sizeOf(few.operator.outShape) * sigma ** 2;
  const { lambda, met } = await meetTarget(residualOf, target, { start, low, high });
  return { lambda, by: `lambda by the discrepancy principle${met ? "" : ", which no λ meets"}` };
}
