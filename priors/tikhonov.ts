import * as tf from "#tf";
import type { QuadraticPenalty } from "./prior.ts";
import { perSignal } from "./signals.ts";

/** Tikhonov: r(x) = ‖x‖², the sum of squares (no ½, no mean). Small λ tends to the solution of least norm. */
export function tikhonov(shape: readonly number[]): QuadraticPenalty {
  return {
    kind: "penalty",
    form: "quadratic",
    name: "tikhonov",
    shape,
    value: (x) => tf.sum(perSignal(tf.square(x)), 1),
    gradient: (x) => tf.mul(x, 2),
  };
}
