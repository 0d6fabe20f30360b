import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { type AdamMoments, adamUpdate } from "../../src/engine/adam.ts";
import type { Weights } from "./network.ts";
import type { Setup } from "./setup.ts";
import { sketchLoss } from "./sketch-loss.ts";
import type { Validated } from "./validation.ts";

/** What Adam carries from step to step. */
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
  /** `pickUnits` of the step. */
  readonly picked: readonly tf.Tensor[];
};

/** Loss, gradient and Adam update of one batch, as one pure function. */
export const trainingStep =
  (setup: Setup) =>
  ({ weights, moments, z, rate, picked }: StepInputs) => {
    const objective = (...now: tf.Tensor[]) => sketchLoss(setup, now, z, picked);
    const { value: loss, grads } = tf.valueAndGrads(objective)([...weights]);
    const { parameters, moments: next } = adamUpdate(weights, grads, moments, rate);
    return { loss, weights: parameters, moments: next };
  };
