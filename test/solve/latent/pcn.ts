import { stream } from "../../../src/data/random.ts";

/**
 * The preconditioned Crank–Nicolson chain (Cotter, Roberts, Stuart, White 2013) of p(z) ∝ exp(−energy(z)) N(z; 0, I): proposals
 * √(1 − β²) z + β N(0, I), accepted by the change of energy alone. Calls `visit` after every step but the first `burn`.
 */
export function pcn(
  energy: (z: Float64Array) => number,
  size: number,
  { steps, burn, beta, seed }: { steps: number; burn: number; beta: number; seed: number },
  visit: (z: Float64Array) => void,
): { readonly accepted: number } {
  const random = stream(seed, "pcn");
  let z: Float64Array = new Float64Array(size);
  let now = energy(z);
  let accepted = 0;
  for (let step = 0; step < steps; step++) {
    const proposed = z.map((v) => Math.sqrt(1 - beta ** 2) * v + beta * random.normal());
    const then = energy(proposed);
    if (Math.log(random.uniform()) < now - then) {
      [z, now] = [proposed, then];
      accepted++;
    }
    if (step >= burn) visit(z);
  }
  return { accepted: accepted / steps };
}
