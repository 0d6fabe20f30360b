import * as tf from "@tensorflow/tfjs";
import type { NdArray } from "ndarray";
import { type AdamMoments, adamUpdate } from "../../src/engine/adam.ts";
import { fourierLoss, momentLoss } from "./loss.ts";
import { constant } from "./model.ts";
import { applyNetwork, type NetworkSpec, type Weights } from "./network.ts";
import type { Target } from "./target.ts";

/** What Adam carries from step to step. */
export type AdamState = { readonly weights: Weights; readonly moments: AdamMoments<NdArray<Float32Array>> };

type StepInputs = {
  readonly weights: readonly tf.Tensor[];
  readonly moments: AdamMoments<tf.Tensor>;
  readonly z: tf.Tensor;
  readonly rate: tf.Tensor;
};

/** Loss, gradient and Adam update of one batch, as one pure function. */
export const trainingStep = (network: NetworkSpec, target: Target, momentWeight: number) => (inputs: StepInputs) => {
  const loss = (...weights: tf.Tensor[]): tf.Scalar => {
    const u = applyNetwork(network, weights, inputs.z);
    const fourier = lossAt(target, u);
    if (momentWeight === 0) return fourier as tf.Scalar;
    return tf.add(fourier, tf.mul(momentWeight, momentLoss(u, constant(target.covariance)))) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(loss)([...inputs.weights]);
  const { parameters, moments } = adamUpdate(inputs.weights, grads, inputs.moments, inputs.rate);
  return { loss: value as tf.Tensor, weights: parameters, moments };
};

/** The unbiased sketch loss of network outputs u [batch, k] at the frequencies of a target. */
export function lossAt(target: Target, u: tf.Tensor): tf.Tensor {
  const features = tf.add(constant(target.offset), tf.mul(u, constant(target.decoder.scale)));
  const means = { cos: constant(target.cos), sin: constant(target.sin) };
  return fourierLoss(features, constant(target.frequencies), means);
}
