import type { NdArray } from "ndarray";
import type * as tf from "#tf";

/** What a method carries from step to step: the estimate x [batch, ...inShape] and whatever else it needs. */
export type MethodState<T> = { readonly x: T } & { readonly [name: string]: T };

/** A batch of problems min_x f(Φx, y) + λ r(x) with one λ per row; f is the noise's misfit. y [batch, ...outShape], lambda [batch]. */
export interface Batch<T> {
  readonly y: T;
  readonly lambda: T;
}

export interface MethodStep {
  readonly state: MethodState<tf.Tensor>;
  /** f(Φx, y) + λ r(x) of every row, [batch]. */
  readonly objective: tf.Tensor;
  /** How far every row is from its solution, [batch]; each method documents its measure. */
  readonly gap: tf.Tensor;
  /** Further numbers of every row, [batch] each, by which it may end (stopping.ts). */
  readonly watched?: { readonly [name: string]: tf.Tensor };
}

/** An iterative method for a batch of penalised problems. `step` is pure, so it is compiled once and looped. */
export interface PenaltyMethod {
  readonly name: string;
  /** Default tolerance on `gap`. */
  readonly tolerance: number;
  /** The state before the first step, at the signals x [batch, ...inShape] or at 0. */
  start(batch: Batch<NdArray<Float32Array>>, x?: NdArray<Float32Array>): MethodState<NdArray<Float32Array>>;
  /** Runs several iterations (`ITERATIONS`), which share the cost of one call. */
  step(batch: Batch<tf.Tensor>, state: MethodState<tf.Tensor>): MethodStep;
}

/** Iterations in one compiled step of any method. */
export const ITERATIONS = 20;
