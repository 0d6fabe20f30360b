import * as tf from "@tensorflow/tfjs";
import type { NdArray } from "ndarray";
import type { DesignArrays } from "../features.ts";

/** Sizes that a family may depend on. */
export interface Dimensions {
  /** Numbers of a sample, d. */
  readonly sample: number;
  /** Numbers of its features, k. */
  readonly features: number;
}

/** What a family may use to complete its options. */
export interface DesignContext extends Dimensions {
  /** Root mean squared distance of the pilot's features from their mean; refuses, by name of `purpose`, where there is no pilot. */
  spread(purpose: string): number;
  /** Deviation of one cluster of the pilot along one direction (`pilotScale`), with the same refusal. */
  cluster(purpose: string): Promise<number>;
}

/** One block of n samples as tensors. */
export interface Block {
  /** The samples, [n, d]. */
  readonly samples: tf.Tensor;
  /** Their features, [n, k]. */
  readonly features: tf.Tensor;
  /**
   * [groups, n]: 1 where a sample belongs to a group, else 0, and 0 for the padding of the last block. There is one group,
   * or one a label. Sums over the samples of each group are `matMul(weights, values)`.
   */
  readonly weights: tf.Tensor;
}

/**
 * A moment family: a function Φ of one sample whose sums over the data are part of the sketch (generalised moments).
 * To add one: its file in this folder, its spec in the union and one entry in ./index.ts, a case in test/sketch.
 */
export interface Family<Spec, Options> {
  /** One line for help texts. */
  readonly summary: string;
  /** Completes and checks the options; everything that two machines must share ends up in the spec. */
  design(options: Options, context: DesignContext): Spec | Promise<Spec>;
  /** Names and shapes of the sums over one group. */
  sums(spec: Spec, dimensions: Dimensions): Readonly<Record<string, readonly number[]>>;
  /** Arrays that the block function needs, regenerated from the spec or taken from the design: Ω, anchors. */
  inputs(spec: Spec, dimensions: Dimensions, arrays: DesignArrays): Readonly<Record<string, NdArray<Float32Array>>>;
  /** The sums over one block, each [groups, ...shape] with the names and shapes of `sums`: a pure tensor function. */
  block(spec: Spec, block: Block, inputs: Readonly<Record<string, tf.Tensor>>): Readonly<Record<string, tf.Tensor>>;
}

/** Sums over each group of the outer products abᵀ, for a [n, p] and b [n, q] → [groups, p, q]. */
export function outerSums(weights: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [groups, n] = weights.shape as [number, number];
  const own = Array.from({ length: groups }, (_, g) => {
    const inGroup = tf.reshape(tf.slice(weights, [g, 0], [1, n]), [n, 1]);
    return tf.matMul(tf.mul(a, inGroup), b, true, false);
  });
  return tf.stack(own);
}
