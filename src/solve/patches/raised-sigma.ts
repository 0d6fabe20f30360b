import { sizeOf } from "../../data/array.ts";
import type { NoiseModel } from "../../measure/noise/noise.ts";
import { LEAST } from "../../sketch/index.ts";
import type { Problem } from "../problem.ts";
import type { Raised } from "../recovery.ts";

/** Least σ, as noise of x: noise of less than that of rounding to 8 bits is not told from it. */
const LEAST_SIGMA = Math.sqrt(LEAST);

export interface RaisedSigma {
  /** The noise, as noise of x: σ/‖Φ‖, at least that of rounding to 8 bits. */
  readonly noise: number;
  /** σ of y, raised if it is below that. Noise that is not Gaussian is raised only from 0. */
  readonly sigma: number;
  /** Present if σ was raised. */
  readonly raised?: Raised;
}

/** The σ that images are recovered with; `gain` is ‖Φ‖. */
export function raisedSigma({ noise: model, operator }: Problem, gain: number): RaisedSigma {
  const given = model.sigma;
  const noise = effectiveSigma(model) / gain;
  const raise = model.gaussian ? Math.max(1, LEAST_SIGMA / noise) : 1; // Infinity without noise
  const sigma = noise > 0 ? raise * given : LEAST_SIGMA * gain;
  return {
    noise: Math.max(noise, LEAST_SIGMA),
    sigma,
    ...(sigma > given && { raised: { from: given, to: sigma, measurements: sizeOf(operator.outShape) } }),
  };
}

/** σ of noise that is as informative as that of a problem: 1/√(mean of 1/σᵢ²). */
function effectiveSigma({ sigma, gaussian }: NoiseModel): number {
  const sigmas = gaussian?.sigmas;
  return sigmas ? 1 / Math.sqrt(sigmas.reduce((sum, s) => sum + 1 / s ** 2 / sigmas.length, 0)) : sigma;
}
