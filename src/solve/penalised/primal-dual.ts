import * as tf from "#tf";
import type { PenaltyPrior, Tensors } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import { dots, filled, halfSquares, norms, scaled, TINY } from "../batch.ts";
import { boxOf } from "./box.ts";
import type { CentredProblem } from "./centre.ts";
import { dualOf } from "./dual.ts";
import { type TermPoint, termGap, termStep, termsAsState, termsAtStart, termsOf } from "./dual-steps.ts";
import { ITERATIONS, type PenaltyMethod } from "./method.ts";
import type { OperatorSize } from "./size.ts";

/** How far each iteration goes beyond the plain step; below 2. */
const RELAXATION = 1.9;

/** ω over λ/a. Of ½, 2, 8 and 32 it was the quickest, or near it, for denoising, inpainting and Gaussian Φ; wide blurs prefer 32. */
const BALANCE = 8;

/**
 * The primal-dual method of Chambolle and Pock 2011, over-relaxed (Condat 2013), with all terms in the dual:
 *
 *     x⁺ = P(x − τ(Φ'q + Σᵢ Kᵢ'pᵢ)),   x̄ = 2x⁺ − x
 *     q⁺ = prox_{σ₀f*}(q + σ₀Φx̄),   pᵢ⁺ = prox_{σᵢ(λwᵢrᵢ)*}(pᵢ + σᵢKᵢx̄)
 *
 * f is the noise's misfit, Σᵢ wᵢrᵢ the penalty. P is the projection on the range of the signals, if there is one. Further unknowns of a
 * penalty, such as the slopes of tgv, take the same steps as x, without P.
 * prox_{σf*}(v) = v − σ prox_{f/σ}(v/σ) (Moreau); for ½‖Φx − y‖² that is (v − σy)/(1 + σ).
 *
 * Steps: σᵢ = ωwᵢ/‖Kᵢ‖, σ₀ = ωk/‖Φ‖², τ = 0.49/(ωk) with k = Σ wᵢ‖Kᵢ‖, so that τ(σ₀‖Φ‖² + Σ σᵢ‖Kᵢ‖²) < 1. ω = 8λ/a balances the dual
 * scale against the primal one; a = ‖y‖/(g√n) is the typical
 * amplitude of the signal, g the gain of Φ on smooth signals. Because the steps follow λ, the method stays quick for
 * tiny λ, where it solves min r(x) subject to Φx = y.
 *
 * gap: the duality gap over the objective. With s = Φ'q + Σ Kᵢ'pᵢ every objective is at least −f*(q) − Σ (λwᵢrᵢ)*(pᵢ) + min ⟨s, u⟩ over the
 * range, so the gap is |f + λr + f* + (λr)* − ⟨s, x⟩| + max ⟨s, x − u⟩. Without a range, u is assumed to be no farther from x than
 * max(‖x‖, a√n); ‖x‖ alone would be 0 at the start, whatever the solution is. Further unknowns w are assumed to be no farther off than
 * max(‖w‖, ‖K(x, 0)‖). q is in ∂f(c) at the proximal point c it came from, so f*(q) = ⟨q, c⟩ − f(c). For ½‖Φx − y‖² it is ½‖q‖² + ⟨q, y⟩.
 */
export function primalDual(
  problem: Omit<CentredProblem, "y" | "shape">,
  prior: PenaltyPrior,
  size: OperatorSize,
): PenaltyMethod {
  const { operator, noise } = problem;
  const terms = dualOf(prior);
  if (typeof terms === "string") throw new RangeError(`primal-dual: ${terms}`);
  const k = terms.reduce((sum, { weight, norm }) => sum + weight * norm, 0);
  const box = boxOf(problem);
  const root = Math.sqrt(sizeOf(operator.inShape));
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
    start: ({ y }, x = filled(y.shape[0]!, operator.inShape)) => {
      const batch = y.shape[0]!;
      return { x, z: x, q: filled(batch, operator.outShape), ...termsAtStart(terms, batch) };
    },
    step: ({ y, lambda }, state) => {
      const amplitude = tf.div(norms(y), size.gain * root);
      const silent = tf.equal(amplitude, 0); // y = 0: any scale will do
      const omega = tf.div(tf.mul(BALANCE, lambda), tf.where(silent, tf.onesLike(amplitude), amplitude));
      const [tau, sigma] = [tf.div(0.49 / k, omega), tf.mul(omega, k / size.norm ** 2)];
      const steps = terms.map(({ weight, norm }) => ({ lambda, tau, sigma: tf.mul(omega, weight / norm) }));
      let { x, z, q } = state as { x: tf.Tensor; z: tf.Tensor; q: tf.Tensor };
      let parts = termsOf(terms, state);
      let [fromQ, dualQ] = [q, q];
      let points: TermPoint[] = [];
      for (let i = 0; i < ITERATIONS; i++) {
        const pulls = parts.map(({ p }, t) => terms[t]!.synthesis(p));
        x = box.project(tf.sub(z, scaled(tau, tf.addN([operator.adjoint(q), ...pulls.map(([pull]) => pull!)]))));
        const ahead = tf.sub(tf.mul(2, x), z);
        fromQ = tf.add(q, scaled(sigma, operator.forward(ahead)));
        dualQ = dataStep(fromQ, y, sigma);
        points = terms.map((term, t) => termStep(term, parts[t]!, ahead, pulls[t]!, steps[t]!));
        parts = points.map(({ w, p }, t) => ({ w: allRelaxed(parts[t]!.w, w), p: allRelaxed(parts[t]!.p, p) }));
        [z, q] = [relaxed(z, x), relaxed(q, dualQ)];
      }
      const pulls = points.map(({ p }, t) => terms[t]!.synthesis(p));
      const gaps = points.map((point, t) => termGap(terms[t]!, point, x, pulls[t]!, steps[t]!));
      const objective = tf.addN([noise.misfit(operator.forward(x), y), ...gaps.map(({ value }) => value)]);
      const slope = tf.addN([operator.adjoint(dualQ), ...pulls.map(([pull]) => pull!)]);
      const reach = tf.maximum(norms(x), tf.mul(amplitude, root));
      const rest = tf.addN([objective, dataConjugate(dualQ, fromQ, y, sigma), ...gaps.map((gap) => gap.rest)]);
      const falls = tf.addN([box.fall(slope, x, reach), ...gaps.map(({ fall }) => fall)]); // what ⟨slope, x⟩ can still fall
      const gap = tf.div(tf.add(tf.abs(tf.sub(rest, dots(slope, x))), falls), tf.maximum(objective, TINY));
      return { state: { x, z, q, ...termsAsState(terms, parts) }, objective, gap };
    },
  };
}

const relaxed = (from: tf.Tensor, to: tf.Tensor): tf.Tensor => tf.add(from, tf.mul(RELAXATION, tf.sub(to, from)));

const allRelaxed = (from: Tensors, to: Tensors): Tensors => to.map((tensor, j) => relaxed(from[j]!, tensor));
