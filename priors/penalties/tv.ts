import * as tf from "#tf";
import { requireSignal } from "../../operators/axes.ts";
import { differencesNorm, forwardAdjoint, forwardDifference } from "../../operators/neighbours.ts";
import { penaltyKind } from "../kind.ts";
import type { AnalysisPenalty } from "../prior.ts";
import { lengthBall, numberBall } from "./balls.ts";
import { normLambda } from "./default-lambda.ts";

export interface TvOptions {
  /** |∂x| + |∂y| at every pixel, which prefers edges along the axes; default false: the length of the gradient. */
  readonly anisotropic?: boolean;
}

/**
 * Total variation (Rudin, Osher, Fatemi 1992): r(x) = Σ_pixels √(Σ_axes (∂x)²), isotropic, or Σ_pixels Σ_axes |∂x|, with forward differences
 * that are 0 past the last pixel. Differences run along the first two axes: [h, w], [h, w, channels] (each channel by itself) or [length].
 */
export function tv(shape: readonly number[], { anisotropic = false }: TvOptions = {}): AnalysisPenalty {
  requireSignal("tv", shape);
  const axes = shape.slice(0, 2);
  return {
    kind: "penalty",
    form: "analysis",
    name: "tv",
    shape,
    unknownShapes: [shape],
    featureShapes: axes.map(() => shape),
    norm: differencesNorm(shape),
    analysis: ([x]) => axes.map((_, axis) => forwardDifference(x!, axis)),
    synthesis: (p) => [tf.addN(p.map(forwardAdjoint))],
    ...(anisotropic ? numberBall : lengthBall),
    defaultLambda: normLambda(0.3),
  };
}

export const tvKind = penaltyKind({
  summary: "piecewise constant, r(x) = Σ |∇x|, total variation",
  options: {
    anisotropic: { type: "flag", description: "|∂x| + |∂y| at every pixel instead of the length of the gradient" },
  },
  baseline: true,
  samples: [
    { shape: [6, 4], spec: "tv" },
    { shape: [4, 5, 2], spec: "tv" },
    { shape: [7], spec: "tv" },
    { shape: [5, 4], spec: "tv:anisotropic" },
  ],
  make: tv,
});
