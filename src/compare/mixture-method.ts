import { isLinear } from "../../operators/operator.ts";
import { latentForm } from "../../priors/mixture/latent-form.ts";
import type { MixturePrior } from "../../priors/prior.ts";
import { recoverMixture } from "../solve/recover-mixture.ts";
import { generatorMethod, type MethodOptions, type TunedMethod, unwatched } from "./methods.ts";

/** λ of operators that are not linear is σ², the weight of a Gaussian prior; without noise this. */
const LEAST_LAMBDA = 1e-6;

/**
 * The posterior of a mixture as a method, without λ (`recoverMixture`). Where Φ is not linear, the mode of the likeliest component by
 * descent from the cells that explain y best (`recoverLatent` of the mixture's `latentForm`).
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
      return watch(`${prior.name}, ${operator.name}`, (onProgress) =>
        recoverMixture(operator, prior, y, noise, { onProgress, ...(range && { range }), ...(signal && { signal }) }),
      );
    },
  };
}
