import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { Tensors } from "../../../priors/prior.ts";
import { dots, filled, norms, scaled } from "../batch.ts";
import type { DualTerm } from "./dual.ts";
import type { MethodState } from "./method.ts";

/** What one term of a penalty adds to primal-dual iterations: its further unknowns w and its dual variables p. */
export interface TermState {
  readonly w: Tensors;
  readonly p: Tensors;
}

/** A term after an iteration, before over-relaxation. */
export interface TermPoint extends TermState {
  /** What `step` of the term was at. */
  readonly from: Tensors;
}

/** Steps of an iteration, one of each a row. */
export interface TermSteps {
  readonly lambda: tf.Tensor;
  readonly tau: tf.Tensor;
  readonly sigma: tf.Tensor;
}

const names = ({ furtherShapes, featureShapes }: DualTerm, t: number) => ({
  w: furtherShapes.map((_, j) => `w${t}_${j}`),
  p: featureShapes.map((_, j) => `p${t}_${j}`),
});

/** The start of all terms, as a part of a method's state: 0. */
export function termsAtStart(terms: readonly DualTerm[], batch: number): Record<string, NdArray<Float32Array>> {
  const entries = terms.flatMap((term, t) => {
    const { w, p } = names(term, t);
    const shapes = [...term.furtherShapes, ...term.featureShapes];
    return [...w, ...p].map((name, i) => [name, filled(batch, shapes[i]!)]);
  });
  return Object.fromEntries(entries);
}

/** The terms of a method's state. */
export const termsOf = (terms: readonly DualTerm[], state: MethodState<tf.Tensor>): readonly TermState[] =>
  terms.map((term, t) => {
    const { w, p } = names(term, t);
    return { w: w.map((name) => state[name]!), p: p.map((name) => state[name]!) };
  });

/** The reverse of `termsOf`. */
export function termsAsState(terms: readonly DualTerm[], states: readonly TermState[]): Record<string, tf.Tensor> {
  const entries = terms.flatMap((term, t) => {
    const { w, p } = names(term, t);
    return [...w.map((name, j) => [name, states[t]!.w[j]!]), ...p.map((name, j) => [name, states[t]!.p[j]!])];
  });
  return Object.fromEntries(entries);
}

/**
 * One iteration of a term: w⁺ = w − τK_w'p, p⁺ = prox_{σ(λr)*}(p + σK(x̄, 2w⁺ − w)). `ahead` is x̄, `pull` K'p of x and w.
 */
export function termStep(
  term: DualTerm,
  { w, p }: TermState,
  ahead: tf.Tensor,
  pull: Tensors,
  { lambda, tau, sigma }: TermSteps,
): TermPoint {
  const next = w.map((before, j) => tf.sub(before, scaled(tau, pull[j + 1]!)));
  const beyond = next.map((now, j) => tf.sub(tf.mul(2, now), w[j]!));
  const from = term.analysis([ahead, ...beyond]).map((feature, j) => tf.add(p[j]!, scaled(sigma, feature)));
  return { w: next, from, p: term.step(from, lambda, sigma) };
}

/** What a term adds to the duality gap at x: λr + (λr)* − ⟨K_w'p, w⟩, and what ⟨K_w'p, ·⟩ can still fall. `pull` is K'p. */
export function termGap(
  term: DualTerm,
  { w, p, from }: TermPoint,
  x: tf.Tensor,
  pull: Tensors,
  { lambda, sigma }: TermSteps,
): { readonly value: tf.Tensor; readonly rest: tf.Tensor; readonly fall: tf.Tensor } {
  const value = term.value([x, ...w], lambda);
  const conjugate = term.conjugate(p, from, lambda, sigma);
  const nothing = tf.zerosLike(lambda);
  const along = w.map((own, j) => dots(pull[j + 1]!, own));
  const rest = tf.sub(
    conjugate,
    [...along, nothing].reduce((a, b) => tf.add(a, b)),
  );
  if (w.length === 0) return { value, rest, fall: nothing };
  const length = (parts: Tensors) => tf.sqrt(tf.addN(parts.map((part) => tf.square(norms(part)))));
  const reach = tf.maximum(length(w), length(term.analysis([x, ...w.map((own) => tf.zerosLike(own))])));
  return { value, rest, fall: tf.mul(length(pull.slice(1)), reach) };
}
