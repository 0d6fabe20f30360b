import { stat } from "node:fs/promises";
import path from "node:path";
import type { TrainedGenerator } from "../../priors/generator/index.ts";
import type { GeneratorMethodOptions, TunedMethod } from "../compare/methods.ts";
import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";

export interface ChosenMethod {
  readonly method: TunedMethod;
  /** The prior folder's content, for a generator. */
  readonly trained?: TrainedGenerator;
}

/** The method that a --prior asks for: a prior folder, or a baseline by name, for signals of `shape`. */
export async function methodOf(
  prior: string,
  shape: readonly number[],
  options: GeneratorMethodOptions,
): Promise<ChosenMethod> {
  const { baselineNames, makePrior } = await import("../../priors/registry.ts");
  const { baselineMethod, generatorMethod } = await import("../compare/methods.ts");
  if ((baselineNames as readonly string[]).includes(prior)) {
    return { method: baselineMethod(makePrior(prior, shape), options) };
  }
  if (!(await stat(prior).catch(() => undefined))) {
    if (/[\\/]/.test(prior)) throw new InputError(`--prior: ${prior}: no such folder; train a prior first`);
    throw new InputError(
      `--prior: no folder and no baseline is called "${prior}"; ${suggestion(prior, baselineNames)}`,
    );
  }
  const { generatorPrior, loadGenerator } = await import("../../priors/generator/index.ts");
  const trained = await loadGenerator(prior);
  const name = path.basename(path.resolve(prior));
  const generator = generatorPrior(name, trained.model);
  if (generator.shape.join() !== shape.join()) {
    throw new InputError(
      `--prior: ${prior} makes signals of [${generator.shape.join(", ")}], the measured ones are [${shape.join(", ")}]; ` +
        "use a prior trained on signals of that shape",
    );
  }
  return { method: generatorMethod(name, generator, options), trained };
}
