/** From here on Stirling's series is exact to float64 rounding with the terms below. */
const FAR = 10;

/** log Γ(x), x > 0: Stirling's series (Abramowitz and Stegun 6.1.41) at x + k ≥ 10, and Γ(x) = Γ(x + k)/(x (x + 1) … (x + k − 1)). */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma: expected a positive number, got ${x}`);
  let product = 1;
  while (x < FAR) product *= x++;
  const inverse = 1 / x ** 2;
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
