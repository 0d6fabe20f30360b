import * as tf from "#tf";
import type { AnalysisPenalty, Tensors } from "../prior.ts";
import { perSignal, spread } from "../signals.ts";

/** A norm |f| of features, and the projection on its dual ball. */
export type Ball = Pick<AnalysisPenalty, "size" | "project">;

/** |f| = Σ |fᵢ| over all numbers; the ball is |pᵢ| ≤ radius. */
export const numberBall: Ball = {
  size: (f) => total(f.map(tf.abs)),
  project: (p, radius) =>
    p.map((part) => {
      const limit = spread(radius, part.rank);
      return tf.minimum(tf.maximum(part, tf.neg(limit)), limit);
    }),
};

/** |f| = Σ_pixels √(Σ fᵢ²) over arrays of one shape, the length of the vector at every pixel; the ball is √(Σ pᵢ²) ≤ radius at all of them. */
export const lengthBall: Ball = {
  size: (f) => total([length(f)]),
  project: (p, radius) => {
    const size = length(p);
    const limit = spread(radius, size.rank);
    // an element inside the ball keeps its exact value; the tiny floor is for radius 0
    const shrink = tf.div(limit, tf.maximum(size, tf.maximum(limit, 1e-30)));
    return p.map((part) => tf.mul(part, shrink));
  },
};

const length = (f: Tensors): tf.Tensor => tf.sqrt(tf.addN(f.map((part) => tf.square(part))));

/** The sum of everything, of every signal. */
const total = (parts: Tensors): tf.Tensor =>
  parts.map((part) => tf.sum(perSignal(part), 1)).reduce((a: tf.Tensor, b) => tf.add(a, b));
