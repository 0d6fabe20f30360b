import * as tf from "@tensorflow/tfjs";
import type { NdArray } from "ndarray";
import { stream } from "../../src/data/random.ts";
import { type AdamMoments, adamUpdate } from "../../src/engine/adam.ts";
import { fromHost } from "../../src/engine/index.ts";
import { type LossName, losses, momentLoss } from "./loss.ts";
import { constant } from "./model.ts";
import { applyNetwork, type NetworkSpec, type Weights } from "./network.ts";
import type { TrainSettings } from "./options.ts";
import type { Target } from "./target.ts";

/** What Adam carries from step to step. */
export type AdamState = { readonly weights: Weights; readonly moments: AdamMoments<NdArray<Float32Array>> };

type StepInputs = {
  readonly weights: readonly tf.Tensor[];
  readonly moments: AdamMoments<tf.Tensor>;
  readonly z: tf.Tensor;
  readonly rate: tf.Tensor;
  /** The columns of the frequencies to use, int32 [count]: none for all of them, or one list. */
  readonly picked: readonly tf.Tensor[];
};

/** Loss, gradient and Adam update of one batch, as one pure function. */
export const trainingStep =
  (network: NetworkSpec, target: Target, { loss, momentWeight }: Pick<TrainSettings, "loss" | "momentWeight">) =>
  (inputs: StepInputs) => {
    const objective = (...weights: tf.Tensor[]): tf.Scalar => {
      const u = applyNetwork(network, weights, inputs.z);
      const fourier = lossAt(target, u, loss, inputs.picked[0]);
      if (momentWeight === 0) return fourier as tf.Scalar;
      return tf.add(fourier, tf.mul(momentWeight, momentLoss(u, constant(target.covariance)))) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(objective)([...inputs.weights]);
    const { parameters, moments } = adamUpdate(inputs.weights, grads, inputs.moments, inputs.rate);
    return { loss: value as tf.Tensor, weights: parameters, moments };
  };

/** A sketch loss of network outputs u [batch, k] at the frequencies of a target, or at the `picked` ones [count] of them. */
export function lossAt(target: Target, u: tf.Tensor, loss: LossName, picked?: tf.Tensor): tf.Tensor {
  const features = tf.add(constant(target.offset), tf.mul(u, constant(target.decoder.scale)));
  const part = (array: NdArray<Float32Array>) => {
    const all = constant(array);
    return picked ? tf.gather(all, picked as tf.Tensor1D, all.rank - 1) : all;
  };
  return losses[loss](features, part(target.frequencies), { cos: part(target.cos), sin: part(target.sin) });
}

/** The frequencies that a step takes out of m: none or one list of `frequencyBatch` columns, drawn without repetition. */
export function pickFrequencies(
  m: number,
  { frequencyBatch, seed }: TrainSettings,
  index: number,
): NdArray<Int32Array>[] {
  if (frequencyBatch === 0) return [];
  const picked = stream(seed, "frequency batch", index).permutation(m).slice(0, frequencyBatch);
  return [fromHost(picked.sort(), [frequencyBatch])];
}
