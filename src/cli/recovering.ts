import { stat } from "node:fs/promises";
import path from "node:path";
import type { TrainedPrior } from "../../priors/load.ts";
import type { GeneratorMethodOptions, TunedMethod } from "../compare/methods.ts";
import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";

export interface ChosenMethod {
  readonly method: TunedMethod;
  /** The prior folder's content, where it is one. */
  readonly trained?: TrainedPrior;
}

/** What --prior and --baselines call the Gaussian of a sketch: this, and the sketch's file. */
const GAUSSIAN = "gaussian:";

/** The method that a --prior asks for: a prior folder, a baseline by name, or gaussian:X.npz, for signals of `shape`. */
export async function methodOf(
  prior: string,
  shape: readonly number[],
  options: GeneratorMethodOptions,
): Promise<ChosenMethod> {
  const { isPenalty, parsePenalty, penaltyNames } = await import("../../priors/registry.ts");
  const { baselineMethod, generatorMethod } = await import("../compare/methods.ts");
  if (isPenalty(prior)) {
    return { method: baselineMethod(parsePenalty(prior, shape), options) };
  }
  if (prior.startsWith(GAUSSIAN)) {
    requireNoLambda(prior, options);
    const { gaussianPrior } = await import("../../priors/gaussian.ts");
    const { gaussianMethod } = await import("../compare/methods.ts");
    const { loadSketch } = await import("../sketch/index.ts");
    const gaussian = gaussianPrior(await loadSketch(prior.slice(GAUSSIAN.length)));
    requireShape(prior, gaussian.shape, shape);
    return { method: gaussianMethod(gaussian, options) };
  }
  if (!(await stat(prior).catch(() => undefined))) {
    if (/[\\/]/.test(prior)) throw new InputError(`--prior: ${prior}: no such folder; train a prior first`);
    throw new InputError(`--prior: no folder and no baseline is called "${prior}"; ${suggestion(prior, penaltyNames)}`);
  }
  const { loadTrained, priorOf } = await import("../../priors/load.ts");
  const trained = await loadTrained(prior);
  const name = path.basename(path.resolve(prior));
  const made = priorOf(trained, name);
  requireShape(prior, made.shape, shape);
  if (made.kind === "generator") return { method: generatorMethod(name, made, options), trained };
  requireNoLambda(prior, options);
  const { mixtureMethod } = await import("../compare/mixture-method.ts");
  return { method: mixtureMethod(made, options), trained };
}

function requireNoLambda(prior: string, { lambda }: GeneratorMethodOptions): void {
  if (lambda === undefined) return;
  throw new InputError(`--lambda: ${prior} has none, the noise of the measurements weighs it; leave --lambda out`);
}

function requireShape(prior: string, made: readonly number[], shape: readonly number[]): void {
  if (made.join() === shape.join()) return;
  throw new InputError(
    `--prior: ${prior} makes signals of [${made.join(", ")}], the measured ones are [${shape.join(", ")}]; ` +
      "use a prior trained on signals of that shape",
  );
}
