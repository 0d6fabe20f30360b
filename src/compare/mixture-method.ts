import { requireLinear } from "../../operators/operator.ts";
import type { MixturePrior } from "../../priors/prior.ts";
import { boundedMode } from "../solve/box.ts";
import { mixturePosterior } from "../solve/mixture-posterior.ts";
import { type MethodOptions, type TunedMethod, unwatched } from "./methods.ts";

/**
 * The posterior of a mixture as a method, without λ: its mean (`mixturePosterior`), or, where signals are known to lie in a range, its
 * mode in there (`boundedMode`). Errors: an operator that is not linear.
 */
export function mixtureMethod(
  prior: MixturePrior,
  { watch = unwatched, range, signal }: Pick<MethodOptions, "watch" | "range" | "signal"> = {},
): TunedMethod {
  return {
    name: prior.name,
    recover: async (given, y, noise) => {
      const operator = requireLinear(prior.name, given);
      return watch(`${prior.name}, ${operator.name}`, async (onProgress) => {
        const started = performance.now();
        const posterior = await mixturePosterior(operator, prior, y, {
          ...{ noise, onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }) },
          ...(signal && { signal }),
        });
        const estimate = range ? await boundedMode(posterior, range) : posterior.mean;
        const seconds = (performance.now() - started) / 1000;
        const finite = estimate.data.every(Number.isFinite);
        return { estimate, seconds, code: finite ? "converged" : "non-finite", steps: 1 };
      });
    },
  };
}
