import ndarray, { type NdArray } from "ndarray";
import type { GaussianPrior, MixturePrior, Prior } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";

/** A mixture for exact posteriors. Its residual may be float64, because the covariance of a Gaussian prior is. */
export type Mixture = Omit<MixturePrior, "residual"> & { readonly residual: NdArray<Float32Array | Float64Array> };

/** Whether a prior can be written as a mixture of Gaussians, so that its posterior is exact. */
export const isMixture = (prior: Prior): boolean =>
  prior.kind === "mixture" ||
  prior.kind === "gaussian" ||
  (prior.kind === "generator" && prior.asMixture !== undefined);

/** The prior as a mixture. A Gaussian has one component; an affine generator has one component for each of its conditions. */
export async function asMixture(prior: Prior): Promise<Mixture> {
  if (prior.kind === "mixture") return prior;
  if (prior.kind === "gaussian") return oneComponent(prior);
  const mixture = prior.kind === "generator" ? await prior.asMixture?.() : undefined;
  if (mixture) return mixture;
  throw new RangeError(
    `posterior: ${prior.name} is no mixture of Gaussians; use recover, which chooses a solver for it`,
  );
}

const known = new WeakMap<GaussianPrior, Mixture>();

/** x = μ + 0·v + r with r ~ N(0, Σ): the whole Gaussian is the residual of one component. */
function oneComponent(prior: GaussianPrior): Mixture {
  const before = known.get(prior);
  if (before) return before;
  const n = prior.mean.length;
  const made: Mixture = {
    ...{ kind: "mixture", name: prior.name, shape: prior.shape },
    weights: Float64Array.of(1),
    means: fromHost(new Float32Array(1), [1, 1]),
    covarianceOf: Int32Array.of(0),
    factors: fromHost(Float32Array.of(1), [1, 1, 1]),
    centre: fromHost(Float32Array.from(prior.mean), [n]),
    matrix: fromHost(new Float32Array(n), [n, 1]),
    residual: ndarray(Float64Array.from(prior.covariance), [n, n]), // rounded to float32, it need not be definite
  };
  known.set(prior, made);
  return made;
}
