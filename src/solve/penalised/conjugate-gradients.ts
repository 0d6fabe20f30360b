import * as tf from "#tf";
import type { QuadraticPenalty } from "../../../priors/prior.ts";
import { dots, filled, scaled, squares, TINY } from "../batch.ts";
import type { CentredProblem } from "./centre.ts";
import { ITERATIONS, type PenaltyMethod } from "./method.ts";

/**
 * Conjugate gradients (Hestenes, Stiefel 1952) for ½‖y − Φx‖² + λ r(x) with quadratic r, from x = 0, in the form for least
 * squares (Björck 1996, algorithm 7.4.1):
 *
 *     d = y − Φx,   s = Φ'd − λ∇r(x)   (minus the gradient),   p ← s + (‖s‖²/‖s before‖²) p
 *
 * s is computed from d, and d shrinks, so rounding errors do not get into the null space of Φ. Computed from Φ'y − Φ'Φx they would get
 * there and be divided by λ. Every compiled step begins again with d of the current x.
 *
 * gap: ‖s‖ / ‖Φ'y‖ at the estimate, which is 0 at the solution of (Φ'Φ + λ∇r)x = Φ'y.
 */
export function conjugateGradients(
  { operator, noise }: CentredProblem,
  prior: QuadraticPenalty,
  iterations = ITERATIONS,
): PenaltyMethod {
  return {
    name: "conjugate-gradients",
    tolerance: 1e-5,
    start: ({ y }, x = filled(y.shape[0]!, operator.inShape)) => ({ x }),
    step: ({ y, lambda }, state) => {
      const descent = (d: tf.Tensor, x: tf.Tensor) => tf.sub(operator.adjoint(d), scaled(lambda, prior.gradient(x)));
      const begun = tf.maximum(squares(operator.adjoint(y)), TINY);
      const floor = tf.mul(ROUNDING, begun);
      let { x } = state;
      let d = tf.sub(y, operator.forward(x));
      let s = descent(d, x);
      let p = s;
      let size = squares(s);
      for (let i = 0; i < iterations; i++) {
        const measured = operator.forward(p);
        const curvature = tf.add(squares(measured), tf.mul(lambda, dots(p, prior.gradient(p))));
        const alpha = tf.where(tf.greater(size, floor), tf.div(size, tf.maximum(curvature, TINY)), tf.zerosLike(size));
        x = tf.add(x, scaled(alpha, p));
        d = tf.sub(d, scaled(alpha, measured));
        s = descent(d, x);
        const next = squares(s);
        p = tf.add(s, scaled(tf.div(next, tf.maximum(size, TINY)), p));
        size = next;
      }
      const residual = tf.sub(y, operator.forward(x));
      return {
        state: { x },
        objective: tf.add(noise.misfit(operator.forward(x), y), tf.mul(lambda, prior.value(x))),
        gap: tf.sqrt(tf.div(squares(descent(residual, x)), begun)),
      };
    },
  };
}

/** If ‖s‖² of a row is below this part of ‖Φ'y‖², only rounding errors are left, and the row stays as it is. */
const ROUNDING = 1e-14;
