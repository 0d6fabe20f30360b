import * as tf from "#tf";
import type { PenaltyPrior } from "../../../priors/prior.ts";
import { dots, scaled } from "../batch.ts";

/** λ r(x) written as max over p of ⟨Kx, p⟩ − (λr∘K⁻¹)*(p): what primal–dual iterations need of a penalty. */
export interface DualPenalty {
  /** ‖K‖ */
  readonly norm: number;
  readonly featureShape: readonly number[];
  /** K: [batch, ...shape] to [batch, ...featureShape]. */
  analysis(x: tf.Tensor): tf.Tensor;
  /** K' */
  synthesis(p: tf.Tensor): tf.Tensor;
  /** The proximal step of the conjugate with step σ at v; every row has its own λ and σ. */
  step(v: tf.Tensor, lambda: tf.Tensor, sigma: tf.Tensor): tf.Tensor;
  /** (λr)*(p), [batch], for p = step(v, λ, σ). */
  conjugate(p: tf.Tensor, v: tf.Tensor, lambda: tf.Tensor, sigma: tf.Tensor): tf.Tensor;
}

/** A penalty in its dual form. If it has neither a dual ball nor a proximal map: the reason as a text. */
export function dualOf(prior: PenaltyPrior): DualPenalty | string {
  if (prior.form === "analysis") {
    const { norm, featureShape } = prior;
    return {
      ...{ norm, featureShape },
      analysis: (x) => prior.analysis(x),
      synthesis: (p) => prior.synthesis(p),
      step: (v, lambda) => prior.project(v, lambda),
      conjugate: (_p, _v, lambda) => tf.zerosLike(lambda), // p lies in the ball
    };
  }
  const { prox } = prior;
  if (!prox) return `${prior.name} has no proximal map`;
  const pointOf = (v: tf.Tensor, lambda: tf.Tensor, sigma: tf.Tensor) =>
    prox(scaled(tf.div(1, sigma), v), tf.div(lambda, sigma));
  return {
    ...{ norm: 1, featureShape: prior.shape },
    analysis: (x) => x,
    synthesis: (p) => p,
    step: (v, lambda, sigma) => tf.sub(v, scaled(sigma, pointOf(v, lambda, sigma))), // Moreau
    conjugate: (p, v, lambda, sigma) => {
      const d = pointOf(v, lambda, sigma); // p is in ∂(λr)(d)
      return tf.sub(dots(p, d), tf.mul(lambda, prior.value(d)));
    },
  };
}
