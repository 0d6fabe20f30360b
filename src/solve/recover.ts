import type { NdArray } from "ndarray";
import type { ForwardOperator } from "../../operators/operator.ts";
import type { Prior } from "../../priors/prior.ts";
import { InputError } from "../data/errors.ts";
import { requireOptionNames } from "../data/options.ts";
import { clipped, type ValueRange } from "../data/range.ts";
import { gaussianNoise } from "../measure/noise/gaussian.ts";
import type { Noise, NoiseModel } from "../measure/noise/noise.ts";
import { parseNoise } from "../measure/noise/registry.ts";
import { diagnosed } from "./diagnosis/diagnose.ts";
import { type Problem, problemOf, requireMeasurements } from "./problem.ts";
import type { Recovery } from "./recovery.ts";
import { chooseSolver } from "./registry.ts";
import { requireSignalShape } from "./requirements.ts";
import type { SolveOptions } from "./solver.ts";

/** A problem as people have it. */
export interface Given {
  readonly operator: ForwardOperator;
  /** [batch, ...outShape], or outShape alone for one signal. */
  readonly y: NdArray<Float32Array>;
  /** σ of Gaussian noise, a spec such as `poisson:peak=30`, or a model. */
  readonly noise: number | string | Noise | NoiseModel;
  /** Values that signals are known to have. */
  readonly range?: ValueRange;
}

export interface RecoverOptions extends SolveOptions {
  /** Name of the solver; default: the first that takes the prior and the problem. */
  readonly solver?: string;
}

const optionNames = ["solver", "lambda", "deviation", "samples", "seed", "own", "onProgress", "signal"];

/**
 * Recovers signals x from measurements y ~ p(y | Φ(x)) with a prior: the one entry for every kind of prior, operator and noise.
 *
 * Errors: InputError for what no solver takes, an unknown solver or option, uncertainty of a solver that knows none;
 * RangeError and TypeError for arrays and numbers out of range.
 */
export async function recover(given: Given, prior: Prior, options: RecoverOptions = {}): Promise<Recovery> {
  requireOptionNames("recover", options, optionNames);
  requireMeasurements(given.y);
  const { samples = 0 } = options;
  if (!(Number.isInteger(samples) && samples >= 0)) {
    throw new RangeError(`recover: samples: expected an integer of at least 0, got ${samples}`);
  }
  const problem = problemFor(given);
  requireSignalShape("recover", prior, problem);
  const { solver: name, ...rest } = options;
  const solver = chooseSolver(prior, problem, { name, withLambda: rest.lambda !== undefined });
  if ((rest.deviation || rest.samples) && !solver.uncertainty) {
    throw new InputError(
      `recover: ${solver.name} knows no ${rest.deviation ? "deviation" : "samples"}; a mixture prior does, or a generator with a residual`,
    );
  }
  const lambda = rest.lambda ?? (await solver.lambda?.default(problem, prior));
  const found = await solver.solve(problem, prior, { ...rest, ...(lambda !== undefined && { lambda }) });
  const kept = problem.range ? { ...found, estimate: clipped(found.estimate, problem.range) } : found;
  return diagnosed(problem, prior, kept);
}

/** The problem that was given, its noise as a model. */
export function problemFor({ noise, ...given }: Given): Problem {
  const known = noiseOf(noise);
  const model = "misfit" in known ? known : known.ofMeasured(given.y);
  if (!model) throw new InputError(`recover: ${(known as Noise).spec}: σ is not known; give it`);
  return problemOf({ ...given, noise: model });
}

function noiseOf(noise: Given["noise"]): Noise | NoiseModel {
  if (typeof noise === "number") return gaussianNoise(noise);
  return typeof noise === "string" ? parseNoise(noise) : noise;
}
