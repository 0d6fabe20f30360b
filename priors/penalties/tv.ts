import * as tf from "#tf";
import { requireSignal } from "../../operators/axes.ts";
import { differences } from "../../operators/differences.ts";
import { penaltyKind } from "../kind.ts";
import type { AnalysisPenalty } from "../prior.ts";
import { perSignal, spread } from "../signals.ts";
import { normLambda } from "./default-lambda.ts";

/**
 * Isotropic total variation (Rudin, Osher, Fatemi 1992): r(x) = Σ_pixels √(Σ_axes (∂x)²), with forward differences that
 * are 0 past the last pixel. Differences run along the first two axes: [h, w], [h, w, channels] (each channel by itself)
 * or [length].
 */
export function tv(shape: readonly number[]): AnalysisPenalty {
  requireSignal("tv", shape);
  const { outShape, forward, adjoint, norm } = differences({ inShape: shape });
  return {
    kind: "penalty",
    form: "analysis",
    name: "tv",
    shape,
    featureShape: outShape,
    norm: norm!,
    value: (x) => tf.sum(perSignal(magnitude(forward(x))), 1),
    analysis: forward,
    synthesis: adjoint,
    project: (p, radius) => {
      const size = magnitude(p);
      const limit = spread(radius, size.rank);
      // an element inside the ball keeps its exact value; the tiny floor is for radius 0
      return tf.mul(p, tf.div(limit, tf.maximum(tf.maximum(size, limit), 1e-30)));
    },
    defaultLambda: normLambda(0.3),
  };
}

export const tvKind = penaltyKind({
  summary: "piecewise constant, r(x) = Σ |∇x|, isotropic total variation",
  options: {},
  baseline: true,
  samples: [
    { shape: [6, 4], spec: "tv" },
    { shape: [4, 5, 2], spec: "tv" },
    { shape: [7], spec: "tv" },
  ],
  make: tv,
});

/** The length of the gradient at every pixel: [batch, axes, ...shape] to [batch, 1, ...shape]. */
const magnitude = (p: tf.Tensor): tf.Tensor => tf.sqrt(tf.sum(tf.square(p), 1, true));
