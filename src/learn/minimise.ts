import { dot, squaredNorm } from "../data/vector.ts";

/** The value at `x`; fills `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
}

export interface Descent {
  readonly steps: number;
  /** Part of the value by which five steps must lower it; default 1e-4. */
  readonly tolerance?: number;
  /** Awaited after every step (`pauses`); what it throws ends the descent. */
  readonly pause: () => Promise<void>;
}

/** Pairs of steps and changes of the gradient that are kept. */
const MEMORY = 8;
/** A step must lower the value by this part of what the slope promises (Armijo). */
const SLOPE = 1e-4;
const SHORTEST = 1e-10;

/**
 * Minimises a smooth function by L-BFGS with backtracking (Nocedal, Wright, Numerical Optimization, algorithm 7.5), in float64 on the host:
 * for the few hundred unknowns of a task from a sketch. Ends after `steps`, when no step lowers the value, or when five steps lower it by less than `tolerance`
 * of itself. Values that are not finite count as too high.
 */
export async function minimise(
  objective: Objective,
  start: Float64Array,
  { steps, tolerance = 1e-4, pause }: Descent,
): Promise<Minimum> {
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  let before = value;
  for (let step = 1; step <= steps; step++) {
    let direction = descent(gradient, pairs);
    let slope = dot(direction, 0, gradient, 0, x.length);
    if (!(slope < 0)) {
      pairs.length = 0;
      direction = gradient.map((g) => -g);
      slope = -squaredNorm(gradient);
    }
    if (slope === 0) break;
    const next = new Float64Array(x.length);
    const nextGradient = new Float64Array(x.length);
    let [length, found] = [pairs.length > 0 ? 1 : Math.min(1, 0.1 / Math.sqrt(-slope)), Number.NaN];
    for (; length > SHORTEST; length /= found > 0 ? 2 : 4) {
      for (let i = 0; i < x.length; i++) next[i] = x[i]! + length * direction[i]!;
      found = objective(next, nextGradient);
      if (found <= value + SLOPE * length * slope) break;
    }
    if (!(length > SHORTEST)) break;
    const s = next.map((v, i) => v - x[i]!);
    const y = nextGradient.map((g, i) => g - gradient[i]!);
    const sy = dot(s, 0, y, 0, s.length);
    if (sy > 1e-12 * Math.sqrt(squaredNorm(s) * squaredNorm(y))) pairs.push({ s, y, rho: 1 / sy });
    if (pairs.length > MEMORY) pairs.shift();
    [x, gradient, value] = [next, nextGradient, found];
    await pause();
    if (step % 5 === 0) {
      if (before - value <= tolerance * Math.abs(value)) break;
      before = value;
    }
  }
  return { x, value };
}

/** −H g by the two loops over the kept pairs. */
function descent(
  gradient: Float64Array,
  pairs: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.map((g) => -g);
  const n = q.length;
  const alphas = new Float64Array(pairs.length);
  for (let p = pairs.length - 1; p >= 0; p--) {
    const { s, y, rho } = pairs[p]!;
    const alpha = rho * dot(s, 0, q, 0, n);
    alphas[p] = alpha;
    for (let i = 0; i < n; i++) q[i]! -= alpha * y[i]!;
  }
  const last = pairs.at(-1);
  if (last) {
    const gamma = 1 / (last.rho * squaredNorm(last.y));
    for (let i = 0; i < n; i++) q[i]! *= gamma;
  }
  for (const [p, { s, y, rho }] of pairs.entries()) {
    const beta = rho * dot(y, 0, q, 0, n);
    for (let i = 0; i < n; i++) q[i]! += (alphas[p]! - beta) * s[i]!;
  }
  return q;
}
