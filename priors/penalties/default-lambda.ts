import type { LambdaFacts } from "../prior.ts";

/** σ counts as at least this part of the measurements' size. So λ is above 0 without noise too, and the solution is unique. */
const LEAST = 0.006;

/** σ as rules for λ count it. */
export const sigmaOf = ({ sigma, gain, amplitude }: LambdaFacts): number => Math.max(sigma, LEAST * gain * amplitude);

/**
 * λ of r(x) = ‖x‖²: σ²/(2a²), a the signals' root mean square. It makes the recovery the posterior mode for x ~ N(0, a²I), whatever
 * Φ is; digits in [0, 1] have a = 0.3 and λ = 5σ².
 */
export const energyLambda = (facts: LambdaFacts): number => sigmaOf(facts) ** 2 / (2 * facts.amplitude ** 2);

/**
 * λ of a norm r: cσg, g the gain of Φ. Noise enters the gradient Φ'(y − Φx) with a size of σ times a column of Φ, so λ has to grow with
 * both. In other units of the signals or of Φ the estimate is then the same, in those units. c was found on 12 MNIST training digits
 * (100 to 111), for σ 0.05 and 0.2 and nine operators. For a new norm, `compare --tune` shows the λ of least error for each Φ and σ:
 * choose c so that cσg is near them all.
 */
export const normLambda =
  (c: number) =>
  (facts: LambdaFacts): number =>
    c * sigmaOf(facts) * facts.gain;
