import type { NdArray } from "ndarray";
import * as tf from "#tf";
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
  /** Standard deviation of one cluster of the pilot along one direction (`pilotScale`), with the same refusal. */
  cluster(purpose: string): Promise<number>;
  /** The pilot's features about the reference [P, k], and its labels where the design is by label, with the same refusal. */
  pilot(purpose: string): Promise<PilotSamples>;
  /** Ends what is learned from the pilot, with its reason. */
  readonly signal?: AbortSignal;
  /** Groups that sums are made for: the number of labels, or 1. */
  readonly groups: number;
}

/** A pilot as a family may learn from it. */
export interface PilotSamples {
  readonly features: NdArray<Float32Array>;
  /** One label a sample, where sums are by label. */
  readonly labels?: Uint8Array;
}

/** One block of n samples as tensors. */
export interface Block {
  /** The samples about the design's reference, [n, d]. */
  readonly samples: tf.Tensor;
  /** Their features u, [n, k]. */
  readonly features: tf.Tensor;
  /** The features about the design's reference, [n, k] (`centredFeatures`). */
  readonly centred: tf.Tensor;
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
  /** As messages name the moments: "second moments". */
  readonly title: string;
  /** Whether its sums are about the design's reference. */
  readonly aboutReference: boolean;
  /** One line for help texts. */
  readonly summary: string;
  /** What a spec chooses, in one line for people. */
  describe(spec: Spec): string;
  /** Completes and checks the options; everything that two machines must share ends up in the spec. */
  design(options: Options, context: DesignContext): Spec | Promise<Spec>;
  /** What the design must keep of the pilot for this family, by names that begin with the family's; default nothing. */
  learn?(spec: Spec, context: DesignContext): Promise<DesignArrays>;
  /** Names and shapes of the sums over one group. */
  sums(spec: Spec, dimensions: Dimensions): Readonly<Record<string, readonly number[]>>;
  /** Arrays that the block function needs, regenerated from the spec or taken from the design: Ω, anchors. */
  inputs(spec: Spec, dimensions: Dimensions, arrays: DesignArrays): Readonly<Record<string, NdArray<Float32Array>>>;
  /** The sums over one block, each [groups, ...shape] with the names and shapes of `sums`: a pure tensor function. */
  block(spec: Spec, block: Block, inputs: Readonly<Record<string, tf.Tensor>>): Readonly<Record<string, tf.Tensor>>;
  /**
   * What of these sums no data can have ("a moment"), or undefined. `group.whole` is what they were subtracted from; its size sets
   * how much rounding is allowed.
   */
  impossible(spec: Spec, group: CheckedSums): string | undefined;
}

/** The sums over one group of samples, to be checked. */
export interface CheckedSums {
  readonly dimensions: Dimensions;
  /** Samples of the group. */
  readonly count: number;
  /** The sums by name. */
  readonly sums: Readonly<Record<string, Float64Array>>;
  /** The same of what these were subtracted from; the sums themselves where nothing was. */
  readonly whole: { readonly count: number; readonly sums: Readonly<Record<string, Float64Array>> };
}

/** Float32 sums are off by about 1e-7 of their terms' size; 1e-5 of the sum of squares covers a block's. */
export const ROUNDING = 1e-5;

/** Squares below float32's least normal number are lost. */
const LOST = 2 ** -126;

/** What rounding may have taken from or added to a sum of squares over n samples. */
const slackOf = (squares: number, n: number): number => ROUNDING * Math.abs(squares) + LOST * n;

/** Whether Σ v and Σ v² over n samples contradict (Σ v)² ≤ n Σ v², beyond the rounding of the whole's. */
export function contradicts(
  sum: number,
  squares: number,
  n: number,
  wholeSquares: number,
  wholeCount: number,
): boolean {
  const slack = slackOf(wholeSquares, wholeCount);
  return !(squares >= -slack && sum * sum <= (Math.max(0, squares) + slack) * (n + ROUNDING * wholeCount));
}

/**
 * Whether Σ aaᵀ, the lower triangle of a matrix [d, d], contradicts |Σ aᵢaⱼ|² ≤ Σ aᵢ² Σ aⱼ², beyond the rounding of the
 * whole's: the slack of each square lets Σ aᵢaⱼ be off by as much of the whole's √(Σ aᵢ² Σ aⱼ²).
 */
export function contradictsCross(triangle: Float64Array, whole: Float64Array, wholeCount: number, d: number): boolean {
  const lengths = Float64Array.from({ length: d }, (_, i) => {
    const at = diagonalAt(i);
    return Math.sqrt(Math.max(0, triangle[at]!) + slackOf(whole[at]!, wholeCount));
  });
  for (let i = 0, at = 0; i < d; i++, at++) {
    for (let j = 0; j < i; j++, at++) if (!(Math.abs(triangle[at]!) <= lengths[i]! * lengths[j]!)) return true;
  }
  return false;
}

/** Where entry (i, i) lies in a lower triangle. */
export const diagonalAt = (i: number): number => triangleSize(i + 1) - 1;

/** Numbers of a symmetric matrix [d, d] that say all of it: its lower triangle, row by row. */
export const triangleSize = (d: number): number => (d * (d + 1)) / 2;

/** Sums over each group of aaᵀ for a [n, d], as lower triangles: weights [groups, n] → [groups, d(d+1)/2]. */
export function squareSums(weights: tf.Tensor, a: tf.Tensor): tf.Tensor {
  const [groups, n] = weights.shape as [number, number];
  const d = a.shape[1]!;
  const entries = new Int32Array(triangleSize(d));
  for (let i = 0, at = 0; i < d; i++) for (let j = 0; j <= i; j++) entries[at++] = i * d + j;
  const lower = tf.tensor1d(entries, "int32");
  const own = Array.from({ length: groups }, (_, g) => {
    const inGroup = tf.reshape(tf.slice(weights, [g, 0], [1, n]), [n, 1]);
    return tf.gather(tf.reshape(tf.matMul(tf.mul(a, inGroup), a, true, false), [d * d]), lower);
  });
  return tf.stack(own);
}

/** The symmetric matrix [d, d], row-major, of a lower triangle. */
export function fromTriangle(lower: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0, at = 0; i < d; i++) for (let j = 0; j <= i; j++) out[i * d + j] = out[j * d + i] = lower[at++]!;
  return out;
}
