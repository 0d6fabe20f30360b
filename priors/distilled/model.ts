import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { constant } from "../generator/model.ts";
import type { Weights } from "../generator/network.ts";
import type { GeneratorPrior } from "../prior.ts";
import type { DistilledNetwork } from "./kind.ts";
import { type DistilledName, kinds } from "./kinds.ts";
import { mixtureForm } from "./mixture-form.ts";

/** A generator distilled from a mixture, x = centre + D v(z, c) + r: everything that decoding needs. */
export interface DistilledModel {
  readonly kind: DistilledName;
  readonly network: DistilledNetwork;
  readonly weights: Weights;
  /** Shape of one signal, of n numbers. */
  readonly shape: readonly number[];
  /** Probability of every condition c. */
  readonly conditions: Float64Array;
  /** [n] */
  readonly centre: NdArray<Float32Array>;
  /** D [n, k], the mixture's. */
  readonly matrix: NdArray<Float32Array>;
  /** Cov r [n, n]. */
  readonly residual: NdArray<Float32Array>;
}

export function distilledPrior(name: string, model: DistilledModel): GeneratorPrior {
  const { kind, network, weights, shape, conditions, centre, matrix, residual } = model;
  return {
    ...{ kind: "generator", name, latent: network.latent, shape, conditions, residual },
    affine: kinds[kind].affine,
    ...(kinds[kind].affine && { asMixture: () => mixtureForm(name, model) }),
    decode: (z, c) => {
      const v = kinds[kind].features(network, weights.map(constant), z, c!);
      const signals = tf.matMul(v as tf.Tensor2D, constant(matrix) as tf.Tensor2D, false, true);
      return tf.reshape(tf.add(constant(centre), signals), [-1, ...shape]);
    },
  };
}
