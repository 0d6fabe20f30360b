import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { sameShape, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { type Batch, checkedRange, type Dataset, type Range } from "../data/rows.ts";
import { compile } from "../engine/index.ts";
import { cellSums } from "./cell-sums.ts";
import { labelsOf } from "./data-design.ts";
import { describeDifference, dimensionsOf, isByLabel, LABEL_COUNT, type SketchDesign, sumShapes } from "./design.ts";
import { encoded, warpsFor } from "./encoded.ts";
import { familyOf } from "./families/index.ts";
import { hashedRows, NO_ROWS } from "./rows-hash.ts";
import { copied, type Sketch, type Sums } from "./sketch.ts";

export interface SketchOptions {
  /** Called after every block with the number of samples done and the total. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborts between two blocks, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Samples per block; default `blockRows`. It changes the result only by float32 rounding. */
  readonly blockSize?: number;
  /** The samples to sketch; default all. The sketches of parts that make up the whole merge to the sketch of the whole. */
  readonly range?: Range;
  /** A checkpoint of an earlier pass with the same data, design, range and block size; this pass goes on from it. */
  readonly resume?: PartialSketch;
  /** Called with the sums so far, between two blocks: whenever `checkpointSeconds` (default 30) have passed, and on an abort. */
  readonly onCheckpoint?: (partial: PartialSketch) => Promise<void>;
  readonly checkpointSeconds?: number;
}

/** A pass that is not finished: the sketch of its first rows. They begin at `range.from`; their number is the sketch's count. */
export interface PartialSketch {
  readonly sketch: Sketch;
  /** What the whole pass covers. */
  readonly range: Range;
  /** Samples a block. */
  readonly blockSize: number;
  /** SHA-256 over the rows summed so far and their labels (`hashedRows`, block by block). */
  readonly rowsHash: string;
}

/** What a pass covers. */
type Pass = Pick<PartialSketch, "range" | "blockSize">;

/** The most numbers of an intermediate result [rows, m] of a block, so that it stays in the processor's cache. */
const BLOCK_NUMBERS = 2 ** 21;

/** The most numbers in the samples of a block, [rows, d]. */
const BLOCK_SAMPLES = 2 ** 22;

/** Default number of samples per block, from 64 to 2048, or 8192 if all sums are in cells: fewer for many frequencies and for large samples. */
export function blockRows(design: SketchDesign): number {
  const widest = Math.max(1, ...design.families.map((f) => ("m" in f ? f.m : 1)));
  const rows = Math.min(BLOCK_NUMBERS / widest, BLOCK_SAMPLES / dimensionsOf(design).sample);
  const most = design.families.every(({ kind }) => familyOf(kind).inCells) ? 8192 : 2048;
  return Math.min(most, Math.max(64, 2 ** Math.round(Math.log2(rows))));
}

type Arrays = Readonly<Record<string, NdArray<Float32Array>>>;
type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * The sketch of a data set in one pass: for every family of the design the sum of Φ(x) over the samples, and the number of samples.
 *
 * One compiled function computes the sums over a block in float32, for all families. Blocks are added in float64, in order. Blocks end
 * where the row number is a multiple of the block size. So the same call gives the same bits, however often it was interrupted and
 * resumed. Memory: a few blocks.
 * Errors (InputError): samples of another shape than the design's, no samples, NaN or Inf in the data, absent labels or labels
 * outside the design's range, a checkpoint of another pass or of other rows.
 */
export async function sketchDataset(
  dataset: Dataset,
  design: SketchDesign,
  options: SketchOptions = {},
): Promise<Sketch> {
  const { onProgress, signal, onCheckpoint, checkpointSeconds = 30 } = options;
  const pass = planned(dataset, design, options);
  const { range, blockSize } = pass;
  const labels = design.labels === undefined ? undefined : await checkedLabels(dataset, range, design.labels);
  const total = range.to - range.from;
  const sums = startingSums(design, options.resume?.sketch.sums);
  let count = options.resume?.sketch.count ?? 0;
  let saved = performance.now();
  let rowsHash = options.resume ? await verifiedRows(dataset, options.resume, labels, signal) : NO_ROWS;
  const partial = (): PartialSketch => ({ ...pass, sketch: { design, count, sums: copied(sums) }, rowsHash });
  const stopIfAsked = async (): Promise<void> => {
    if (!signal?.aborted) return;
    if (count > 0) await onCheckpoint?.(partial());
    signal.throwIfAborted();
  };
  const block = await compileBlock(design, Math.min(blockSize, total));
  try {
    for await (const batch of alignedBatches(dataset, blockSize, { ...range, from: range.from + count })) {
      await stopIfAsked();
      const { first, data } = batch;
      const rows = data.shape[0]!;
      const own = labels?.subarray(first, first + rows);
      if (onCheckpoint) rowsHash = await hashedRows(rowsHash, batch, own);
      await block.add(data, sums, own);
      if (labels) for (let row = first; row < first + rows; row++) sums[LABEL_COUNT]![labels[row]!]!++;
      count += rows;
      onProgress?.(count, total);
      if (onCheckpoint && performance.now() - saved >= 1000 * checkpointSeconds && count < total) {
        await onCheckpoint(partial());
        saved = performance.now();
      }
    }
    await stopIfAsked();
  } finally {
    await block.dispose();
  }
  return { design, count, sums };
}

/**
 * Reads the rows that a checkpoint sums again and returns their hash. Errors (InputError): the data set does not hold those rows any more.
 */
async function verifiedRows(
  dataset: Dataset,
  { sketch, range, blockSize, rowsHash }: PartialSketch,
  labels: Uint8Array | undefined,
  signal?: AbortSignal,
): Promise<string> {
  const to = range.from + sketch.count;
  let hash = NO_ROWS;
  for await (const batch of alignedBatches(dataset, blockSize, { from: range.from, to })) {
    signal?.throwIfAborted();
    hash = await hashedRows(hash, batch, labels?.subarray(batch.first, batch.first + batch.data.shape[0]!));
  }
  if (hash === rowsHash) return hash;
  throw new InputError(
    `sketch: ${dataset.name} has changed since the checkpoint: its rows ${range.from} to ${to} are others; ` +
      "remove the checkpoint, or bring the old data back",
  );
}

/** What a pass covers, checked. */
function planned(dataset: Dataset, design: SketchDesign, options: SketchOptions): Pass {
  if (!sameShape(dataset.shape, design.shape)) {
    throw new InputError(
      `sketch: ${dataset.name} holds samples of shape [${dataset.shape}], the design is for [${design.shape}]`,
    );
  }
  const range = checkedRange(dataset.name, dataset.count, options.range);
  if (range.to === range.from) {
    throw new InputError(`sketch: ${dataset.name}: rows ${range.from} to ${range.to} hold no samples`);
  }
  const { blockSize = blockRows(design), resume } = options;
  if (!(Number.isInteger(blockSize) && blockSize > 0)) {
    throw new RangeError(`sketchDataset: blockSize must be a positive integer, got ${blockSize}`);
  }
  if (resume) requireSamePass(resume, { range, blockSize }, design);
  return { range, blockSize };
}

function requireSamePass({ sketch, ...was }: PartialSketch, { range, blockSize }: Pass, design: SketchDesign): void {
  const other = (what: string) =>
    new InputError(`sketch: the checkpoint belongs to another pass (${what}); remove it, or repeat that pass`);
  const difference = describeDifference(sketch.design, design);
  if (difference) throw other(difference);
  if (was.range.from !== range.from || was.range.to !== range.to) {
    throw other(`rows ${was.range.from} to ${was.range.to}, now ${range.from} to ${range.to}`);
  }
  if (was.blockSize !== blockSize) throw other(`blocks of ${was.blockSize}, now ${blockSize}`);
}

/** Batches that end where the row number is a multiple of `size`, and at the end of the range. */
async function* alignedBatches(dataset: Dataset, size: number, { from, to }: Range): AsyncGenerator<Batch> {
  const border = Math.min(to, Math.ceil(from / size) * size);
  if (border > from) yield* dataset.batches(size, { from, to: border });
  if (to > border) yield* dataset.batches(size, { from: border, to });
}

async function checkedLabels(dataset: Dataset, { from, to }: Range, count: number): Promise<Uint8Array> {
  const labels = await labelsOf(dataset);
  for (let row = from; row < to; row++) {
    if (labels[row]! < count) continue;
    throw new InputError(
      `sketch: ${dataset.name}: row ${row} has the label ${labels[row]}, the design is for 0 to ${count - 1}`,
    );
  }
  return labels;
}

function startingSums(design: SketchDesign, before: Readonly<Sums> | undefined): Sums {
  if (before) return copied(before);
  const shapes = Object.entries(sumShapes(design));
  return Object.fromEntries(shapes.map(([name, shape]) => [name, new Float64Array(sizeOf(shape))]));
}

/** The sums of one block of at most `rows` samples, compiled once; a shorter block is padded with zeros of weight 0. */
async function compileBlock(design: SketchDesign, rows: number) {
  const dimensions = dimensionsOf(design);
  const groups = design.labels ?? 1;
  const inputs: Record<string, Arrays> = {};
  for (const spec of design.families) {
    inputs[spec.kind] = familyOf(spec.kind).inputs(spec, dimensions, design.arrays);
  }
  const fixed = { arrays: design.arrays, inputs, warps: warpsFor(design) };
  const x = ndarray(new Float32Array(rows * dimensions.sample), [rows, dimensions.sample]);
  const weights = ndarray(new Float32Array(groups * rows), [groups, rows]);
  const compiled = await compile(
    (
      given: Record<"x" | "weights", tf.Tensor> &
        Record<"arrays" | "warps", Tensors> & { inputs: Record<string, Tensors> },
    ) => {
      const common = encoded(design, given.x, given.arrays, given.warps);
      const sums: Record<string, tf.Tensor> = {};
      for (const spec of design.families) {
        const apart = design.labels === undefined || isByLabel(design, spec);
        const weights = apart ? given.weights : tf.sum(given.weights, 0, true);
        const family = familyOf(spec.kind);
        const own = (family.inCells ?? family.block!)(spec, { ...common, weights }, given.inputs[spec.kind]!);
        for (const [name, value] of Object.entries(own)) sums[`${spec.kind}.${name}`] = value;
      }
      return sums;
    },
    { x, weights, ...fixed },
    { name: "sketch" },
  );
  const inCells = new Map<string, Awaited<ReturnType<typeof cellSums>>>();
  return {
    /** Adds the sums over a block of samples. */
    async add(data: NdArray<Float32Array>, sums: Sums, labels?: Uint8Array): Promise<void> {
      const have = data.shape[0]!;
      weights.data.fill(0);
      for (let row = 0; row < have; row++) weights.data[(labels?.[row] ?? 0) * rows + row] = 1;
      x.data.fill(0, have * dimensions.sample);
      x.data.set(data.data);
      const results = await compiled.run({ x, weights, ...fixed });
      for (const spec of design.families) {
        const { kind } = spec;
        const family = familyOf(kind);
        if (family.inCells) {
          const [a, cell] = [results[`${kind}.a`]!, results[`${kind}.cell`]!];
          const [counts, squares] = [sums[`${kind}.count`]!, sums[`${kind}.xx`]!];
          const width = a.shape[1]!;
          const own = inCells.get(kind) ?? (await cellSums(rows, width, counts.length));
          inCells.set(kind, own);
          const cells = counts.length / groups;
          const cellOf = Int32Array.from({ length: have }, (_, row) => (labels?.[row] ?? 0) * cells + cell.data[row]!);
          await own.add(a.data.subarray(0, have * width), cellOf, counts, squares);
          continue;
        }
        for (const name of Object.keys(family.sums(spec, dimensions))) {
          const [sum, part] = [sums[`${kind}.${name}`]!, results[`${kind}.${name}`]!.data];
          for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
        }
      }
    },
    dispose: async () => {
      for (const own of inCells.values()) await own.dispose();
      await compiled.dispose();
    },
  };
}
