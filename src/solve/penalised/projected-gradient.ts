import * as tf from "#tf";
import { operatorNorm } from "../../../operators/norms.ts";
import { linearOperator } from "../../../operators/operator.ts";
import type { QuadraticPenalty } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import { oncePer } from "../../data/once.ts";
import { filled, norms, scaled, TINY } from "../batch.ts";
import { accelerated, acceleratedStart } from "./accelerated.ts";
import { boxOf } from "./box.ts";
import type { CentredProblem } from "./centre.ts";
import type { PenaltyMethod } from "./method.ts";
import type { OperatorSize } from "./size.ts";

/**
 * Minimises ½‖y − Φx‖² + λ r(x) over low ≤ x ≤ high for quadratic r, by accelerated projected gradients (Beck, Teboulle 2009) with the
 * gradient restart of O'Donoghue, Candès 2015:
 *
 *     x⁺ = P(z − g(z)/L),   g(z) = Φ'(Φz − y) + λ∇r(z),   z⁺ = x⁺ + (t − 1)/t⁺ · (x⁺ − x)
 *
 * with P the projection on the box and L = (1.01 ‖Φ‖)² + 1.01 λ‖∇r‖. `gradientNorm` is ‖∇r‖.
 *
 * gap: the maximum over u in the box of ⟨g(x), x − u⟩ − ½λc‖x − u‖², divided by the objective; c is the convexity of r. It bounds how
 * far the objective is from the lowest (c = 0: Jaggi 2013). Without c, the float32 rounding of g would count with the whole width of the
 * box. If c = 0 and an end of the range is infinite, u is assumed to be no farther from x than ‖x‖ or the signals' typical norm,
 * whichever is larger.
 */
export function projectedGradient(
  problem: CentredProblem,
  prior: QuadraticPenalty,
  size: OperatorSize,
  gradientNorm: number,
): PenaltyMethod {
  const { operator, noise } = problem;
  const box = boxOf(problem);
  const root = Math.sqrt(sizeOf(operator.inShape));
  return {
    name: "projected-gradient",
    tolerance: 1e-3,
    start: ({ y }, x = filled(y.shape[0]!, operator.inShape)) => acceleratedStart(x),
    step: ({ y, lambda }, state) => {
      const stepSize = tf.div(1, tf.add((1.01 * size.norm) ** 2, tf.mul(lambda, 1.01 * gradientNorm)));
      const gradient = (at: tf.Tensor) =>
        tf.add(operator.adjoint(tf.sub(operator.forward(at), y)), scaled(lambda, prior.gradient(at)));
      const after = accelerated(state, (z) => box.project(tf.sub(z, scaled(stepSize, gradient(z)))));
      const { x } = after;
      const objective = tf.add(noise.misfit(operator.forward(x), y), tf.mul(lambda, prior.value(x)));
      const reach = tf.maximum(norms(x), tf.mul(norms(y), root / Math.max(size.frobenius, TINY)));
      const fall = prior.convexity
        ? box.curvedFall(gradient(x), x, tf.mul(lambda, prior.convexity))
        : box.fall(gradient(x), x, reach);
      return {
        state: after,
        objective,
        gap: tf.div(fall, tf.maximum(objective, TINY)),
      };
    },
  };
}

/** ‖∇r‖ of a quadratic penalty, computed once. */
export const gradientNormOf = oncePer((prior: QuadraticPenalty): Promise<number> => {
  const { name, shape, gradient } = prior;
  const map = (x: tf.Tensor) => gradient.call(prior, x);
  return operatorNorm(
    linearOperator({ name: `gradient of ${name}`, inShape: shape, outShape: shape, forward: map, adjoint: map }),
    { tolerance: 1e-4 },
  );
});
