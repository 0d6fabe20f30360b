import type { ValueRange } from "../../data/range.ts";
import type { Outcome } from "../recovery.ts";

/** The most sweeps over the pixels. Tens are usual; thousands are needed where nearly everything is known. */
const SWEEPS = 5000;

/**
 * The tolerance, as a part of the range, or of the largest deviation if that is smaller. Sweeps end when none of their steps was larger and
 * the conditions of a solution hold within it.
 */
const TOLERANCE = 1e-3;

/** Over-relaxation of a pixel's step. It halves the number of sweeps. */
const RELAXATION = 1.5;

/**
 * Added to the diagonal of P, as a part of its largest entry, but at least the tolerance squared. The rounding of float32 can make P
 * indefinite, by less than this.
 */
const ROUNDING = 1e-5;

/**
 * A sweep has diverged if it moves a pixel by more than this many times the sum of two lengths: how far the mean lies outside the box,
 * and the largest deviation.
 */
const LOST = 1e3;

/**
 * The mode of a Gaussian with mean x and covariance P within a box, argmin (u − x)ᵀ P⁻¹ (u − x) over low ≤ u ≤ high. It is written over x
 * [n]; `row(p)` is row p of P. Returns how the iteration ended: `fallback` if it diverged, u is then x clipped.
 *
 * u = x + Pν solves the dual of the quadratic program, and ν is found pixel by pixel (Hildreth 1957). νᵢ brings uᵢ to the bound that
 * uᵢ exceeds; it is 0 if uᵢ exceeds none. The steps are over-relaxed and projected (Cryer 1971). P may be singular, so a small number
 * is added to its diagonal. Either bound may be infinite.
 */
export function intoBox(x: Float32Array, row: (p: number) => Float32Array, low: number, high: number): Outcome {
  const n = x.length;
  const multipliers = new Float64Array(n);
  const moving = new Float64Array(x);
  let [largest, exceeded] = [0, 0];
  for (let p = 0; p < n; p++) {
    largest = Math.max(largest, row(p)[p]!);
    exceeded = Math.max(exceeded, low - x[p]!, x[p]! - high);
  }
  if (largest === 0) {
    for (let p = 0; p < n; p++) x[p] = Math.min(high, Math.max(low, x[p]!)); // x is known: nothing else can move
    return "converged";
  }
  const deviation = Math.sqrt(largest);
  const least = TOLERANCE * Math.min(high - low, deviation); // one end may be infinite
  const slack = Math.max(least ** 2, ROUNDING * largest);
  let outcome: Outcome = "max-steps";
  for (let sweep = 0, moved = Number.POSITIVE_INFINITY; sweep < SWEEPS; sweep++) {
    moved = 0;
    for (let p = 0; p < n; p++) {
      const value = moving[p]!;
      const held = multipliers[p]!;
      if (held === 0 && value >= low && value <= high) continue;
      const covariances = row(p);
      const variance = Math.max(0, covariances[p]!) + slack;
      const below = held > 0 || value < low;
      const wanted = held + (RELAXATION * ((below ? low : high) - value)) / variance;
      const next = below ? Math.max(0, wanted) : Math.min(0, wanted); // multipliers only push inwards
      const step = next - held;
      if (Math.abs(step * variance) <= 0.1 * least) continue;
      multipliers[p] = next;
      moved = Math.max(moved, Math.abs(step * variance));
      for (let q = 0; q < n; q++) moving[q]! += step * covariances[q]!;
      moving[p]! += step * slack;
    }
    if (!(moved < LOST * (exceeded + deviation))) {
      moving.set(x); // P is not a covariance: the clipped mean stands for the mode
      outcome = "fallback";
      break;
    }
    if (moved <= least && violation(moving, multipliers, row, slack, [low, high]) <= least) {
      outcome = "converged";
      break;
    }
  }
  for (let p = 0; p < n; p++) x[p] = Math.min(high, Math.max(low, moving[p]!));
  return outcome;
}

/**
 * How far x = x̄ + Pν is from a solution, in units of x: a pixel whose multiplier is 0 by how far it lies outside the box; another by its
 * distance from the bound that holds it, or by how far it would move without its multiplier, whichever is less. A sweep of small steps
 * does not tell this, because every step moves the pixels before it.
 */
function violation(
  x: Float64Array,
  multipliers: Float64Array,
  row: (p: number) => Float32Array,
  slack: number,
  [low, high]: ValueRange,
): number {
  let largest = 0;
  for (const [p, value] of x.entries()) {
    const held = multipliers[p]!;
    const away = held === 0 ? Math.max(low - value, value - high, 0) : Math.abs(value - (held > 0 ? low : high));
    const free = Math.abs(held) * (Math.max(0, row(p)[p]!) + slack);
    largest = Math.max(largest, held === 0 ? away : Math.min(away, free));
  }
  return largest;
}
