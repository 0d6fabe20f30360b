import * as tf from "#tf";
import { requireSignal } from "../../operators/axes.ts";
import {
  backwardAdjoint,
  backwardDifference,
  differencesNorm,
  forwardAdjoint,
  forwardDifference,
  withoutLast,
} from "../../operators/neighbours.ts";
import { penaltyKind } from "../kind.ts";
import type { AnalysisPenalty, Tensors } from "../prior.ts";
import { lengthBall } from "./balls.ts";
import { normLambda } from "./default-lambda.ts";

export interface TgvOptions {
  /** α₀/α₁, what a change of the slope costs beside a jump; α₁ = 1. Default 2. */
  readonly curvature?: number;
}

/**
 * Total generalised variation of second order (Bredies, Kunisch, Pock 2010, equation 3.3, α₁ = 1):
 *
 *     r(x) = min over w of Σ_pixels |∇x − w| + α₀ Σ_pixels |Ew|,   Ew = (∂₁w₁, ∂₂w₂, (∂₁w₂ + ∂₂w₁)/√2)
 *
 * Jumps cost as much as by total variation, and slopes nothing: it has no staircases. ∇ are forward differences, E backward ones (0 before the
 * first pixel). Where ∇ would reach past the last pixel, ∇x − w does not count, so r is 0 for every plane. Lengths |·| are Euclidean; the
 * mixed derivative counts twice. Signals: [h, w], [h, w, channels] (each channel by itself) or [length].
 */
export function tgv(shape: readonly number[], { curvature = 2 }: TgvOptions = {}): AnalysisPenalty {
  requireSignal("tgv", shape);
  if (!(curvature > 0 && curvature < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`tgv: curvature: expected a positive number, got ${curvature}`);
  }
  const axes = shape.slice(0, 2).map((_, axis) => axis);
  const pairs = axes.length === 2;
  const inside = (parts: Tensors) => parts.map((part, axis) => withoutLast(part, axis));
  const split = (f: Tensors) => [f.slice(0, axes.length), f.slice(axes.length)] as const;
  return {
    kind: "penalty",
    form: "analysis",
    name: "tgv",
    shape,
    unknownShapes: [shape, ...axes.map(() => shape)],
    featureShapes: [...axes, ...axes, ...(pairs ? [0] : [])].map(() => shape),
    norm: normBound(differencesNorm(shape)),
    analysis: ([x, ...w]) => {
      const kept = inside(w);
      return [
        ...axes.map((axis) => tf.sub(forwardDifference(x!, axis), kept[axis]!)),
        ...axes.map((axis) => backwardDifference(w[axis]!, axis)),
        ...(pairs ? [tf.mul(Math.SQRT1_2, tf.add(backwardDifference(w[1]!, 0), backwardDifference(w[0]!, 1)))] : []),
      ];
    },
    synthesis: (features) => {
      const [p, [...q]] = split(features);
      const mixed = pairs ? tf.mul(Math.SQRT1_2, q[2]!) : undefined;
      const kept = inside(p);
      const backTo = (axis: number) => {
        const own = tf.sub(backwardAdjoint(q[axis]!, axis), kept[axis]!);
        return mixed ? tf.add(own, backwardAdjoint(mixed, 1 - axis)) : own;
      };
      return [tf.addN(p.map(forwardAdjoint)), ...axes.map(backTo)];
    },
    size: (features) => {
      const [jumps, bends] = split(features);
      return tf.add(lengthBall.size(jumps), tf.mul(curvature, lengthBall.size(bends)));
    },
    project: (features, radius) => {
      const [p, q] = split(features);
      return [...lengthBall.project(p, radius), ...lengthBall.project(q, tf.mul(curvature, radius))];
    },
    defaultLambda: normLambda(0.3),
  };
}

export const tgvKind = penaltyKind({
  summary: "piecewise affine, total generalised variation of second order",
  options: {
    curvature: { type: "number", default: 2, description: "α₀/α₁, what a change of slope costs beside a jump" },
  },
  samples: [
    { shape: [6, 5], spec: "tgv" },
    { shape: [4, 5, 2], spec: "tgv:curvature=1" },
    { shape: [7], spec: "tgv" },
  ],
  make: tgv,
});

/**
 * An upper bound of ‖K‖ from g = ‖∇‖ ≥ ‖E‖: of the blocks of K = [∇ −M; 0 E], by the norm of [g 1; 0 g], the larger eigenvalue of
 * [g² g; g 1 + g²] under the root.
 */
const normBound = (g: number): number => Math.sqrt((2 * g * g + 1 + Math.sqrt(4 * g * g + 1)) / 2);
