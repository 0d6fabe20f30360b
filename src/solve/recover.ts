import type { NdArray } from "ndarray";
import { requireAdjoint } from "../../operators/adjoint-test.ts";
import { type ForwardOperator, isLinear } from "../../operators/operator.ts";
import { isOfOneShape, type Prior } from "../../priors/prior.ts";
import { contiguous, fromHost } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { requireOptionNames } from "../data/options.ts";
import { clipped, rowsBeyond } from "../data/range.ts";
import { requireFinite } from "../data/rows.ts";
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

/** A problem as the caller gives it. y is [batch, ...outShape], or outShape alone for one signal. */
export interface Given extends Omit<ProblemInput, "noise"> {
  /** σ of Gaussian noise, a spec such as `poisson:peak=30` or `gaussian:sigma=auto`, or a model. */
  readonly noise: number | string | Noise | NoiseModel;
}

export interface RecoverOptions extends Omit<SolveOptions, "lambda"> {
  /** Name of the solver; default: the first that accepts the prior and the problem. */
  readonly solver?: string;
  /** Weight of the prior, for solvers that have one. `"auto"`: chosen by `autoLambda`. Default: the solver's rule for the prior. */
  readonly lambda?: SolveOptions["lambda"] | "auto";
}

/** The names of `Measurements` are allowed too, so the result of `measure` can be given as it is. */
const givenNames = ["operator", "y", "noise", "range", "shape", "sigmaBy", "seed", "noiseNorm", "snr", "truth"];
const optionNames = [
  ...["solver", "lambda", "deviation", "samples", "seed", "own", "onProgress", "signal", "checkpoints", "start"],
];

/**
 * Recovers signals x from measurements y ~ p(y | Φ(x)) with a prior. It is the one entry for every kind of prior, operator and noise.
 *
 * Errors: InputError for a problem that no solver accepts, an operator that claims to be linear but fails the dot test, an unknown
 * solver, uncertainty from a solver that has none; RangeError and TypeError for wrong arrays, numbers and names of options.
 */
export async function recover(given: Given, prior: Prior, options: RecoverOptions = {}): Promise<Recovery> {
  requireOptionNames("recover", options, optionNames);
  requireOptionNames("recover: the problem", given, givenNames);
  requireMeasurements(given.y);
  const { samples = 0 } = options;
  if (!(Number.isInteger(samples) && samples >= 0)) {
    throw new RangeError(`recover: samples: expected an integer of at least 0, got ${samples}`);
  }
  const { solver: name, lambda: wanted, checkpoints, start, ...rest } = options;
  const started = performance.now();
  const problem = await problemFor(given, prior, options);
  const solver = chooseSolver(prior, problem, { name, withLambda: wanted !== undefined && wanted !== "auto" });
  if ((rest.deviation || rest.samples) && !solver.uncertainty) {
    throw new InputError(
      `recover: ${solver.name} knows no ${rest.deviation ? "deviation" : "samples"}; with a linear Φ a mixture prior does, patches do, or a generator with a residual`,
    );
  }
  if (checkpoints && !solver.resumable) {
    throw new InputError(`recover: ${solver.name} keeps no checkpoints; leave them out`);
  }
  if (start) {
    if (!solver.startable) throw new InputError(`recover: ${solver.name} does not begin at signals; leave start out`);
    requireStart(start, problem);
  }
  const automatic = wanted === "auto" && solver.lambda ? await autoLambda(solver, problem, prior, rest) : undefined;
  const lambda = wanted === "auto" ? automatic?.lambda : (wanted ?? (await solver.lambda?.default(problem, prior)));
  const found = await solver.solve(problem, prior, {
    ...rest,
    ...(lambda !== undefined && { lambda }),
    ...(checkpoints && { checkpoints }),
    ...(start && { start: fromHost(contiguous(start) as Float32Array, start.shape) }),
  });
  const by = [problem.sigmaBy, automatic?.by].filter((rule) => rule !== undefined);
  const beyond = problem.range ? rowsBeyond(found.estimate, problem.range) : 0;
  const solved = await diagnosed(problem, prior, {
    ...found,
    chosen: { ...found.chosen, ...(beyond > 0 && { clipped: beyond }), ...(by.length > 0 && { by }) },
    ...(problem.range && { estimate: clipped(found.estimate, problem.range) }),
  });
  return { ...solved, seconds: (performance.now() - started) / 1000 };
}

/**
 * The given problem with its noise as a model. If σ is not known, it is estimated with the help of the prior (`estimateSigma`).
 * Errors: those of `problemOf` and `estimateSigma`; RangeError for a prior whose signals have another shape than the operator's.
 */
export async function problemFor(
  { noise, ...given }: Given,
  prior: Prior,
  { seed, signal }: SigmaOptions = {},
): Promise<Problem> {
  const known = noiseOf(noise);
  const model = "misfit" in known ? known : known.ofMeasured(given.y);
  const problem = problemOf({ ...given, noise: model ?? gaussianNoise(0) });
  if (isOfOneShape(prior)) requireSignalShape("recover", prior, problem);
  await requireLinearity(problem.operator);
  if (model) return problem;
  const { sigma, by } = await estimateSigma(problem, prior, {
    ...(seed !== undefined && { seed }),
    ...(signal && { signal }),
  });
  return { ...problem, noise: (known as Noise).ofSigma(Number(sigma.toPrecision(4))), sigmaBy: by };
}

/** Errors (RangeError): signals of another number or shape than the problem's, or numbers that are not finite. */
function requireStart(start: NdArray<Float32Array>, { y, operator }: Problem): void {
  const expected = [y.shape[0]!, ...operator.inShape];
  if (start.shape.join() !== expected.join()) {
    throw new RangeError(`recover: start: expected signals [${expected.join(", ")}], got [${start.shape.join(", ")}]`);
  }
  requireFinite("recover: start", contiguous(start) as Float32Array, 0, expected[0]!);
}

/** Operators made from specs are covered by this project's tests. Operators made in the user's code are tested here. */
async function requireLinearity(operator: ForwardOperator): Promise<void> {
  if (isLinear(operator) && !operator.source) await requireAdjoint(operator);
}

function noiseOf(noise: Given["noise"]): Noise | NoiseModel {
  if (typeof noise === "number") return gaussianNoise(noise);
  return typeof noise === "string" ? parseNoise(noise) : noise;
}
