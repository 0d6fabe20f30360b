import * as tf from "#tf";
import type { NormPenalty } from "../prior.ts";
import { perSignal, spread } from "../signals.ts";

/** An orthonormal transform U of signals: its inverse is its adjoint. */
export interface OrthonormalTransform {
  /** U: [batch, ...shape] to the same. */
  analysis(x: tf.Tensor): tf.Tensor;
  /** U' */
  synthesis(c: tf.Tensor): tf.Tensor;
}

/**
 * Sparse coefficients, the Lasso (Tibshirani 1996) in an orthonormal basis: r(x) = ‖Ux‖₁. Since U keeps norms,
 * prox(x, t) = U' soft(Ux, t), and r°(v) = ‖Uv‖∞. It has no default λ: a basis adds its own.
 */
export function lasso(
  name: string,
  shape: readonly number[],
  { analysis, synthesis }: OrthonormalTransform,
): NormPenalty {
  return {
    kind: "penalty",
    form: "proximal",
    name,
    shape,
    value: (x) => tf.sum(perSignal(tf.abs(analysis(x))), 1),
    prox: (x, t) => {
      const c = analysis(x);
      const limit = spread(t, c.rank);
      return synthesis(tf.sub(c, tf.minimum(tf.maximum(c, tf.neg(limit)), limit))); // soft(c, t) = c − clip(c, ±t)
    },
    dualNorm: (v) => tf.max(perSignal(tf.abs(analysis(v))), 1),
  };
}
