import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { DesignArrays } from "../features.ts";

/** Sizes that a family may depend on. */
export interface Dimensions {
  /** Numbers of a sample, d. */
  readonly sample: number;
  /** Numbers of its features, k. */
  readonly features: number;
  /** Number of poses; 0 if images are not aligned. */
  readonly poses: number;
}

/** What a family may use to complete its options. */
export interface DesignContext extends Dimensions {
  /** Root mean squared distance of the pilot's features from their mean. Errors: no pilot; the message names `purpose`. */
  spread(purpose: string): number;
  /** Standard deviation of one cluster of the pilot along one direction (`pilotScale`). The same errors. */
  cluster(purpose: string): Promise<number>;
  /** The pilot's features relative to the reference [P, k], and its labels if the design is by label. The same errors. */
  pilot(purpose: string): Promise<PilotSamples>;
  /** Aborts learning from the pilot, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Number of groups that have sums of their own: the number of labels, or 1. */
  readonly groups: number;
}

/** What a family may use of the pilot. */
export interface PilotSamples {
  /** As they were given, [P, d]. */
  readonly samples: NdArray<Float32Array>;
  readonly features: NdArray<Float32Array>;
  /** What the features leave out of them, [P, d]. */
  readonly residual: NdArray<Float32Array>;
  /** One label per sample, if sums are by label. */
  readonly labels?: Uint8Array;
}

/** One block of n samples as tensors. */
export interface Block {
  /** The samples as they are, [n, d]. */
  readonly given: tf.Tensor;
  /** The samples relative to the design's reference, [n, d]. */
  readonly samples: tf.Tensor;
  /** Their features u, [n, k]. */
  readonly features: tf.Tensor;
  /** The features relative to the design's reference, [n, k] (`centredFeatures`). */
  readonly centred: tf.Tensor;
  /** What the features leave out of the samples, [n, d]. */
  residual(): tf.Tensor;
  /** The samples' poses, one-hot [n, poses]; absent if images are not aligned. */
  readonly poses?: tf.Tensor;
  /**
   * [groups, n]: 1 if a sample belongs to a group, else 0; 0 for the padding of the last block. There is one group, or one for each
   * label. The sums over the samples of each group are `matMul(weights, values)`.
   */
  readonly weights: tf.Tensor;
  /** What the design holds, for constants of the graph. */
  readonly arrays: DesignArrays;
}

/**
 * A moment family: a function Φ of one sample whose sums over the data are part of the sketch (generalised moments).
 * To add one: its file in this folder, its spec in the union and one entry in ./index.ts, a case in test/sketch.
 */
export interface Family<Spec, Options> {
  /** Name of the moments in messages: "second moments". */
  readonly title: string;
  /** Whether its sums are relative to the design's reference. */
  readonly aboutReference: boolean;
  /** One line for help texts. */
  readonly summary: string;
  /** The settings of a spec as one readable line. */
  describe(spec: Spec): string;
  /** What programs are told of a spec; default all of it. */
  told?(spec: Spec): object;
  /** Completes and checks the options. The spec that it returns holds everything that two machines must share. */
  design(options: Options, context: DesignContext): Spec | Promise<Spec>;
  /** Arrays learned from the pilot that the design keeps for this family. Their names begin with the family's; default none. */
  learn?(spec: Spec, context: DesignContext): Promise<DesignArrays>;
  /** Names and shapes of the sums over one group. */
  sums(spec: Spec, dimensions: Dimensions): Readonly<Record<string, readonly number[]>>;
  /** Powers of the samples' unit in these sums: 0 in counts and Σ cos ωᵀx, 1 in Σ x, 2 in Σ xxᵀ. Sums are rounded accordingly (exact-sums.ts). */
  readonly degrees: Readonly<Record<string, 0 | 1 | 2>>;
  /** Numbers a sample of the largest intermediate result of `block`; default 1. */
  width?(spec: Spec): number;
  /** Arrays that the block function needs, such as Ω or anchors: regenerated from the spec or taken from the design. */
  inputs(spec: Spec, dimensions: Dimensions, arrays: DesignArrays): Readonly<Record<string, NdArray<Float32Array>>>;
  /** Sums over one block, each [groups, ...shape] with names and shapes of `sums`: a pure tensor function of all those that are not in `cells`. */
  block?(spec: Spec, block: Block, inputs: Readonly<Record<string, tf.Tensor>>): Readonly<Record<string, tf.Tensor>>;
  /** Sums in cells of which each sample is in one, and second moments, whatever the cells: each cell takes its own samples alone. By any names. */
  cells?(spec: Spec, dimensions: Dimensions): Readonly<Record<string, CellSums>>;
  /** What these are sums of, by the same names. A pure tensor function. */
  inCells?(
    spec: Spec,
    block: Block,
    inputs: Readonly<Record<string, tf.Tensor>>,
  ): Readonly<Record<string, CellVectors>>;
  /** The most samples of a block by default, where it is not 2048. */
  readonly mostRows?: number;
  /** Sums that are made outside of the graph, for blocks; undefined where `block` makes them. */
  outside?(spec: Spec, blocks: OutsideBlocks): OutsideSums | undefined;
  /** What these are made of, by any names: a pure tensor function. Present with `outside`. */
  forOutside?(
    spec: Spec,
    block: Block,
    inputs: Readonly<Record<string, tf.Tensor>>,
  ): Readonly<Record<string, tf.Tensor>>;
  /**
   * Names what no data can have among these sums ("a moment"); undefined if all is possible. `group.whole` is what the sums were
   * subtracted from. Its size determines how much rounding is allowed.
   */
  impossible(spec: Spec, group: CheckedSums): string | undefined;
}

