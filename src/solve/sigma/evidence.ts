import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import type { Mixture } from "../gaussian/as-mixture.ts";
import { mixturePosterior } from "../gaussian/mixture-posterior.ts";
import { minimum } from "./minimum.ts";
import type { UnknownNoise } from "./unknown-noise.ts";

/** The least σ that is tried, as a part of y's root mean square. */
export const LEAST = 1e-4;

/**
 * The σ of the greatest evidence Σᵢ log p(yᵢ | σ) over all signals (type II maximum likelihood), for a mixture prior and a linear Φ. It
 * is searched on a logarithmic grid from 1e-4 of y's root mean square to all of it, then by golden sections until log σ is within 0.04.
 */
export async function sigmaByEvidence({ operator, y, size, signal }: UnknownNoise, prior: Mixture): Promise<number> {
  const loss = async (logSigma: number) => {
    const noise = gaussianNoise(Math.exp(logSigma));
    const { evidence } = await mixturePosterior({ operator, y, noise }, prior, { ...(signal && { signal }) });
    return -evidence.reduce((sum, v) => sum + v, 0);
  };
  const range = { low: Math.log(LEAST * size), high: Math.log(size) };
  return Math.exp(await minimum(loss, { ...range, points: 8, tolerance: 0.08 }));
}
