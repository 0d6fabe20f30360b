import * as tf from "#tf";
import type { LinearOperator } from "../../operators/operator.ts";
import type { AnalysisPenalty } from "../../priors/prior.ts";
import { dots, filled, halfSquares, norms, scaled } from "./batch.ts";
import { ITERATIONS, type PenaltyMethod } from "./method.ts";

export interface OperatorSize {
  /** ‖Φ‖, the largest singular value. */
  readonly norm: number;
  /** ‖Φ‖_F, roughly: what one unit of amplitude in every element measures. */
  readonly frobenius: number;
}

/** How far each iteration goes beyond the plain step; below 2. */
const RELAXATION = 1.9;

/**
 * The primal-dual method of Chambolle and Pock 2011, over-relaxed (Condat 2013), with both terms in the dual:
 *
 *     x⁺ = x − τ(Φ'q + K'p),   x̄ = 2x⁺ − x
 *     q⁺ = (q + σ₁(Φx̄ − y)) / (1 + σ₁),   p⁺ = project(p + σ₂Kx̄, λ)
 *
 * Steps: σ₂ = ω/‖K‖, σ₁ = ω‖K‖/‖Φ‖², τ = 0.49/(ω‖K‖), so that τ(σ₁‖Φ‖² + σ₂‖K‖²) < 1; the balance of dual to primal
 * scale ω = 2λ/a, with a = ‖y‖/‖Φ‖_F the typical amplitude of the signal. Steps that follow λ keep the method quick
 * for tiny λ, where it solves min r(x) subject to Φx = y.
 *
 * gap: (|P − D| + ‖Φ'q + K'p‖‖x‖) / P with P the objective and D = −½‖q‖² − ⟨q, y⟩ the dual one. Were Φ'q + K'p = 0, D would be
 * a lower bound; the second term makes up for what it lacks when ‖x‖ stands for the solution's norm.
 */
export function primalDual(operator: LinearOperator, prior: AnalysisPenalty, size: OperatorSize): PenaltyMethod {
  const { norm: k } = prior;
  return {
    name: "primal-dual",
    tolerance: 1e-3,
    start: ({ y }) => {
      const batch = y.shape[0]!;
      const x = filled(batch, operator.inShape);
      return { x, z: x, p: filled(batch, prior.featureShape), q: filled(batch, operator.outShape) };
    },
    step: ({ y, lambda }, state) => {
      const amplitude = tf.div(norms(y), size.frobenius);
      const silent = tf.equal(amplitude, 0); // y = 0: any scale will do
      const omega = tf.div(tf.mul(2, lambda), tf.where(silent, tf.onesLike(amplitude), amplitude));
      const [tau, sigma1, sigma2] = [tf.div(0.49 / k, omega), tf.mul(omega, k / size.norm ** 2), tf.div(omega, k)];
      const shrink = tf.div(1, tf.add(1, sigma1));
      let { x, z, p, q } = state as { x: tf.Tensor; z: tf.Tensor; p: tf.Tensor; q: tf.Tensor };
      let [dualP, dualQ] = [p, q];
      for (let i = 0; i < ITERATIONS; i++) {
        x = tf.sub(z, scaled(tau, tf.add(operator.adjoint(q), prior.synthesis(p))));
        const ahead = tf.sub(tf.mul(2, x), z);
        dualQ = scaled(shrink, tf.add(q, scaled(sigma1, tf.sub(operator.forward(ahead), y))));
        dualP = prior.project(tf.add(p, scaled(sigma2, prior.analysis(ahead))), lambda);
        [z, p, q] = [relaxed(z, x), relaxed(p, dualP), relaxed(q, dualQ)];
      }
      const objective = tf.add(halfSquares(tf.sub(operator.forward(x), y)), tf.mul(lambda, prior.value(x)));
      const bound = tf.neg(tf.add(halfSquares(dualQ), dots(dualQ, y)));
      const lack = tf.mul(norms(tf.add(operator.adjoint(dualQ), prior.synthesis(dualP))), norms(x));
      return {
        state: { x, z, p, q },
        objective,
        gap: tf.div(tf.add(tf.abs(tf.sub(objective, bound)), lack), tf.maximum(objective, 1e-30)),
      };
    },
  };
}

const relaxed = (from: tf.Tensor, to: tf.Tensor): tf.Tensor => tf.add(from, tf.mul(RELAXATION, tf.sub(to, from)));
