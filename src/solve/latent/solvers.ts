import type { NdArray } from "ndarray";
import { type GeneratorPrior, isOfOneShape, type Prior } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { checkedOptions, type OptionTable, type OptionValues } from "../../data/options.ts";
import { median } from "../../data/vector.ts";
import { isMixture } from "../gaussian/as-mixture.ts";
import type { Outcome } from "../recovery.ts";
import { all, hasGaussianNoise, isLinearProblem } from "../requirements.ts";
import { rowEnergies } from "../rows.ts";
import type { SolveOptions, Solver } from "../solver.ts";
import { csgm as recoverCsgm } from "./csgm.ts";
import { scheduleNames } from "./descent.ts";
import { escapeNames } from "./escape.ts";
import { generatorOf } from "./generator-of.ts";
import { estimateNames, latentPosterior as recoverLatentPosterior } from "./posterior.ts";

const common = {
  restarts: {
    type: "integer",
    description: "starts a signal; default 10; with conditions one for each of up to 20, else 5 (20 if affine)",
  },
  steps: { type: "integer", description: "most Adam steps; default 200; csgm with signs and rounded numbers 500" },
  rate: { type: "number", description: "Adam's step size; default 0.15 (latent-posterior), 0.3 (csgm)" },
  schedule: {
    ...{ type: "choice", choices: scheduleNames, default: "cosine" },
    description: "how the step size falls: to 0 along a cosine, or not at all",
  },
} as const satisfies OptionTable;

const posteriorOptions = {
  ...common,
  estimate: { type: "choice", choices: estimateNames, default: "mean", description: "of the restarts: mean or best" },
} as const satisfies OptionTable;

const escapes = ["none", ...escapeNames] as const;

const csgmOptions = {
  ...common,
  escape: {
    ...{ type: "choice", choices: escapes, default: "none" },
    description:
      "x = G(z) + ν with few deviations ν in pixels or in wavelets; Gaussian ones are those of latent-posterior",
  },
  weight: { type: "number", description: "of ν; default: as large as the noise allows (discrepancy principle)" },
} as const satisfies OptionTable;

/** The options of any solver that descents take. */
const watched = ({ seed, onProgress, signal }: SolveOptions) => ({
  ...(seed !== undefined && { seed }),
  ...(onProgress && { onProgress }),
  ...(signal && { signal }),
});

const descentOptions = ({ restarts, steps, rate, schedule }: OptionValues<typeof common>) => {
  return {
    schedule,
    ...(restarts !== undefined && { restarts }),
    ...(steps !== undefined && { steps }),
    ...(rate !== undefined && { learningRate: rate }),
  };
};

export const latentPosterior: Solver<GeneratorPrior> = {
  name: "latent-posterior",
  summary:
    "generator with its residual: Laplace's posterior over restarts, no λ; with --range its box-constrained mode",
  options: posteriorOptions,
  uncertainty: true,
  accepts: (prior, problem) =>
    prior.kind !== "generator"
      ? `${prior.name} is no generator`
      : all(
          prior.residual !== undefined || `${prior.name} has no residual covariance`,
          isLinearProblem(problem),
          hasGaussianNoise(problem),
        ),
  solve: async (problem, prior, options) => {
    const { estimate, ...descent } = checkedOptions("latent-posterior", posteriorOptions, options.own);
    const own = descentOptions(descent);
    const found = await recoverLatentPosterior(problem, prior, {
      ...{ ...watched(options), ...own, estimate },
      ...(options.deviation && { deviation: true }),
      ...(options.samples !== undefined && { samples: options.samples }),
    });
    if (!problem.range) return found;
    const within = await found.constrained(problem.range);
    const ended = (first: Outcome, box: Outcome) => (box !== "converged" || first === "exact" ? box : first);
    return {
      ...{ ...found, estimate: within.estimate },
      outcomes: found.outcomes.map((first, i) => ended(first, within.outcomes[i]!)),
    };
  },
};

export const csgm: Solver<Prior> = {
  name: "csgm",
  summary: "‖y − Φ(G(z))‖² + λ‖z‖² by descent in latent space, any Φ and noise (Bora et al. 2017)",
  options: csgmOptions,
  lambda: {
    default: async ({ operator, y, noise }, prior) => {
      const bare = prior.kind === "generator" && !prior.residual;
      const least = (bare ? CSGM_LAMBDA : operator.relaxed ? FLAT_LAMBDA : LEAST_LAMBDA) * energyOf(y);
      return Math.max(noise.sigma ** 2, least) || 1; // y = 0 without noise: any weight will do
    },
    range: async ({ y }, prior) => {
      const scale = energyOf(y) / latentSize(prior) || 1; // both terms of the objective weigh alike there
      return [1e-4 * scale, scale];
    },
  },
  uncertainty: false,
  accepts: (prior, problem) => {
    if (prior.kind === "generator") return true;
    if (!isMixture(prior)) return `${prior.name} is no generator`;
    const exact = all(isLinearProblem(problem), hasGaussianNoise(problem));
    return exact !== true || "the exact posterior is known; use the solver posterior";
  },
  solve: async (problem, prior, options) => {
    const generator = await generatorOf(prior);
    const { lambda = await csgm.lambda!.default(problem, prior) } = options;
    const { escape: by, weight, ...descent } = checkedOptions("csgm", csgmOptions, options.own);
    if (by === "none" && weight !== undefined) {
      throw new InputError("csgm: weight: is that of ν; give escape=pixels or escape=wavelets too");
    }
    return recoverCsgm(problem, generator, {
      ...{ ...watched(options), ...descentOptions(descent), lambda },
      ...(by !== "none" && { escape: by }),
      ...(weight !== undefined && { weight }),
    });
  },
};

/**
 * Least λ of a generator without a residual, as a part of ‖y‖² so that units do not matter. For digits, whose ‖y‖² is near 100, it is
 * the 0.1 of CSGM's experiments.
 */
const CSGM_LAMBDA = 1e-3;
/** Least λ of other priors, as a part of ‖y‖². Theirs is σ², which weighs z as N(0, I) does; this is for measurements without noise. */
const LEAST_LAMBDA = 1e-8;
/**
 * The same where Φ is flat between jumps: what agrees with y costs nothing, and z alone decides. On 18 training digits, signs and rounded numbers,
 * the best λ of a mixture lay from 1e-6 to 1e-4 of ‖y‖², that of a rough generator near 1e-4.
 */
const FLAT_LAMBDA = 3e-6;

/** Median of ‖y‖² over the signals: one that is far larger does not change the λ of the others. */
const energyOf = (y: NdArray<Float32Array>): number => median(rowEnergies(y));

function latentSize(prior: Prior): number {
  if (!isOfOneShape(prior)) throw new RangeError(`csgm: ${prior.name} is no generator`);
  if (prior.kind === "generator") return prior.latent;
  return prior.kind === "mixture" ? prior.means.shape[1]! : sizeOf(prior.shape);
}
