import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { AdamSettings, Minimised } from "../../../priors/cell-linear/minimise.ts";
import type { Weights } from "../../../priors/generator/network.ts";
import { type Schedule, schedules } from "../../../priors/generator/options.ts";
import { type AdamMoments, adamMoments, adamRate, adamUpdate } from "../../../src/engine/adam.ts";
import { compile } from "../../../src/engine/index.ts";
import { iterate } from "../../../src/engine/iterate.ts";

type Drawn = readonly NdArray<Float32Array | Int32Array>[];
type State = { readonly weights: Weights; readonly moments: AdamMoments<NdArray<Float32Array>> };

/** As priors/cell-linear/minimise.ts, of an objective that takes what every step draws. The step size falls as `schedule` says; default cosine. */
export async function minimise(
  weights: Weights,
  objective: (weights: readonly tf.Tensor[], drawn: readonly tf.Tensor[]) => tf.Tensor,
  draws: (index: number, weights: Weights) => Drawn | Promise<Drawn>,
  { steps, learningRate, schedule = "cosine", onProgress, signal }: AdamSettings & { readonly schedule?: Schedule },
): Promise<Minimised> {
  const initial: State = { weights, moments: adamMoments(weights) };
  const step = await compile(
    (given: {
      weights: readonly tf.Tensor[];
      moments: AdamMoments<tf.Tensor>;
      rate: tf.Tensor;
      drawn: readonly tf.Tensor[];
    }) => {
      const value = (...now: tf.Tensor[]) => objective(now, given.drawn) as tf.Scalar;
      const { value: loss, grads } = tf.valueAndGrads(value)([...given.weights]);
      const { parameters, moments } = adamUpdate(given.weights, grads, given.moments, given.rate);
      return { loss, weights: parameters, moments };
    },
    { ...initial, rate: adamRate(1, 0), drawn: await draws(0, weights) },
  );
  const { state, history, code } = await iterate<State>({
    state: initial,
    maxSteps: steps,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const rate = adamRate(learningRate * schedules[schedule](index, steps), index);
      const { loss, ...next } = await step.run({ ...state, rate, drawn: await draws(index, state.weights) });
      return { state: next, objective: loss.data[0]!, change: 1 };
    },
  });
  await step.dispose();
  return { weights: state.weights, history, code };
}
