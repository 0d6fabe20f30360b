import * as tf from "#tf";
import { operatorNorm } from "../../../operators/norms.ts";
import { linearOperator } from "../../../operators/operator.ts";
import type { QuadraticPenalty } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { dots, filled, norms, scaled, TINY } from "../batch.ts";
import { boxOf } from "./box.ts";
import type { CentredProblem } from "./centre.ts";
import { ITERATIONS, type PenaltyMethod } from "./method.ts";
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
  { operator, noise, range, centre }: CentredProblem,
  prior: QuadraticPenalty,
  size: OperatorSize,
  gradientNorm: number,
): PenaltyMethod {
  const box = boxOf(range, centre && fromHost(centre, [1, ...operator.inShape]));
  const root = Math.sqrt(sizeOf(operator.inShape));
  return {
    name: "projected-gradient",
    tolerance: 1e-3,
    start: ({ y }) => {
      const batch = y.shape[0]!;
      return { x: filled(batch, operator.inShape), z: filled(batch, operator.inShape), t: filled(batch, [], 1) };
    },
    step: ({ y, lambda }, state) => {
      const stepSize = tf.div(1, tf.add((1.01 * size.norm) ** 2, tf.mul(lambda, 1.01 * gradientNorm)));
      const gradient = (at: tf.Tensor) =>
        tf.add(operator.adjoint(tf.sub(operator.forward(at), y)), scaled(lambda, prior.gradient(at)));
      let { x, z, t } = state as { x: tf.Tensor; z: tf.Tensor; t: tf.Tensor };
      for (let i = 0; i < ITERATIONS; i++) {
        const next = box.project(tf.sub(z, scaled(stepSize, gradient(z))));
        const restart = tf.greater(dots(tf.sub(z, next), tf.sub(next, x)), 0);
        const grown = tf.mul(0.5, tf.add(1, tf.sqrt(tf.add(1, tf.mul(4, tf.square(t))))));
        const momentum = tf.where(restart, tf.zerosLike(t), tf.div(tf.sub(t, 1), grown));
        z = tf.add(next, scaled(momentum, tf.sub(next, x)));
        t = tf.where(restart, tf.onesLike(t), grown);
        x = next;
      }
      const objective = tf.add(noise.misfit(operator.forward(x), y), tf.mul(lambda, prior.value(x)));
      const reach = tf.maximum(norms(x), tf.mul(norms(y), root / Math.max(size.frobenius, TINY)));
      const fall = prior.convexity
        ? box.curvedFall(gradient(x), x, tf.mul(lambda, prior.convexity))
        : box.fall(gradient(x), x, reach);
      return {
        state: { x, z, t },
        objective,
        gap: tf.div(fall, tf.maximum(objective, TINY)),
      };
    },
  };
}

const known = new WeakMap<QuadraticPenalty, Promise<number>>();

/** ‖∇r‖ of a quadratic penalty, computed once. */
export function gradientNormOf(prior: QuadraticPenalty): Promise<number> {
  const before = known.get(prior);
  if (before) return before;
  const { name, shape, gradient } = prior;
  const map = (x: tf.Tensor) => gradient.call(prior, x);
  const computed = operatorNorm(
    linearOperator({ name: `gradient of ${name}`, inShape: shape, outShape: shape, forward: map, adjoint: map }),
    { tolerance: 1e-4 },
  );
  known.set(prior, computed);
  computed.catch(() => known.delete(prior));
  return computed;
}
