import { requireLinear } from "../../operators/operator.ts";
import type { MixturePrior } from "../../priors/prior.ts";
import { mixturePosterior } from "../solve/mixture-posterior.ts";
import { type MethodOptions, type TunedMethod, unwatched } from "./methods.ts";

/** The posterior mean of a mixture as a method (see `mixturePosterior`); there is no λ. Errors: an operator that is not linear. */
export function mixtureMethod(
  prior: MixturePrior,
  { watch = unwatched, signal }: Pick<MethodOptions, "watch" | "signal"> = {},
): TunedMethod {
  return {
    name: prior.name,
    recover: async (given, y, noise) => {
      const operator = requireLinear(prior.name, given);
      return watch(`${prior.name}, ${operator.name}`, async (onProgress) => {
        const started = performance.now();
        const { mean } = await mixturePosterior(operator, prior, y, {
          ...{ noise, onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }) },
          ...(signal && { signal }),
        });
        const seconds = (performance.now() - started) / 1000;
        const finite = mean.data.every(Number.isFinite);
        return { estimate: mean, seconds, code: finite ? "converged" : "non-finite", steps: 1 };
      });
    },
  };
}
