import { erf } from "#math";

/**
 * What Gaussian noise hides. A sum whose neighbours differ by at most Δ, with noise N(0, σ²), has μ = Δ/σ; releases of μ₁, μ₂, … together have
 * μ = √(μ₁² + μ₂² + …), also where a later one depends on earlier ones (Dong, Roth, Su 2022, Corollary 3.3).
 */

/**
 * The least δ for which a Gaussian release of μ = Δ/σ is (ε, δ)-private, Φ(μ/2 − ε/μ) − exp(ε) Φ(−μ/2 − ε/μ) (Balle, Wang 2018, Theorem 8).
 */
export function deltaOf(epsilon: number, mu: number): number {
  const [a, b] = [epsilon / mu - mu / 2, epsilon / mu + mu / 2];
  // exp(ε) φ(b) = φ(a), so neither overflows
  return upperTail(a) - density(a) * millsRatio(b);
}

/** The largest μ that is (ε, δ)-private: Algorithm 1 of Balle and Wang (2018), whose σ is Δ/μ. By bisection, to the last bits. */
export function muOf(epsilon: number, delta: number): number {
  return bisected((mu) => deltaOf(epsilon, mu) <= delta, 0, 2 + epsilon + 10 * Math.sqrt(epsilon + 1));
}

/** The least ε at least 0 for which releases of μ together are (ε, δ)-private. */
export function epsilonOf(mu: number, delta: number): number {
  if (deltaOf(0, mu) <= delta) return 0;
  const most = (mu * mu) / 2 + mu * Math.sqrt(2 * Math.log(1 / delta)) + 1; // Bun, Steinke 2016, Proposition 1.3, is below
  return bisected((epsilon) => deltaOf(epsilon, mu) > delta, 0, most);
}

/** The border up to which a property holds that holds at `low` and not at `high`. */
function bisected(holds: (value: number) => boolean, low: number, high: number): number {
  let [a, b] = [low, high];
  for (;;) {
    const middle = (a + b) / 2;
    if (middle <= a || middle >= b) return a;
    if (holds(middle)) a = middle;
    else b = middle;
  }
}

const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);

/** From here on `1 - erf` has lost digits, and the continued fraction converges fast. */
const TAIL = 2;

/** P(Z > t) for a standard normal Z. */
const upperTail = (t: number): number => (t > TAIL ? density(t) * millsRatio(t) : (1 - erf(t / Math.SQRT2)) / 2);

/** P(Z > t)/φ(t); for large t the continued fraction 1/(t + 1/(t + 2/(t + …))) (Abramowitz, Stegun 26.2.14). */
function millsRatio(t: number): number {
  if (t <= TAIL) return upperTail(t) / density(t);
  let value = t;
  for (let k = 200; k > 0; k--) value = t + k / value;
  return 1 / value;
}
