import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { sizeOf } from "../../src/data/array.ts";
import type { GeneratorPrior } from "../prior.ts";
import type { ResidualRoot } from "../residual-root.ts";
import { constant } from "../signals.ts";
import { applyNetwork, type NetworkSpec, type Weights } from "./network.ts";

/** The fixed affine map from a network's output u [k] to a signal: x = centre + B (scale ⊙ u), flattened to n numbers. */
export interface Decoder {
  /** [n], the data's mean. */
  readonly centre: NdArray<Float32Array>;
  /** [k], the standard deviation of each feature. */
  readonly scale: NdArray<Float32Array>;
  /** B [n, k]: the principal directions; absent for raw features (k = n, B = I). */
  readonly basis?: NdArray<Float32Array>;
}

/** A trained generator G: everything that decoding needs. */
export interface GeneratorModel {
  readonly network: NetworkSpec;
  readonly weights: Weights;
  readonly decoder: Decoder;
  /** Shape of one signal. */
  readonly shape: readonly number[];
  /** Covariance [n, n] of what G leaves out (see residual.ts); absent from priors of before there was one. */
  readonly residual?: NdArray<Float32Array>;
  /** A root of it, where it was found with it. */
  readonly residualRoot?: ResidualRoot;
  /** Probability of every label, in a generator that takes one. */
  readonly conditions?: readonly number[];
}

/** Signals x [batch, n] of network outputs u [batch, k]. */
export function decode({ centre, scale, basis }: Decoder, u: tf.Tensor): tf.Tensor {
  const features = tf.mul(u, constant(scale));
  const spread = basis ? tf.matMul(features as tf.Tensor2D, constant(basis) as tf.Tensor2D, false, true) : features;
  return tf.add(constant(centre), spread);
}

/** The prior of a model. Weights enter graphs as constants: recoveries with other weights of the same shapes share a session. */
export function generatorPrior(name: string, model: GeneratorModel): GeneratorPrior {
  const { network, weights, decoder, shape, residual, residualRoot, conditions } = model;
  if (decoder.centre.size !== sizeOf(shape)) {
    throw new RangeError(`generator: expected a centre of ${sizeOf(shape)} numbers, got ${decoder.centre.size}`);
  }
  return {
    kind: "generator",
    name,
    latent: network.latent,
    shape,
    ...(residual && { residual }),
    ...(residualRoot && { residualRoot }),
    ...(conditions && { conditions: Float64Array.from(conditions) }),
    decode: (z, c) => tf.reshape(decode(decoder, applyNetwork(network, weights.map(constant), z, c)), [-1, ...shape]),
  };
}
