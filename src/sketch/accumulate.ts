import type * as tf from "@tensorflow/tfjs";
import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../data/errors.ts";
import { checkedRange, type Dataset, type Range } from "../data/rows.ts";
import { compile } from "../engine/index.ts";
import { dimensionsOf, type SketchDesign, sizeOf, sumShapes } from "./design.ts";
import { familyOf } from "./families/index.ts";
import { encodeFeatures } from "./features.ts";
import type { Sketch } from "./sketch.ts";

export interface SketchOptions {
  /** Called after every block with the samples done and to do. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborts between two blocks, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Samples a block; default `blockRows`. Changes the result by float32 rounding only. */
  readonly blockSize?: number;
  /** The samples to sketch; default all. Sketches of parts that make up the whole merge to the whole's. */
  readonly range?: Range;
}

/** Numbers of one intermediate [rows, m] of a block: it should stay in the processor's cache. */
const BLOCK_NUMBERS = 2 ** 21;

/** Samples a block by default: few for many frequencies, from 64 to 2048. */
export function blockRows(design: SketchDesign): number {
  const widest = Math.max(1, ...design.families.map((f) => ("m" in f ? f.m : 1)));
  return Math.min(2048, Math.max(64, 2 ** Math.round(Math.log2(BLOCK_NUMBERS / widest))));
}

type Arrays = Readonly<Record<string, NdArray<Float32Array>>>;
type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * The sketch of a data set in one pass: for every family of the design the sum of Φ(x) over the samples, and their number.
 *
 * Sums over a block are computed in float32 by one compiled function, all families at once; blocks are added in float64.
 * Block borders depend on the block size and the range only, so the same call gives the same bits. Memory: a few blocks.
 * Errors (InputError): samples of another shape than the design's, no samples, NaN or Inf in the data.
 */
export async function sketchDataset(
  dataset: Dataset,
  design: SketchDesign,
  options: SketchOptions = {},
): Promise<Sketch> {
  const { onProgress, signal } = options;
  if (String(dataset.shape) !== String(design.shape)) {
    throw new InputError(
      `sketch: ${dataset.name} holds samples of shape [${dataset.shape}], the design is for [${design.shape}]`,
    );
  }
  const range = checkedRange(dataset.name, dataset.count, options.range);
  const count = range.to - range.from;
  if (count === 0) throw new InputError(`sketch: ${dataset.name}: rows ${range.from} to ${range.to} hold no samples`);
  const { blockSize } = options;
  if (blockSize !== undefined && !(Number.isInteger(blockSize) && blockSize > 0)) {
    throw new RangeError(`sketchDataset: blockSize must be a positive whole number, got ${blockSize}`);
  }
  const rows = Math.min(blockSize ?? blockRows(design), count);
  const block = await compileBlock(design, rows);
  const sums = Object.fromEntries(
    Object.entries(sumShapes(design)).map(([name, shape]) => [name, new Float64Array(sizeOf(shape))]),
  );
  try {
    let done = 0;
    for await (const { data } of dataset.batches(rows, range)) {
      signal?.throwIfAborted();
      for (const [name, part] of Object.entries(await block.run(data))) {
        const sum = sums[name]!;
        for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
      }
      done += data.shape[0]!;
      onProgress?.(done, count);
    }
  } finally {
    await block.dispose();
  }
  return { design, count, sums };
}

/** The sums of one block of at most `rows` samples, compiled once; a shorter block is padded with zeros of weight 0. */
async function compileBlock(design: SketchDesign, rows: number) {
  const dimensions = dimensionsOf(design);
  const inputs: Record<string, Arrays> = {};
  for (const spec of design.families) {
    inputs[spec.kind] = familyOf(spec.kind).inputs(spec, dimensions, design.arrays);
  }
  const fixed = { arrays: design.arrays, inputs };
  const x = ndarray(new Float32Array(rows * dimensions.sample), [rows, dimensions.sample]);
  const weights = ndarray(new Float32Array(rows), [1, rows]);
  const compiled = await compile(
    (given: { x: tf.Tensor; weights: tf.Tensor; arrays: Tensors; inputs: Readonly<Record<string, Tensors>> }) => {
      const features = encodeFeatures(design.features, given.x, given.arrays);
      const block = { samples: given.x, features, weights: given.weights };
      const sums: Record<string, tf.Tensor> = {};
      for (const spec of design.families) {
        const family = familyOf(spec.kind).block(spec, block, given.inputs[spec.kind]!);
        for (const [name, value] of Object.entries(family)) sums[`${spec.kind}.${name}`] = value;
      }
      return sums;
    },
    { x, weights, ...fixed },
    { name: "sketch" },
  );
  return {
    async run(data: NdArray<Float32Array>): Promise<Record<string, Float32Array>> {
      const have = data.shape[0]!;
      weights.data.fill(1, 0, have).fill(0, have);
      x.data.fill(0, have * dimensions.sample);
      x.data.set(data.data);
      const results = await compiled.run({ x, weights, ...fixed });
      return Object.fromEntries(Object.entries(results).map(([name, array]) => [name, array.data]));
    },
    dispose: () => compiled.dispose(),
  };
}
