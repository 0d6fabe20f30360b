import * as tf from "#tf";
import type { PenaltyPrior } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import { dots, filled, halfSquares, norms, scaled, TINY } from "../batch.ts";
import { boxOf } from "./box.ts";
import type { CentredProblem } from "./centre.ts";
import { dualOf } from "./dual.ts";
import { ITERATIONS, type PenaltyMethod } from "./method.ts";
import type { OperatorSize } from "./size.ts";

/** How far each iteration goes beyond the plain step; below 2. */
const RELAXATION = 1.9;

/**
 * The primal-dual method of Chambolle and Pock 2011, over-relaxed (Condat 2013), with both terms in the dual:
 *
 *     x⁺ = P(x − τ(Φ'q + K'p)),   x̄ = 2x⁺ − x
 *     q⁺ = prox_{σ₁f*}(q + σ₁Φx̄),   p⁺ = prox_{σ₂(λr)*}(p + σ₂Kx̄)
 *
 * f is the noise's misfit. P is the projection on the range of the signals, if there is one.
 * prox_{σf*}(v) = v − σ prox_{f/σ}(v/σ) (Moreau); for ½‖Φx − y‖² that is (v − σy)/(1 + σ).
 *
 * Steps: σ₂ = ω/‖K‖, σ₁ = ω‖K‖/‖Φ‖², τ = 0.49/(ω‖K‖), so that τ(σ₁‖Φ‖² + σ₂‖K‖²) < 1. ω = 2λ/a balances the dual scale against the
 * primal one; a = ‖y‖/‖Φ‖_F is the typical amplitude of the signal. Because the steps follow λ, the method stays quick for tiny λ, where
 * it solves min r(x) subject to Φx = y.
 *
 * gap: the duality gap over the objective. With s = Φ'q + K'p every objective is at least −f*(q) − (λr)*(p) + min ⟨s, u⟩ over the
 * range, so the gap is |f + λr + f* + (λr)* − ⟨s, x⟩| + max ⟨s, x − u⟩. Without a range, u is assumed to be no farther from x than
 * max(‖x‖, a√n); ‖x‖ alone would be 0 at the start, whatever the solution is. q is in ∂f(c) at the proximal point c it came from, so
 * f*(q) = ⟨q, c⟩ − f(c). For ½‖Φx − y‖² it is ½‖q‖² + ⟨q, y⟩.
 */
export function primalDual(
  problem: Omit<CentredProblem, "y" | "shape">,
  prior: PenaltyPrior,
  size: OperatorSize,
): PenaltyMethod {
  const { operator, noise } = problem;
  const dual = dualOf(prior);
  if (typeof dual === "string") throw new RangeError(`primal-dual: ${dual}`);
  const { norm: k } = dual;
  const box = boxOf(problem);
  const plain = noise.gaussian !== undefined && noise.gaussian.sigmas === undefined;
  const pointOf = (v: tf.Tensor, y: tf.Tensor, sigma: tf.Tensor) =>
    noise.prox!(scaled(tf.div(1, sigma), v), y, tf.div(1, sigma));
  const dataStep = (v: tf.Tensor, y: tf.Tensor, sigma: tf.Tensor) =>
    plain
      ? scaled(tf.div(1, tf.add(1, sigma)), tf.sub(v, scaled(sigma, y))) // the same, with fewer operations
      : tf.sub(v, scaled(sigma, pointOf(v, y, sigma)));
  /** f*(q) of the q that came from v. */
  const dataConjugate = (q: tf.Tensor, v: tf.Tensor, y: tf.Tensor, sigma: tf.Tensor) => {
    if (plain) return tf.add(halfSquares(q), dots(q, y));
    const c = pointOf(v, y, sigma);
    return tf.sub(dots(q, c), noise.misfit(c, y));
  };
  return {
    name: "primal-dual",
    tolerance: 1e-3,
    start: ({ y }) => {
      const batch = y.shape[0]!;
      const x = filled(batch, operator.inShape);
      return { x, z: x, p: filled(batch, dual.featureShape), q: filled(batch, operator.outShape) };
    },
    step: ({ y, lambda }, state) => {
      const amplitude = tf.div(norms(y), size.frobenius);
      const silent = tf.equal(amplitude, 0); // y = 0: any scale will do
      const omega = tf.div(tf.mul(2, lambda), tf.where(silent, tf.onesLike(amplitude), amplitude));
      const [tau, sigma1, sigma2] = [tf.div(0.49 / k, omega), tf.mul(omega, k / size.norm ** 2), tf.div(omega, k)];
      let { x, z, p, q } = state as { x: tf.Tensor; z: tf.Tensor; p: tf.Tensor; q: tf.Tensor };
      let [dualP, dualQ, fromP, fromQ] = [p, q, p, q];
      for (let i = 0; i < ITERATIONS; i++) {
        x = box.project(tf.sub(z, scaled(tau, tf.add(operator.adjoint(q), dual.synthesis(p)))));
        const ahead = tf.sub(tf.mul(2, x), z);
        fromQ = tf.add(q, scaled(sigma1, operator.forward(ahead)));
        fromP = tf.add(p, scaled(sigma2, dual.analysis(ahead)));
        dualQ = dataStep(fromQ, y, sigma1);
        dualP = dual.step(fromP, lambda, sigma2);
        [z, p, q] = [relaxed(z, x), relaxed(p, dualP), relaxed(q, dualQ)];
      }
      const objective = tf.add(noise.misfit(operator.forward(x), y), tf.mul(lambda, prior.value(x)));
      const conjugates = tf.add(dataConjugate(dualQ, fromQ, y, sigma1), dual.conjugate(dualP, fromP, lambda, sigma2));
      const reach = tf.maximum(norms(x), tf.mul(amplitude, Math.sqrt(sizeOf(operator.inShape))));
      const slope = tf.add(operator.adjoint(dualQ), dual.synthesis(dualP));
      const rest = tf.sub(tf.add(objective, conjugates), dots(slope, x)); // the gap is this plus what ⟨slope, x⟩ can still fall
      const gap = tf.div(tf.add(tf.abs(rest), box.fall(slope, x, reach)), tf.maximum(objective, TINY));
      return { state: { x, z, p, q }, objective, gap };
    },
  };
}

const relaxed = (from: tf.Tensor, to: tf.Tensor): tf.Tensor => tf.add(from, tf.mul(RELAXATION, tf.sub(to, from)));
