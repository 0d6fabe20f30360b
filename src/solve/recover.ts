import { requireAdjoint } from "../../operators/adjoint-test.ts";
import { type ForwardOperator, isLinear } from "../../operators/operator.ts";
import type { Prior } from "../../priors/prior.ts";
import { InputError } from "../data/errors.ts";
import { requireOptionNames } from "../data/options.ts";
import { clipped } from "../data/range.ts";
import { gaussianNoise } from "../measure/noise/gaussian.ts";
import type { Noise, NoiseModel } from "../measure/noise/noise.ts";
import { parseNoise } from "../measure/noise/registry.ts";
import { diagnosed } from "./diagnosis/diagnose.ts";
import { autoLambda } from "./lambda/auto.ts";
import { type Problem, type ProblemInput, problemOf, requireMeasurements } from "./problem.ts";
import type { Recovery } from "./recovery.ts";
import { chooseSolver } from "./registry.ts";
import { requireSignalShape } from "./requirements.ts";
import { estimateSigma, type SigmaOptions } from "./sigma/estimate.ts";
import type { SolveOptions } from "./solver.ts";

/** A problem as people have it: y may be [batch, ...outShape], or outShape alone for one signal. */
export interface Given extends Omit<ProblemInput, "noise"> {
  /** σ of Gaussian noise, a spec such as `poisson:peak=30` or `gaussian:sigma=auto`, or a model. */
  readonly noise: number | string | Noise | NoiseModel;
}

export interface RecoverOptions extends Omit<SolveOptions, "lambda"> {
  /** Name of the solver; default: the first that takes the prior and the problem. */
  readonly solver?: string;
  /** Weight of the prior, for solvers that have one; `"auto"`: `autoLambda`'s. Default: the rule of the prior's kind. */
  readonly lambda?: SolveOptions["lambda"] | "auto";
}

/** Those of `Measurements` may stand beside them, so that what `measure` returns can be recovered as it is. */
const givenNames = ["operator", "y", "noise", "range", "shape", "sigmaBy", "seed", "noiseNorm", "snr", "truth"];
const optionNames = ["solver", "lambda", "deviation", "samples", "seed", "own", "onProgress", "signal"];

/**
 * Recovers signals x from measurements y ~ p(y | Φ(x)) with a prior: the one entry for every kind of prior, operator and noise.
 *
 * Errors: InputError for what no solver takes, an operator that says it is linear and fails the dot test, an unknown solver,
 * uncertainty of a solver that knows none; RangeError and TypeError for arrays, numbers and names of options that are none.
 */
export async function recover(given: Given, prior: Prior, options: RecoverOptions = {}): Promise<Recovery> {
  requireOptionNames("recover", options, optionNames);
  requireOptionNames("recover: the problem", given, givenNames);
  requireMeasurements(given.y);
  const { samples = 0 } = options;
  if (!(Number.isInteger(samples) && samples >= 0)) {
    throw new RangeError(`recover: samples: expected an integer of at least 0, got ${samples}`);
  }
  const { solver: name, lambda: wanted, ...rest } = options;
  const started = performance.now();
  const problem = await problemFor(given, prior, options);
  const solver = chooseSolver(prior, problem, { name, withLambda: wanted !== undefined && wanted !== "auto" });
  if ((rest.deviation || rest.samples) && !solver.uncertainty) {
    throw new InputError(
      `recover: ${solver.name} knows no ${rest.deviation ? "deviation" : "samples"}; a mixture prior does, or a generator with a residual`,
    );
  }
  const automatic = wanted === "auto" && solver.lambda ? await autoLambda(solver, problem, prior, rest) : undefined;
  const lambda = wanted === "auto" ? automatic?.lambda : (wanted ?? (await solver.lambda?.default(problem, prior)));
  const found = await solver.solve(problem, prior, { ...rest, ...(lambda !== undefined && { lambda }) });
  const by = [problem.sigmaBy, automatic?.by].filter((rule) => rule !== undefined);
  const solved = await diagnosed(problem, prior, {
    ...found,
    ...(by.length > 0 && { chosen: { ...found.chosen, by } }),
    ...(problem.range && { estimate: clipped(found.estimate, problem.range) }),
  });
  return { ...solved, seconds: (performance.now() - started) / 1000 };
}

/**
 * The problem that was given, its noise as a model; σ is estimated with the prior's help where it is not known (`estimateSigma`).
 * Errors: those of `problemOf` and `estimateSigma`; RangeError for a prior of other signals than the operator measures.
 */
export async function problemFor(
  { noise, ...given }: Given,
  prior: Prior,
  { seed, signal }: SigmaOptions = {},
): Promise<Problem> {
  const known = noiseOf(noise);
  const model = "misfit" in known ? known : known.ofMeasured(given.y);
  const problem = problemOf({ ...given, noise: model ?? gaussianNoise(0) });
  requireSignalShape("recover", prior, problem);
  await requireLinearity(problem.operator);
  if (model) return problem;
  const { sigma, by } = await estimateSigma(problem, prior, {
    ...(seed !== undefined && { seed }),
    ...(signal && { signal }),
  });
  return { ...problem, noise: (known as Noise).ofSigma(Number(sigma.toPrecision(4))), sigmaBy: by };
}

/** Operators of specs are tested in this project; those of code are tested here. */
async function requireLinearity(operator: ForwardOperator): Promise<void> {
  if (isLinear(operator) && !operator.source) await requireAdjoint(operator);
}

function noiseOf(noise: Given["noise"]): Noise | NoiseModel {
  if (typeof noise === "number") return gaussianNoise(noise);
  return typeof noise === "string" ? parseNoise(noise) : noise;
}
