import type { PenaltyPrior } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import type { WhitenedProblem } from "../penalised/whitening.ts";
import type { SolveOptions, Solver } from "../solver.ts";
import { type Trial, trialSolves } from "./trials.ts";

type RiskOptions = Pick<SolveOptions, "own" | "seed" | "signal" | "onProgress">;

/** The first grid, as multiples of the default λ. It is wide if the largest of many equally good λ is wanted. */
const FACTORS = [1 / 2, 1, 2];
const WIDE = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8];
const RATIO = 2;

/** How often the grid is extended by two λ while the best one is at its end. */
const MOST_EXTENSIONS = 3;

/** The probe's step in σ: smaller than the noise, larger than the error of a trial solve. */
const PROBE = 0.3;

/**
 * The λ of least E‖Φx̂ − Φx‖² by Stein's unbiased estimate, SURE = ‖y − Φx̂‖² + 2σ²·freedom − mσ² (Stein 1981), averaged over the
 * signals. The degrees of freedom are estimated by a random probe (Ramani, Blu, Unser 2008). Around the best λ the grid is refined to a
 * ratio of √2. Where Φ measures at least as many numbers as a signal has, λ is the lowest point of a parabola through the best three.
 *
 * With fewer measurements than unknowns, it is the largest λ whose SURE is within one standard error of the least. The standard error is
 * σ²√(2m) over the root of the number of signals. SURE judges only what Φ measures of x̂, and many λ fit that equally well. The rest of
 * x̂ is left to the penalty, so the largest λ is taken.
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
  const determined = m >= sizeOf(operator.inShape);
  const factors = determined ? FACTORS : WIDE;
  let [step, maxSteps] = [0, factors.length + 2];
  const report = () => onProgress?.({ task: "choosing λ", step, maxSteps, objective: Number.NaN });
  const tried: Trial[] = [];
  const attempt = async (lambdas: readonly number[]) => {
    const onSolved = (count: number) => {
      step += count;
      report();
    };
    const settings = { ...options, probe: PROBE * noise.sigma, onSolved };
    tried.push(...(await trialSolves(solver, problem, prior, lambdas, settings)));
    tried.sort((a, b) => a.lambda - b.lambda);
    return tried.reduce((a, b) => (risk(b) < risk(a) ? b : a));
  };
  report();
  let best = await attempt(factors.map((factor) => factor * start));
  for (let i = 0; i < MOST_EXTENSIONS; i++) {
    if (best !== tried[0] && best !== tried.at(-1)) break;
    const ratio = best === tried[0] ? 1 / RATIO : RATIO;
    maxSteps += 2;
    best = await attempt([best.lambda * ratio, best.lambda * ratio ** 2]);
  }
  best = await attempt([best.lambda / Math.sqrt(RATIO), best.lambda * Math.sqrt(RATIO)]);
  if (determined) return vertex(tried, risk, best);
  const error = variance * Math.sqrt((2 * m) / y.shape[0]!);
  return tried.findLast((trial) => risk(trial) <= risk(best) + error)!.lambda;
}

/** The lowest point of the parabola in log λ through the best trial and its two neighbours, between those. */
function vertex(tried: readonly Trial[], risk: (trial: Trial) => number, best: Trial): number {
  const at = tried.indexOf(best);
  const [before, after] = [tried[at - 1], tried[at + 1]];
  if (!before || !after) return best.lambda;
  const [u, v] = [Math.log(before.lambda / best.lambda), Math.log(after.lambda / best.lambda)];
  const [rise, fall] = [risk(before) - risk(best), risk(after) - risk(best)]; // both at least 0
  const curvature = (rise / u - fall / v) / (u - v);
  const slope = rise / u - curvature * u;
  return curvature > 0 ? best.lambda * Math.exp(Math.min(v, Math.max(u, -slope / (2 * curvature)))) : best.lambda;
}
