import { epsilonOf } from "./gaussian-privacy.ts";
import type { Owner } from "./release.ts";

/** What several Gaussian releases of the same data have spent together, at one δ. */
export interface Spent {
  /** ρ of concentrated privacy, Σ μ²/2: the Rényi divergence of every order α is at most αρ. */
  readonly rho: number;
  /** ε by Rényi divergences. */
  readonly renyi: number;
  /** ε of the Gaussian law itself, which is the least. */
  readonly epsilon: number;
}

/** Sums up releases by their μ = Δ/σ (gaussian-privacy.ts). */
export function spent(mus: readonly number[], delta: number): Spent {
  const squares = mus.reduce((sum, mu) => sum + mu * mu, 0);
  const rho = squares / 2;
  return { rho, renyi: renyiEpsilon(rho, delta), epsilon: epsilonOf(Math.sqrt(squares), delta) };
}

/** What the releases of one owner's data have spent, at their δ. */
export const spentBy = ({ passes, delta }: Pick<Owner, "passes" | "delta">): Spent => spent(passes, delta);

/**
 * ε of a mechanism whose Rényi divergence of every order α is at most αρ (Mironov 2017, Corollary 3: Gaussian noise has ρ = Δ²/2σ², and divergences of
 * several releases add, Proposition 1; the same holds for discrete Gaussian noise: Canonne, Kamath, Steinke 2020, Theorem 4), by their Proposition 12:
 *
 *   ε = min over α > 1 of αρ + log(1 − 1/α) − log(δα)/(α − 1), at least 0.
 */
export function renyiEpsilon(rho: number, delta: number): number {
  if (rho === 0) return 0;
  const at = (alpha: number) =>
    alpha * rho + Math.log1p(-1 / alpha) - (Math.log(delta) + Math.log(alpha)) / (alpha - 1);
  // one minimum: golden sections on log(α − 1)
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(1e-6), Math.log(1e9)];
  for (let i = 0; i < 200; i++) {
    const [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (at(1 + Math.exp(a)) < at(1 + Math.exp(b))) high = b;
    else low = a;
  }
  return Math.max(0, at(1 + Math.exp(low)));
}
