import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { type AdamMoments, adamUpdate } from "../../src/engine/adam.ts";
import { normalLatents } from "./latents.ts";
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

/** What a step carries to the next, all weights after each other, [weights]: one array is updated faster than many. */
type Carried = { readonly weights: tf.Tensor; readonly first: tf.Tensor; readonly second: tf.Tensor };

/** What a step gets of its own. */
type Each = {
  /** `latentsOf` the step. */
  readonly z: tf.Tensor;
  readonly rate: tf.Tensor;
  /** `pickUnits` of the step. */
  readonly picked: readonly tf.Tensor[];
};

/** Loss, gradient and Adam update of one batch, as one pure function. */
export const trainingStep =
  (setup: Setup) =>
  (carried: Carried, { z, rate, picked }: Each) => {
    const shapes = setup.weights.map(({ shape }) => shape);
    const latents = normalLatents(z, setup.settings);
    const objective = (all: tf.Tensor) => {
      const parts = tf.split(all, shapes.map(sizeOf));
      const weights = parts.map((part, i) => tf.reshape(part, shapes[i]!));
      return sketchLoss(setup, weights, latents, picked);
    };
    const { value: loss, grad } = tf.valueAndGrad(objective)(carried.weights);
    const before = { first: [carried.first], second: [carried.second] };
    const { parameters, moments } = adamUpdate([carried.weights], [grad], before, rate);
    return { carried: { weights: parameters[0]!, first: moments.first[0]!, second: moments.second[0]! }, told: loss };
  };

/** Arrays after each other. */
export function joined(arrays: Weights): NdArray<Float32Array> {
  const all = new Float32Array(arrays.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { data, size } of arrays) {
    all.set(data, at);
    at += size;
  }
  return fromHost(all, [all.length]);
}

/** The arrays that were joined, of the shapes of `like`; they share the memory. */
export function apart({ data }: NdArray<Float32Array>, like: Weights): Weights {
  let at = 0;
  return like.map(({ shape, size }) => {
    at += size;
    return fromHost(data.subarray(at - size, at), shape);
  });
}
