import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { type AdamMoments, adamMoments, adamRate, adamUpdate } from "../../src/engine/adam.ts";
import { compile } from "../../src/engine/index.ts";
import { type EndCode, type IterateOptions, iterate } from "../../src/engine/iterate.ts";
import type { Weights } from "../generator/network.ts";
import { schedules } from "../generator/options.ts";

export interface AdamSettings extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  readonly steps: number;
  readonly learningRate: number;
}

export interface Minimised {
  readonly weights: Weights;
  readonly history: readonly number[];
  readonly code: EndCode;
}

type State = { readonly weights: Weights; readonly moments: AdamMoments<NdArray<Float32Array>> };

/**
 * Minimises an objective over weights by Adam, the step size falling along a cosine. A step's loss is that of the weights before it;
 * that of the last weights must be finite too. Ends with the signal's reason when it aborts.
 */
export async function minimise(
  weights: Weights,
  objective: (weights: readonly tf.Tensor[]) => tf.Tensor,
  { steps, learningRate, onProgress, signal }: AdamSettings,
): Promise<Minimised> {
  const initial: State = { weights, moments: adamMoments(weights) };
  const step = await compile(
    (given: { weights: readonly tf.Tensor[]; moments: AdamMoments<tf.Tensor>; rate: tf.Tensor }) => {
      const value = (...now: tf.Tensor[]) => objective(now) as tf.Scalar;
      const { value: loss, grads } = tf.valueAndGrads(value)([...given.weights]);
      const { parameters, moments } = adamUpdate(given.weights, grads, given.moments, given.rate);
      return { loss, weights: parameters, moments };
    },
    { ...initial, rate: adamRate(1, 0) },
  );
  const { state, history, code } = await iterate<State>({
    state: initial,
    maxSteps: steps,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const rate = adamRate(learningRate * schedules.cosine(index, steps), index);
      const { loss, ...next } = await step.run({ ...state, rate });
      const after = index + 1 < steps ? loss : (await step.run({ ...next, rate })).loss;
      return { state: next, objective: Number.isFinite(after.data[0]) ? loss.data[0]! : Number.NaN, change: 1 };
    },
  });
  await step.dispose();
  if (code === "cancelled") signal?.throwIfAborted();
  return { weights: state.weights, history, code };
}
