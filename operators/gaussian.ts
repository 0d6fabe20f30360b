import { sizeOf } from "../src/data/array.ts";
import { stream } from "../src/data/random.ts";
import { operatorKind } from "./kind.ts";
import { denseOperator } from "./matrix.ts";
import type { LinearOperator } from "./operator.ts";

export interface GaussianOptions {
  /** Shape of one signal; n is its number of elements. */
  readonly inShape: readonly number[];
  /** Measurements of one signal. More than n are allowed: they average noise down. */
  readonly m: number;
  readonly seed: number;
  /** Tells matrices of one m, n and seed apart; default 0. */
  readonly place?: number;
}

/**
 * Random Gaussian measurements: y = Ax, A of m×n with independent entries N(0, 1/m), so that E‖Ax‖² = ‖x‖².
 * x: [batch, ...inShape], flattened; y: [batch, m]. The same m, n, seed and place give the same A everywhere. If one of them differs,
 * A is independent.
 *
 * Source: Bora, Jalal, Price, Dimakis 2017 (CSGM), section 2, in the scaling N(0, 1/m).
 * Errors: m that is not a positive integer.
 */
export function gaussian({ inShape, m, seed, place = 0 }: GaussianOptions): LinearOperator {
  if (!(Number.isInteger(m) && m > 0)) throw new RangeError(`gaussian: m: expected a positive integer, got ${m}`);
  const n = sizeOf(inShape);
  const entries = stream(seed, "gaussian operator", m, n, place).fillNormal(new Float32Array(m * n));
  const scale = 1 / Math.sqrt(m);
  for (let i = 0; i < entries.length; i++) entries[i]! *= scale;
  return { ...denseOperator(`gaussian(m=${m})`, entries, m, inShape), form: { kind: "mixing" } };
}

export const gaussianKind = operatorKind({
  summary: "y = Ax, A random with entries N(0, 1/m): compressed sensing",
  options: { m: { type: "integer", required: true, description: "measurements of one signal" } },
  samples: [
    { inShape: [4, 5], spec: "gaussian:m=7" },
    { inShape: [6], spec: "gaussian:m=9" },
  ],
  make: (inShape, { m }, draws) => gaussian({ inShape, m, ...draws }),
});
