import { acceptsShape } from "../../../priors/patches/index.ts";
import type { NormPenalty, PenaltyPrior, Prior, QuadraticPenalty, RegulariserPrior } from "../../../priors/prior.ts";
import type { Problem } from "../problem.ts";
import { all, hasGaussianNoise, hasProximalMap, isLinearProblem } from "../requirements.ts";
import type { Solver } from "../solver.ts";
import { centredProblem } from "./centre.ts";
import { conjugateGradients as conjugateGradientMethod } from "./conjugate-gradients.ts";
import { dualOf } from "./dual.ts";
import { fista as fistaMethod } from "./fista.ts";
import { gradientDescent as gradientDescentMethod } from "./gradient-descent.ts";
import { criticLambda, penaltyLambda } from "./lambda-rules.ts";
import { penalisedOptions, solvePenalised } from "./penalised.ts";
import { primalDual as primalDualMethod } from "./primal-dual.ts";
import { gradientNormOf, projectedGradient as projectedGradientMethod } from "./projected-gradient.ts";
import { sizeOfOperator } from "./size.ts";

const isQuadratic = (prior: Prior): true | string =>
  (prior.kind === "penalty" && prior.form === "quadratic") || `${prior.name} is no quadratic penalty`;

const isNorm = (prior: Prior): true | string =>
  (prior.kind === "penalty" && prior.form === "proximal" && "dualNorm" in prior) ||
  `${prior.name} is no norm with a proximal map`;

export const conjugateGradients: Solver<QuadraticPenalty> = {
  name: "conjugate-gradients",
  summary: "least squares with a quadratic penalty (Hestenes, Stiefel 1952)",
  options: penalisedOptions,
  lambda: penaltyLambda,
  resumable: true,
  startable: true,
  uncertainty: false,
  accepts: (prior, problem) =>
    all(
      isQuadratic(prior),
      hasNoRange(problem, "projected-gradient"),
      isLinearProblem(problem),
      hasGaussianNoise(problem),
    ),
  solve: async (problem, prior, options) => {
    const centred = await centredProblem(problem, prior);
    return solvePenalised(centred, prior, conjugateGradientMethod(centred, prior), options);
  },
};

export const projectedGradient: Solver<QuadraticPenalty> = {
  name: "projected-gradient",
  summary: "least squares with a quadratic penalty, signals in a range, accelerated (Beck, Teboulle 2009)",
  options: penalisedOptions,
  lambda: penaltyLambda,
  resumable: true,
  startable: true,
  uncertainty: false,
  accepts: (prior, problem) => all(isQuadratic(prior), isLinearProblem(problem), hasGaussianNoise(problem)),
  solve: async (problem, prior, options) => {
    const centred = await centredProblem(problem, prior);
    const [size, gradientNorm] = [await sizeOfOperator(centred.operator), await gradientNormOf(prior)];
    return solvePenalised(centred, prior, projectedGradientMethod(centred, prior, size, gradientNorm), options);
  },
};

export const fista: Solver<NormPenalty> = {
  name: "fista",
  summary: "least squares with a proximal map, accelerated (Beck, Teboulle 2009)",
  options: penalisedOptions,
  lambda: penaltyLambda,
  resumable: true,
  startable: true,
  uncertainty: false,
  accepts: (prior, problem) =>
    all(isNorm(prior), hasNoRange(problem, "primal-dual"), isLinearProblem(problem), hasGaussianNoise(problem)),
  solve: async (problem, prior, options) => {
    const centred = await centredProblem(problem, prior);
    const { norm } = await sizeOfOperator(centred.operator);
    return solvePenalised(centred, prior, fistaMethod(centred, prior, norm), options);
  },
};

export const primalDual: Solver<PenaltyPrior> = {
  name: "primal-dual",
  summary: "any penalty with a proximal map or a dual ball, any noise with a proximal map (Chambolle, Pock 2011)",
  options: penalisedOptions,
  lambda: penaltyLambda,
  resumable: true,
  startable: true,
  uncertainty: false,
  accepts: (prior, problem) => {
    if (prior.kind !== "penalty") return `${prior.name} is no penalty`;
    const dual = dualOf(prior);
    return all(
      typeof dual === "string" ? dual : true,
      isLinearProblem(problem),
      hasProximalMap(problem),
      !prior.centre || problem.noise.gaussian !== undefined || "a penalty about a centre needs Gaussian noise",
    );
  },
  solve: async (problem, prior: PenaltyPrior, options) => {
    const centred = await centredProblem(problem, prior);
    const method = primalDualMethod(centred, prior, await sizeOfOperator(centred.operator));
    return solvePenalised(centred, prior, method, options);
  },
};

/** Compiled steps, of 20 iterations each, after which a descent with a critic stops: chosen on a slice of a scan (docs/learned-regulariser.md), where 180 iterations were .4 dB worse. */
const CRITIC_STEPS = 6;

export const gradientDescent: Solver<RegulariserPrior> = {
  name: "gradient-descent",
  summary: "a learned regulariser, stopped early (Lunz, Öktem, Schönlieb 2018)",
  options: { ...penalisedOptions, steps: { ...penalisedOptions.steps, default: CRITIC_STEPS } },
  lambda: criticLambda,
  resumable: true,
  startable: true,
  uncertainty: false,
  accepts: (prior, problem) =>
    prior.kind === "regulariser"
      ? all(acceptsShape(prior, problem.shape), isLinearProblem(problem), hasGaussianNoise(problem))
      : `${prior.name} is no learned regulariser`,
  solve: async (problem, prior, options) => {
    const penalty = prior.penalty(problem.shape);
    const centred = await centredProblem(problem, penalty);
    const method = gradientDescentMethod(centred, penalty, await sizeOfOperator(centred.operator));
    return solvePenalised(centred, penalty, method, { ...options, own: { steps: CRITIC_STEPS, ...options.own } });
  },
};

const hasNoRange = ({ range }: Problem, other: string): true | string =>
  range === undefined || `it keeps to no range; ${other} does`;
