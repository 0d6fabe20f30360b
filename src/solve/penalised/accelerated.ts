import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { dots, filled, scaled } from "../batch.ts";
import { ITERATIONS, type MethodState } from "./method.ts";

/** The start of accelerated steps at x [batch, ...]. */
export const acceleratedStart = (x: NdArray<Float32Array>): MethodState<NdArray<Float32Array>> => ({
  ...{ x, z: x, t: filled(x.shape[0]!, [], 1) },
});

/**
 * Accelerated steps (Beck, Teboulle 2009) with the gradient restart of O'Donoghue, Candès 2015, several at once:
 *
 *     x⁺ = next(z),   z⁺ = x⁺ + (t − 1)/t⁺ · (x⁺ − x),   t⁺ = (1 + √(1 + 4t²))/2
 *
 * and t = 1 again in a row where ⟨z − x⁺, x⁺ − x⟩ > 0.
 */
export function accelerated(state: MethodState<tf.Tensor>, next: (z: tf.Tensor) => tf.Tensor): MethodState<tf.Tensor> {
  let { x, z, t } = state as { x: tf.Tensor; z: tf.Tensor; t: tf.Tensor };
  for (let i = 0; i < ITERATIONS; i++) {
    const found = next(z);
    const restart = tf.greater(dots(tf.sub(z, found), tf.sub(found, x)), 0);
    const grown = tf.mul(0.5, tf.add(1, tf.sqrt(tf.add(1, tf.mul(4, tf.square(t))))));
    const momentum = tf.where(restart, tf.zerosLike(t), tf.div(tf.sub(t, 1), grown));
    z = tf.add(found, scaled(momentum, tf.sub(found, x)));
    t = tf.where(restart, tf.onesLike(t), grown);
    x = found;
  }
  return { x, z, t };
}
