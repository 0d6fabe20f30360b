import type { Random } from "../../data/random.ts";

/** Below this mean, products of uniform numbers are quicker than rejection. */
const SMALL = 10;

/** A draw of the Poisson law with a mean of at least 0. The expected time is bounded, whatever the mean. */
export function drawPoisson(mean: number, random: Random): number {
  return mean < SMALL ? byProducts(mean, random) : byRejection(mean, random);
}

/** How many uniform numbers can be multiplied before the product falls below e^-mean (Knuth 1969). */
function byProducts(mean: number, random: Random): number {
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > least; product *= random.uniform()) count++;
  return count;
}

/** Transformed rejection with a squeeze (PTRS of Hörmann 1993, Insurance: Mathematics and Economics 12). */
function byRejection(mean: number, random: Random): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + mean + 0.43);
    if (distance >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    const left = Math.log((v * inverseAlpha) / (a / (distance * distance) + b));
    if (left <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

/** log k!, by its sum for small k, else by Stirling's series, whose next term is below 1e-9 there. */
function logFactorial(k: number): number {
  if (k < 10) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const n = k + 1;
  return (
    (n - 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5)
  );
}
