import * as tf from "#tf";
import type { SmoothPenalty } from "../../../priors/prior.ts";
import { filled, norms, scaled, TINY } from "../batch.ts";
import { accelerated, acceleratedStart } from "./accelerated.ts";
import { boxOf } from "./box.ts";
import type { CentredProblem } from "./centre.ts";
import type { PenaltyMethod } from "./method.ts";
import type { OperatorSize } from "./size.ts";

/**
 * Descends ½‖y − Φx‖² + λ r(x) over low ≤ x ≤ high for smooth r, by projected gradients with momentum and the gradient restart of O'Donoghue, Candès 2015 (`accelerated`):
 *
 *     x⁺ = P(z − g(z)/L),   g(z) = Φ'(Φz − y) + λ∇r(z),   L = (1.01 ‖Φ‖)² + λ · curvature of r,
 *
 * P the projection on the box. r need not be convex, so that x̂ is a stationary point, not always the lowest.
 *
 * gap: L‖x − P(x − g(x)/L)‖/λ, the slope that is left, by which a stationary point is known, in units of λ: of a critic ‖λ∇r‖ is about λ at most.
 */
export function gradientDescent(problem: CentredProblem, prior: SmoothPenalty, size: OperatorSize): PenaltyMethod {
  const { operator, noise } = problem;
  const box = boxOf(problem);
  return {
    name: "gradient-descent",
    tolerance: 0.02,
    start: ({ y }, x = filled(y.shape[0]!, operator.inShape)) => acceleratedStart(x),
    step: ({ y, lambda }, state) => {
      const steepest = tf.add((1.01 * size.norm) ** 2, tf.mul(lambda, prior.curvature));
      const gradient = (at: tf.Tensor) =>
        tf.add(operator.adjoint(tf.sub(operator.forward(at), y)), scaled(lambda, prior.gradient(at)));
      const next = (z: tf.Tensor) => box.project(tf.sub(z, scaled(tf.div(1, steepest), gradient(z))));
      const after = accelerated(state, next);
      const { x } = after;
      const left = tf.mul(steepest, norms(tf.sub(x, next(x))));
      return {
        state: after,
        objective: tf.add(noise.misfit(operator.forward(x), y), tf.mul(lambda, prior.value(x))),
        gap: tf.div(left, tf.maximum(lambda, TINY)),
      };
    },
  };
}
