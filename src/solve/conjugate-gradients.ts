import * as tf from "@tensorflow/tfjs";
import type { LinearOperator } from "../../operators/operator.ts";
import type { QuadraticPenalty } from "../../priors/prior.ts";
import { dots, filled, halfSquares, scaled, squares } from "./batch.ts";
import { ITERATIONS, type PenaltyMethod } from "./method.ts";

/**
 * Conjugate gradients (Hestenes, Stiefel 1952) on the normal equations of ½‖y − Φx‖² + λ r(x) with quadratic r:
 *
 *     Mx = b,   M = Φ'Φ + λ∇r,   b = Φ'y      (Tikhonov: M = Φ'Φ + 2λI)
 *
 * from x = 0. gap: ‖b − Mx‖ / ‖b‖, of the true residual. Every step begins anew from that residual after 20
 * iterations, which keeps rounding errors from piling up.
 */
export function conjugateGradients(operator: LinearOperator, prior: QuadraticPenalty): PenaltyMethod {
  return {
    name: "conjugate gradients",
    tolerance: 1e-5,
    start: ({ y }) => ({ x: filled(y.shape[0]!, operator.inShape) }),
    step: ({ y, lambda }, state) => {
      const apply = (x: tf.Tensor) => tf.add(operator.adjoint(operator.forward(x)), scaled(lambda, prior.gradient(x)));
      const b = operator.adjoint(y);
      let { x } = state;
      let r = tf.sub(b, apply(x));
      let p = r;
      let rr = squares(r);
      for (let i = 0; i < ITERATIONS; i++) {
        const mp = apply(p);
        const alpha = tf.div(rr, tf.maximum(dots(p, mp), TINY)); // solved rows have r = 0 and stay
        x = tf.add(x, scaled(alpha, p));
        r = tf.sub(r, scaled(alpha, mp));
        const next = squares(r);
        p = tf.add(r, scaled(tf.div(next, tf.maximum(rr, TINY)), p));
        rr = next;
      }
      const residual = tf.sub(b, apply(x));
      return {
        state: { x },
        objective: tf.add(halfSquares(tf.sub(y, operator.forward(x))), tf.mul(lambda, prior.value(x))),
        gap: tf.sqrt(tf.div(squares(residual), tf.maximum(squares(b), TINY))),
      };
    },
  };
}

/** Below every square of interest and above the smallest float32: keeps 0/0 out. */
const TINY = 1e-30;