/** What sums outside of the graph may depend on. */
export interface OutsideBlocks {
  readonly dimensions: Dimensions;
  readonly arrays: DesignArrays;
  /** Samples of a block, n. */
  readonly rows: number;
  /** Groups whose sums are kept apart. */
  readonly groups: number;
}

/** Sums over blocks outside of the graph. */
export interface OutsideSums {
  /** Where results of `forOutside` are to be written, by name; others come in arrays of their own. */
  readonly places?: Readonly<Record<string, Float32Array>>;
  /** The sums over one block, each [groups, ...shape], from the results of `forOutside`. They may be overwritten by the next call. */
  add(
    results: Readonly<Record<string, NdArray<Float32Array>>>,
    groups: readonly Stretch[],
  ): Readonly<Record<string, ArrayLike<number>>>;
}

/** Rows of a block, from `from` to before `to`: samples are sorted by their groups. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Sums over the samples of each cell, and their names in `sums`. */
export interface CellSums {
  /** Vectors a of each sample; default 1. */
  readonly each?: number;
  /** Cells of each group, K. */
  readonly cells: number;
  /** 1 [K]. */
  readonly count?: string;
  /** a [K, w]. */
  readonly sum?: string;
  /** aaᵀ as lower triangles [K, w(w+1)/2]. */
  readonly squares?: string;
}

/** The vector a [n, w] of every sample of a block, and its cell among those of its group, int32 [n]; default 0. With `each` vectors of a sample, [n · each, w] and [n · each]. */
export interface CellVectors {
  readonly a: tf.Tensor;
  readonly cell?: tf.Tensor;
}

/** The sums over one group of samples, to be checked. */
export interface CheckedSums {
  readonly dimensions: Dimensions;
  /** Samples of the group. */
  readonly count: number;
  /** The sums by name. */
  readonly sums: Readonly<Record<string, Float64Array>>;
  /** Count and sums before the subtraction; the same as above if nothing was subtracted. */
  readonly whole: { readonly count: number; readonly sums: Readonly<Record<string, Float64Array>> };
}

/** Float32 sums are wrong by about 1e-7 of the size of their terms. 1e-5 of the sum of squares covers the error of a block. */
export const ROUNDING = 1e-5;

/** Squares below float32's least normal number are lost. */
const LOST = 2 ** -126;

/** How much rounding may have changed a sum of squares over n samples. */
const slackOf = (squares: number, n: number): number => ROUNDING * Math.abs(squares) + LOST * n;

/** Whether Σ v and Σ v² over n samples contradict (Σ v)² ≤ n Σ v² by more than the rounding of the whole. */
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
 * Whether Σ aaᵀ, given as the lower triangle of a matrix [d, d], contradicts |Σ aᵢaⱼ|² ≤ Σ aᵢ² Σ aⱼ² by more than the rounding of the
 * whole. Each square gets a slack, so Σ aᵢaⱼ may be wrong by the same fraction of the whole's √(Σ aᵢ² Σ aⱼ²).
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

/** The place of entry (i, i) in a lower triangle. */
export const diagonalAt = (i: number): number => triangleSize(i + 1) - 1;

/** How many numbers the lower triangle of a matrix [d, d] holds. */
export const triangleSize = (d: number): number => (d * (d + 1)) / 2;

/** The lower triangles of aaᵀ for every row of a [n, d], one column each: [d(d+1)/2, n]. A pure tensor function. */
export function triangleProducts(a: tf.Tensor): tf.Tensor {
  const d = a.shape[1]!;
  const [first, second] = [new Int32Array(triangleSize(d)), new Int32Array(triangleSize(d))];
  for (let i = 0, at = 0; i < d; i++) {
    for (let j = 0; j <= i; j++, at++) [first[at], second[at]] = [i, j];
  }
  const columns = tf.transpose(a); // whole rows are gathered, which is fast
  const of = (rows: Int32Array) => tf.gather(columns, tf.tensor1d(rows, "int32"));
  return tf.mul(of(first), of(second));
}

/** The symmetric matrix [d, d], row-major, of a lower triangle. */
export function fromTriangle(lower: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0, at = 0; i < d; i++) for (let j = 0; j <= i; j++) out[i * d + j] = out[j * d + i] = lower[at++]!;
  return out;
}
