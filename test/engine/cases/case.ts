import type * as tf from "#tf";
import type { HostArray } from "../../../src/data/array.ts";
import type { KernelName } from "../../../src/engine/kernels/names.ts";

/** One check of a kernel: a function of tensors, on inputs that are the same in both engines. */
export interface Case {
  readonly fn: (...tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  readonly inputs: readonly HostArray[];
  /** Which inputs to differentiate by; default all float inputs, none where tfjs has no gradient. */
  readonly by?: readonly number[];
  /** Relative tolerance, where 1e-5 is not the right one (with the reason). */
  readonly tolerance?: number;
}

export type Cases = { readonly [K in KernelName]?: readonly Case[] };

/** A case with all gradients. */
export const on = (fn: (...tensors: never[]) => tf.Tensor | tf.Tensor[], ...inputs: HostArray[]): Case => ({
  fn: fn as Case["fn"],
  inputs,
});
/** A case without gradients: the function is not differentiable, or tfjs has no gradient for it. */
export const valueOnly = (fn: (...tensors: never[]) => tf.Tensor | tf.Tensor[], ...inputs: HostArray[]): Case => ({
  ...on(fn, ...inputs),
  by: [],
});
