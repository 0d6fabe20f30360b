import type { GaussianPrior, GeneratorPrior, MixturePrior } from "../../../priors/prior.ts";
import { checkedOptions, type OptionTable } from "../../data/options.ts";
import type { Outcome, Solved } from "../recovery.ts";
import { all, hasGaussianNoise, isLinearProblem } from "../requirements.ts";
import { isFiniteRow } from "../rows.ts";
import type { Solver } from "../solver.ts";
import { asMixture, isMixture } from "./as-mixture.ts";
import { boxConstrainedMode } from "./box-constrained-mode.ts";
import { COARSENING } from "./coarsening.ts";
import { evidenceWarnings } from "./evidence-warnings.ts";
import { mixturePosterior } from "./mixture-posterior.ts";

const options = {
  coarsening: {
    ...{ type: "number", default: COARSENING },
    description:
      "1/coarsening measurements halve the power of the likelihood that weighs components; 0: the exact posterior",
  },
} as const satisfies OptionTable;

/**
 * The posterior of a mixture, a Gaussian or an affine generator in closed form: exact, but that components are weighed by a power of their
 * likelihood (coarsening.ts) unless `coarsening` is 0. The estimate is its mean. If the range of signals is known, it is
 * the box-constrained mode of `boxConstrainedMode`. Deviation and draws ignore the range.
 */
export const posterior: Solver<MixturePrior | GaussianPrior | GeneratorPrior> = {
  name: "posterior",
  summary: "posterior mean in closed form; with --range the box-constrained mode",
  options,
  uncertainty: true,

  accepts: (prior, problem) =>
    isMixture(prior)
      ? all(isLinearProblem(problem), hasGaussianNoise(problem))
      : `${prior.name} is no mixture of Gaussians, a Gaussian or an affine generator`,

  solve: async (problem, prior, { deviation, samples = 0, seed = 1, onProgress, signal, own }): Promise<Solved> => {
    const watched = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
    const { coarsening } = checkedOptions("posterior", options, own);
    const found = await mixturePosterior(problem, await asMixture(prior), { ...watched, coarsening });
    const { estimate, outcomes } = problem.range
      ? await boxConstrainedMode(found, problem.range, signal)
      : { estimate: found.mean, outcomes: new Array<Outcome>(problem.y.shape[0]!).fill("exact") };
    return {
      estimate,
      outcomes: outcomes.map((outcome, i) => (isFiniteRow(estimate.data, i, outcomes.length) ? outcome : "non-finite")),
      chosen: { solver: "posterior", noise: problem.noise.name, ...found.noise },
      ...(deviation && { deviation: await found.deviation() }),
      ...(samples > 0 && { samples: await found.draw(samples, seed) }),
      evidence: found.evidence,
      marginals: found.marginals,
      warnings: await evidenceWarnings(found, problem),
      ...{ steps: 1, history: [] },
    };
  },
};
