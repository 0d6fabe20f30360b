import { latentForm } from "../../../priors/mixture/latent-form.ts";
import type { GeneratorPrior, Prior } from "../../../priors/prior.ts";
import { gaussianForm } from "./gaussian-form.ts";

/** A prior as a generator, for descents in latent space. Errors (RangeError): it is no generator, mixture or Gaussian. */
export async function generatorOf(prior: Prior): Promise<GeneratorPrior> {
  if (prior.kind === "generator") return prior;
  if (prior.kind === "gaussian") return gaussianForm(prior);
  if (prior.kind === "mixture") return latentForm(prior);
  throw new RangeError(`latent recovery: ${prior.name} is no generator, mixture or Gaussian`);
}
