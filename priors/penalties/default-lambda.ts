import type { LambdaFacts } from "../prior.ts";

/** σ is taken to be at least this part of the measurements' own size: without noise some weight is left, for a unique solution. */
const LEAST = 0.006;

const sigmaOf = ({ sigma, gain, amplitude }: LambdaFacts): number => Math.max(sigma, LEAST * gain * amplitude);

/**
 * λ of r(x) = ‖x‖²: σ²/(2a²), a the signals' root mean square. It makes the recovery the posterior mode for x ~ N(0, a²I), whatever
 * Φ is; digits in [0, 1] have a = 0.3 and λ = 5σ².
 */
export const energyLambda = (facts: LambdaFacts): number => sigmaOf(facts) ** 2 / (2 * facts.amplitude ** 2);

/**
 * λ of a norm r: cσg, g the gain of Φ. Noise enters the gradient Φ'(y − Φx) with a size of σ times a column of Φ, so that λ has to grow
 * with both; signals or an operator in other units then have the same estimate in theirs. c was found on 12 MNIST training digits
 * (100 to 111), for σ 0.05 and 0.2 and nine operators. For a new norm, `compare --tune` shows the λ of least error for each Φ and σ:
 * choose c so that cσg is near them all.
 */
export const normLambda =
  (c: number) =>
  (facts: LambdaFacts): number =>
    c * sigmaOf(facts) * facts.gain;
