import * as tf from "#tf";
import type { NormPenalty } from "../../../priors/prior.ts";
import { dots, filled, TINY } from "../batch.ts";
import { accelerated, acceleratedStart } from "./accelerated.ts";
import type { CentredProblem } from "./centre.ts";
import type { PenaltyMethod } from "./method.ts";

/**
 * FISTA (Beck, Teboulle 2009) with the gradient restart of O'Donoghue, Candès 2015, for a penalty with a proximal map:
 *
 *     x⁺ = prox_{λ/L r}(z − Φ'(Φz − y)/L),   z⁺ = x⁺ + (t − 1)/t⁺ · (x⁺ − x),   t⁺ = (1 + √(1 + 4t²))/2
 *
 * If ⟨z − x⁺, x⁺ − x⟩ > 0 in a row, its t is set back to 1. L = (1.01 ‖Φ‖)²; `norm` is ‖Φ‖.
 *
 * gap: the duality gap over the objective. With q = s(Φx − y), s = min(1, λ/r°(Φ'(Φx − y))), the value −½‖q‖² − ⟨q, y⟩ is a lower bound
 * of every objective. So gap ≤ ε proves that the objective is within the fraction ε of the lowest. Usually it is ten times nearer. Very
 * small λ (below about 1e-4 ‖Φ'y‖∞) need many thousand iterations.
 */
export function fista({ operator, noise }: CentredProblem, prior: NormPenalty, norm: number): PenaltyMethod {
  const stepSize = 1 / (1.01 * norm) ** 2;
  return {
    name: "fista",
    tolerance: 1e-3,
    start: ({ y }, x = filled(y.shape[0]!, operator.inShape)) => acceleratedStart(x),
    step: ({ y, lambda }, state) => {
      const threshold = tf.mul(lambda, stepSize);
      const after = accelerated(state, (z) => {
        const gradient = operator.adjoint(tf.sub(operator.forward(z), y));
        return prior.prox(tf.sub(z, tf.mul(stepSize, gradient)), threshold);
      });
      const { x } = after;
      const measured = operator.forward(x);
      const residual = tf.sub(measured, y);
      const misfit = noise.misfit(measured, y);
      const objective = tf.add(misfit, tf.mul(lambda, prior.value(x)));
      const steepest = prior.dualNorm(operator.adjoint(residual));
      const s = tf.minimum(1, tf.div(lambda, tf.maximum(steepest, TINY)));
      const bound = tf.neg(tf.add(tf.mul(tf.square(s), misfit), tf.mul(s, dots(residual, y))));
      return {
        state: after,
        objective,
        gap: tf.div(tf.abs(tf.sub(objective, bound)), tf.maximum(objective, TINY)), // below 0 the bound would be none
      };
    },
  };
}
