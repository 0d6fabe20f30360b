import type { PenaltyPrior } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import type { WhitenedProblem } from "../penalised/whitening.ts";
import type { SolveOptions, Solver } from "../solver.ts";
import { type Trial, trialSolves } from "./trials.ts";

type RiskOptions = Pick<SolveOptions, "own" | "seed" | "signal" | "onProgress">;

/** The first grid, around the default λ. */
const FACTORS = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8];
const RATIO = 2;

/** How often the grid goes on beyond its end where the best λ is there. */
const MOST_EXTENSIONS = 3;

/** The probe's step in σ: small beside the noise and large beside what trial solves leave unsolved. */
const PROBE = 0.3;

/**
 * The λ of least E‖Φx̂ − Φx‖² by Stein's unbiased estimate, SURE = ‖y − Φx̂‖² + 2σ²·freedom − mσ² (Stein 1981), meaned over the
 * signals; its degrees of freedom by a random probe (Ramani, Blu, Unser 2008). Between the neighbours of the best the grid is refined to a
 * ratio of √2.
 *
 * With fewer measurements than unknowns it is the largest λ whose SURE is within one standard error of the least, σ²√(2m) over the root
 * of the number of signals: SURE sees of x̂ what Φ measures, many λ fit that alike, and the penalty has to choose what Φ leaves open.
 */
export async function leastRisk(
  solver: Solver,
  problem: WhitenedProblem,
  prior: PenaltyPrior,
  start: number,
  { onProgress, ...options }: RiskOptions = {},
): Promise<number> {
  const { operator, noise, y } = problem;
  const m = sizeOf(operator.outShape);
  const variance = noise.sigma ** 2;
  const risk = ({ residual, freedom }: Trial) => residual + 2 * variance * freedom;
  let step = 0;
  const tried: Trial[] = [];
  const attempt = async (lambdas: readonly number[]) => {
    tried.push(...(await trialSolves(solver, problem, prior, lambdas, { ...options, probe: PROBE * noise.sigma })));
    tried.sort((a, b) => a.lambda - b.lambda);
    step += lambdas.length;
    const best = tried.reduce((a, b) => (risk(b) < risk(a) ? b : a));
    onProgress?.({ step, maxSteps: FACTORS.length + 2, objective: risk(best) });
    return best;
  };
  let best = await attempt(FACTORS.map((factor) => factor * start));
  for (let i = 0; i < MOST_EXTENSIONS; i++) {
    if (best === tried[0]) best = await attempt([best.lambda / RATIO ** 2, best.lambda / RATIO]);
    else if (best === tried.at(-1)) best = await attempt([best.lambda * RATIO, best.lambda * RATIO ** 2]);
    else break;
  }
  best = await attempt([best.lambda / Math.sqrt(RATIO), best.lambda * Math.sqrt(RATIO)]);
  if (m >= sizeOf(operator.inShape)) return best.lambda;
  const error = variance * Math.sqrt((2 * m) / y.shape[0]!);
  return tried.findLast((trial) => risk(trial) <= risk(best) + error)!.lambda;
}
