import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { type AdamMoments, adamUpdate } from "../../src/engine/adam.ts";
import type { Weights } from "./network.ts";
import type { Teacher } from "./teacher.ts";
import type { Validated } from "./validation.ts";

/** What Adam carries from step to step: the network's weights, then its teacher's own parameters. */
export type AdamState = { readonly weights: Weights; readonly moments: AdamMoments<NdArray<Float32Array>> };

/** Adam's state, and what validation has found so far. */
export type TrainState = AdamState & {
  readonly validation: readonly Validated[];
  /** The weights to keep, from the first validation on. */
  readonly best?: { readonly step: number; readonly weights: Weights };
};

type StepInputs = {
  readonly weights: readonly tf.Tensor[];
  readonly moments: AdamMoments<tf.Tensor>;
  readonly z: tf.Tensor;
  readonly rate: tf.Tensor;
  /** What the teacher drew for the step. */
  readonly drawn: readonly tf.Tensor[];
};

/** Loss, gradient and Adam update of one batch, as one pure function. */
export const trainingStep =
  (teacher: Teacher) =>
  ({ weights, moments, z, rate, drawn }: StepInputs) => {
    const { loss, gradients } = teacher.gradients(weights, z, drawn);
    const { parameters, moments: next } = adamUpdate(weights, gradients, moments, rate, teacher.beta1);
    return { loss, weights: parameters, moments: next };
  };
