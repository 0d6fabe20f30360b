import { isLinear } from "../../operators/operator.ts";
import { latentForm } from "../../priors/mixture/latent-form.ts";
import type { MixturePrior } from "../../priors/prior.ts";
import { boundedMode } from "../solve/box.ts";
import { mixturePosterior } from "../solve/mixture-posterior.ts";
import { generatorMethod, type MethodOptions, type TunedMethod, unwatched } from "./methods.ts";

/** λ of operators that are not linear is σ², the weight of a Gaussian prior; without noise this. */
const LEAST_LAMBDA = 1e-6;

/**
 * The posterior of a mixture as a method, without λ: its mean (`mixturePosterior`), or, where signals are known to lie in a range, its
 * mode in there (`boundedMode`). Where Φ is not linear, the mode of the likeliest component by descent from the cells that explain y
 * best (`recoverLatent` of the mixture's `latentForm`).
 */
export function mixtureMethod(
  prior: MixturePrior,
  { watch = unwatched, range, signal, seed = 1 }: Pick<MethodOptions, "watch" | "range" | "signal" | "seed"> = {},
): TunedMethod {
  return {
    name: prior.name,
    recover: async (operator, y, noise) => {
      if (!isLinear(operator)) {
        const lambda = Math.max(noise ** 2, LEAST_LAMBDA);
        return generatorMethod(prior.name, latentForm(prior), {
          watch,
          seed,
          lambda,
          ...(signal && { signal }),
        }).recover(operator, y, noise);
      }
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
