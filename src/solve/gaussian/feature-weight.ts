/** κ, chosen on training digits and clothing: docs/mixture.md says what other values do. */
const DISTRUST = 100;

/**
 * The weight ω of HHᵀ, what features leave uncertain of a signal with the mean x̄, in the covariance ωHHᵀ + R that bounds pull along, R the covariance given the features:
 *
 *     ω = 1/(1 + κq),   q = tr(HHᵀ + R)/Σ(x̄ − its average)²,
 *
 * q the squared error that the posterior expects, relative to the signal's contrast; κ = 100. With ω = 1 hundreds of pixels at a bound move the features as so many exact measurements would, and a learned covariance is only near the truth,
 * the less so the more of the signal is unknown: the error of training digits was 2 to 13 % larger. As with `likelihoodPower`, fewer of them count.
 *
 * variance: tr(HHᵀ + R).
 */
export function featureWeight(variance: number, mean: Float32Array): number {
  const average = mean.reduce((sum, v) => sum + v / mean.length, 0);
  const contrast = mean.reduce((sum, v) => sum + (v - average) ** 2, 0);
  return contrast / (contrast + DISTRUST * variance) || 0; // 0 / 0: a flat signal that is known
}
