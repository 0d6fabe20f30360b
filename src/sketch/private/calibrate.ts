import { deltaOf } from "./gaussian-privacy.ts";

/**
 * The largest μ for which releases with discrete Gaussian noise are (ε, δ)-private together. `roughness(μ)` is Σ |a|/σ² over all their sums, at most, for the
 * contribution a of one sample (`roughnessOf`).
 *
 * The privacy loss of discrete noise Y is Σ a²/2σ² + aY/σ². For a normal G of the same σ, P(Y ≥ m) ≤ P(G ≥ m − 1) for every integer m: terms of a falling
 * sum are at most integrals over the unit before, and Σ exp(−y²/2σ²) ≥ √(2πσ²) by Poisson's formula, with equality but for exp(−2π²σ²). So Y is at most
 * G + 1 in law, the loss at most that of the normal noise plus Σ |a|/σ², and δ(ε) at most that of Balle and Wang (2018) at ε − Σ |a|/σ². On our grids that is ε less
 * some 10⁻⁶.
 */
export function calibrated(epsilon: number, delta: number, roughness: (mu: number) => number): number {
  let [low, high] = [0, 2 + epsilon + 10 * Math.sqrt(epsilon + 1)];
  for (;;) {
    const mu = (low + high) / 2;
    if (mu <= low || mu >= high) return low * SLACK;
    const left = epsilon - roughness(mu);
    if (left > 0 && deltaOf(left, mu) <= delta) low = mu;
    else high = mu;
  }
}

/** Covers the rounding of σ and of this computation, about 10⁻¹³, and exp(−2π²σ²) for σ of at least 2. */
const SLACK = 1 - 1e-9;
