import * as tf from "#tf";
import type { PenaltyPrior, SinglePenalty, SumPenalty, Tensors } from "../../../priors/prior.ts";
import { dots, scaled } from "../batch.ts";

/**
 * One term of a penalty, w r(x), written as min over its further unknowns of max over p of ⟨K(x, …), p⟩ − (wr∘K⁻¹)*(p): what primal–dual
 * iterations need of it. λ is that of the whole penalty.
 */
export interface DualTerm {
  readonly weight: number;
  /** ‖K‖ */
  readonly norm: number;
  /** Shapes of the unknowns beside x. */
  readonly furtherShapes: readonly (readonly number[])[];
  readonly featureShapes: readonly (readonly number[])[];
  /** K: x and the further unknowns to features. */
  analysis(unknowns: Tensors): Tensors;
  /** K' */
  synthesis(p: Tensors): Tensors;
  /** λw r of x and the further unknowns as they are, [batch]. */
  value(unknowns: Tensors, lambda: tf.Tensor): tf.Tensor;
  /** The proximal step of the conjugate with step σ at v; every row has its own λ and σ. */
  step(v: Tensors, lambda: tf.Tensor, sigma: tf.Tensor): Tensors;
  /** (λwr)*(p), [batch], for p = step(v, λ, σ). */
  conjugate(p: Tensors, v: Tensors, lambda: tf.Tensor, sigma: tf.Tensor): tf.Tensor;
}

/** A penalty in its dual form, term by term. If one has neither a dual ball nor a proximal map: the reason as a text. */
export function dualOf(prior: PenaltyPrior): readonly DualTerm[] | string {
  const terms = termsOf(prior);
  const duals = terms.map(({ weight, penalty }) => dualTerm(penalty, weight));
  return duals.find((dual) => typeof dual === "string") ?? (duals as DualTerm[]);
}

const termsOf = (prior: PenaltyPrior): SumPenalty["terms"] => {
  if (prior.form === "sum") return prior.terms;
  return (prior.form === "quadratic" && prior.terms) || [{ weight: 1, penalty: prior }];
};

function dualTerm(prior: SinglePenalty, weight: number): DualTerm | string {
  const weighed = (lambda: tf.Tensor) => (weight === 1 ? lambda : tf.mul(lambda, weight));
  if (prior.form === "analysis") {
    const { norm, unknownShapes, featureShapes } = prior;
    return {
      ...{ weight, norm, featureShapes, furtherShapes: unknownShapes.slice(1) },
      analysis: (unknowns) => prior.analysis(unknowns),
      synthesis: (p) => prior.synthesis(p),
      value: (unknowns, lambda) => tf.mul(weighed(lambda), prior.size(prior.analysis(unknowns))),
      step: (v, lambda) => prior.project(v, weighed(lambda)),
      conjugate: (_p, _v, lambda) => tf.zerosLike(lambda), // p lies in the ball
    };
  }
  const { prox } = prior;
  if (!prox) return `${prior.name} has no proximal map`;
  const pointOf = ([v]: Tensors, lambda: tf.Tensor, sigma: tf.Tensor) =>
    prox(scaled(tf.div(1, sigma), v!), tf.div(weighed(lambda), sigma));
  return {
    ...{ weight, norm: 1, furtherShapes: [], featureShapes: [prior.shape] },
    analysis: (unknowns) => unknowns,
    synthesis: (p) => p,
    value: ([x], lambda) => tf.mul(weighed(lambda), prior.value(x!)),
    step: (v, lambda, sigma) => [tf.sub(v[0]!, scaled(sigma, pointOf(v, lambda, sigma)))], // Moreau
    conjugate: ([p], v, lambda, sigma) => {
      const d = pointOf(v, lambda, sigma); // p is in ∂(λwr)(d)
      return tf.sub(dots(p!, d), tf.mul(weighed(lambda), prior.value(d)));
    },
  };
}
