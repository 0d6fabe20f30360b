import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../data/array.ts";

/** First and second moment estimates, one pair for each parameter. */
export type AdamMoments<T> = { readonly first: readonly T[]; readonly second: readonly T[] };

/** Default of Adam's β₁, the memory of the first moment. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Zero moments for parameters of these shapes. */
export function adamMoments(parameters: readonly NdArray<Float32Array>[]): AdamMoments<NdArray<Float32Array>> {
  const zeros = () => parameters.map((p) => fromHost(new Float32Array(p.size), p.shape));
  return { first: zeros(), second: zeros() };
}

/**
 * The step size of Adam's step `index` (from 0) with both bias corrections folded in, as a rank-0 input of a compiled step:
 * α·√(1 − β₂ᵗ)/(1 − β₁ᵗ), t = index + 1 (Kingma, Ba 2015, end of section 2).
 */
export function adamRate(learningRate: number, index: number, beta1 = BETA1): NdArray<Float32Array> {
  const t = index + 1;
  return ndarray(Float32Array.of((learningRate * Math.sqrt(1 - BETA2 ** t)) / (1 - beta1 ** t)), []);
}

/** One Adam update inside a compiled step: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − rate·m/(√v + ε). */
export function adamUpdate(
  parameters: readonly tf.Tensor[],
  gradients: readonly tf.Tensor[],
  moments: AdamMoments<tf.Tensor>,
  rate: tf.Tensor,
  beta1 = BETA1,
): { parameters: tf.Tensor[]; moments: AdamMoments<tf.Tensor> } {
  const first = gradients.map((g, i) => tf.add(tf.mul(moments.first[i]!, beta1), tf.mul(g, 1 - beta1)));
  const second = gradients.map((g, i) => tf.add(tf.mul(moments.second[i]!, BETA2), tf.mul(tf.square(g), 1 - BETA2)));
  const next = parameters.map((p, i) =>
    tf.sub(p, tf.div(tf.mul(rate, first[i]!), tf.add(tf.sqrt(second[i]!), EPSILON))),
  );
  return { parameters: next, moments: { first, second } };
}
