import * as tf from "#tf";
import { alongAxis, matrixOf, transposed } from "../../operators/axes.ts";
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
  if (shape.length < 1 || shape.length > 3) {
    throw new RangeError(`tv: expected signals of [h, w], [h, w, channels] or [length], got [${shape.join(", ")}]`);
  }
  const differences = shape.slice(0, 2).map(differenceMatrix);
  const adjoints = differences.map(transposed);
  const analysis = (x: tf.Tensor) =>
    tf.stack(
      differences.map((matrix, axis) => alongAxis(x, axis, matrix)),
      1,
    );
  return {
    kind: "penalty",
    form: "analysis",
    name: "tv",
    shape,
    featureShape: [differences.length, ...shape],
    norm: Math.sqrt(shape.slice(0, 2).reduce((sum, n) => sum + 4 * Math.cos(Math.PI / (2 * n)) ** 2, 0)),
    value: (x) => tf.sum(perSignal(magnitude(analysis(x))), 1),
    analysis,
    synthesis: (p) => tf.addN(adjoints.map((matrix, axis) => alongAxis(part(p, axis), axis, matrix))),
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

/** The part of one axis: [batch, axes, ...shape] to [batch, ...shape]. */
const part = (p: tf.Tensor, axis: number): tf.Tensor =>
  tf.reshape(tf.slice(p, [0, axis], [-1, 1]), [p.shape[0]!, ...p.shape.slice(2)]);

/** (Dx)[i] = x[i+1] − x[i], the last row 0. Its norm is 2 cos(π/(2n)). */
const differenceMatrix = (n: number) =>
  matrixOf(n, n, (i, j) => (i === n - 1 ? 0 : Number(j === i + 1) - Number(j === i)));
