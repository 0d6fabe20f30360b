import { sizeOf } from "../src/data/array.ts";
import { stream } from "../src/data/random.ts";
import type { GaussianOptions } from "./gaussian.ts";
import { operatorKind } from "./kind.ts";
import { denseOperator } from "./matrix.ts";
import type { LinearOperator } from "./operator.ts";

/**
 * Random signs: y = Ax, A of m×n with independent entries ±1/√m, so that E‖Ax‖² = ‖x‖². x: [batch, ...inShape], flattened; y: [batch, m].
 * The same m, n, seed and place give the same A everywhere.
 *
 * Source: Baraniuk, Davenport, DeVore, Wakin 2008, "A simple proof of the restricted isometry property for random matrices".
 * Errors (RangeError): m that is not a positive integer.
 */
export function bernoulli({ inShape, m, seed, place = 0 }: GaussianOptions): LinearOperator {
  if (!(Number.isInteger(m) && m > 0)) throw new RangeError(`bernoulli: m: expected a positive integer, got ${m}`);
  const n = sizeOf(inShape);
  const random = stream(seed, "bernoulli operator", m, n, place);
  const size = 1 / Math.sqrt(m);
  const entries = Float32Array.from({ length: m * n }, () => (random.uniform() < 0.5 ? -size : size));
  return { ...denseOperator(`bernoulli(m=${m})`, entries, m, inShape), form: { kind: "mixing" } };
}

export const bernoulliKind = operatorKind({
  summary: "y = Ax, A random with entries ±1/√m: compressed sensing",
  options: { m: { type: "integer", required: true, description: "measurements of one signal" } },
  samples: [
    { inShape: [4, 5], spec: "bernoulli:m=7" },
    { inShape: [6], spec: "bernoulli:m=9" },
  ],
  make: (inShape, { m }, draws) => bernoulli({ inShape, m, ...draws }),
});
