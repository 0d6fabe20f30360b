import * as tf from "#tf";
import { penaltyKind } from "../kind.ts";
import type { QuadraticPenalty } from "../prior.ts";
import { perSignal, spread } from "../signals.ts";
import { energyLambda } from "./default-lambda.ts";

/** Tikhonov: r(x) = ‖x‖², the sum of squares (no ½, no mean). Small λ tends to the solution of least norm. */
export function tikhonov(shape: readonly number[]): QuadraticPenalty {
  return {
    kind: "penalty",
    form: "quadratic",
    name: "tikhonov",
    shape,
    value: (x) => tf.sum(perSignal(tf.square(x)), 1),
    gradient: (x) => tf.mul(x, 2),
    convexity: 2,
    prox: (x, t) => tf.div(x, spread(tf.add(1, tf.mul(2, t)), x.rank)),
    defaultLambda: energyLambda,
  };
}

export const tikhonovKind = penaltyKind({
  summary: "least energy, r(x) = ‖x‖²",
  options: {},
  baseline: true,
  samples: [
    { shape: [6, 4], spec: "tikhonov" },
    { shape: [5], spec: "tikhonov" },
  ],
  make: tikhonov,
});
