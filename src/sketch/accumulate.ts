import { ahead } from "../data/ahead.ts";
import { sameShape } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { type Batch, checkedRange, type Dataset, type Range } from "../data/rows.ts";
import { labelsOf } from "./data-design.ts";
import { describeDifference, type SketchDesign } from "./design.ts";
import { addSketch, heldSums, noSums } from "./exact-sums.ts";
import { type FamilyName, familyOf } from "./families/index.ts";
import { summing } from "./lanes.ts";
import { blockHash, type Source, sourceOf, withBlock } from "./provenance.ts";
import type { Sketch } from "./sketch.ts";

export interface SketchOptions {
  /** Called after every block with the number of samples done and the total. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborts between two blocks, with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * The samples to sketch; default all. The sketches of parts that make up the whole merge to the sketch of the whole, with equal bits if they are cut between
   * blocks: at multiples of `design.block`.
   */
  readonly range?: Range;
  /** The program that sums, for the provenance; default `sketchprior`. */
  readonly tool?: string;
  /** A checkpoint of an earlier pass with the same data, design and range; this pass goes on from it. */
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
}

/**
 * The sketch of a data set in one pass: for every family of the design the sum of Φ(x) over the samples, the number of samples, and where they come from.
 *
 * One compiled function computes the sums over a block in float32, for all families. Blocks begin at multiples of `design.block`, whatever the range, and their sums are
 * rounded to a grid and added exactly (exact-sums.ts). So the result is the same bits for any number of threads, of interruptions, and of parts that are cut between
 * blocks and merged, in any order. A pass of more than a few seconds is shared by as many processes as the engine has threads (lanes.ts). Memory: a few blocks for each.
 * Errors (InputError): samples of another shape than the design's, no samples, NaN or Inf in the data, absent labels or labels
 * outside the design's range, a checkpoint of another pass or of other rows.
 */
export async function sketchDataset(
  dataset: Dataset,
  design: SketchDesign,
  options: SketchOptions = {},
): Promise<Sketch> {
  const { onProgress, signal, onCheckpoint, checkpointSeconds = 30, resume, tool = "sketchprior" } = options;
  const range = planned(dataset, design, options);
  const labels = design.labels === undefined ? undefined : await checkedLabels(dataset, range, design.labels);
  const total = range.to - range.from;
  const sums = noSums(design);
  if (resume) addSketch(sums, resume.sketch);
  let count = resume?.sketch.count ?? 0;
  let source = resume
    ? await verifiedRows(dataset, design, resume, labels, signal)
    : sourceOf(dataset.name, dataset.count);
  const tools = [...new Set([...(resume?.sketch.provenance?.tools ?? []), tool])].sort();
  const lanes = await summing(design);
  const made = async (): Promise<Sketch> => {
    await lanes.collect(sums);
    return { design, count, ...heldSums(sums), provenance: { sources: [source], tools } };
  };
  let saved = performance.now();
  const blocks = alignedBatches(dataset, design.block, { ...range, from: range.from + count });
  try {
    for await (const batch of ahead(blocks, signal)) {
      const { first, data } = batch;
      const rows = data.shape[0]!;
      const own = labels?.subarray(first, first + rows);
      const hash = blockHash(batch, own); // meanwhile the engine computes
      await lanes.add(data, own, total - count - rows);
      source = withBlock(source, first, rows, await hash, design.block);
      count += rows;
      onProgress?.(count, total);
      if (onCheckpoint && performance.now() - saved >= 1000 * checkpointSeconds && count < total) {
        await onCheckpoint({ sketch: await made(), range });
        saved = performance.now();
      }
    }
    if (signal?.aborted) {
      if (count > 0) await onCheckpoint?.({ sketch: await made(), range });
      signal.throwIfAborted();
    }
    return requireFinite(await made(), dataset.name);
  } finally {
    await lanes.dispose();
  }
}

/** Errors (InputError): sums that are not finite, although the data are. */
function requireFinite(sketch: Sketch, name: string): Sketch {
  const bad = Object.entries(sketch.sums).find(([, sum]) => !sum.every(Number.isFinite));
  if (!bad) return sketch;
  const kind = bad[0].split(".")[0] as FamilyName;
  throw new InputError(
    `sketch: ${name}: the ${familyOf(kind).title} are not finite, for some samples, or what is made of them, are not; rescale the data`,
  );
}

/**
 * Reads the rows that a checkpoint sums again and returns what they are. Errors (InputError): the data set does not hold those rows any more.
 */
async function verifiedRows(
  dataset: Dataset,
  { block }: SketchDesign,
  { sketch: { count, provenance }, range }: PartialSketch,
  labels: Uint8Array | undefined,
  signal?: AbortSignal,
): Promise<Source> {
  const to = range.from + count;
  let source = sourceOf(dataset.name, dataset.count);
  for await (const batch of alignedBatches(dataset, block, { from: range.from, to })) {
    signal?.throwIfAborted();
    const { first, data } = batch;
    const rows = data.shape[0]!;
    source = withBlock(source, first, rows, await blockHash(batch, labels?.subarray(first, first + rows)), block);
  }
  if (source.hash === provenance?.sources[0]?.hash) return source;
  throw new InputError(
    `sketch: ${dataset.name} has changed since the checkpoint: its rows ${range.from} to ${to} are others; ` +
      "remove the checkpoint, or bring the old data back",
  );
}

/** The rows that a pass covers, checked. */
function planned(dataset: Dataset, design: SketchDesign, options: SketchOptions): Range {
  if (!sameShape(dataset.shape, design.shape)) {
    throw new InputError(
      `sketch: ${dataset.name} holds samples of shape [${dataset.shape}], the design is for [${design.shape}]`,
    );
  }
  const range = checkedRange(dataset.name, dataset.count, options.range);
  if (range.to === range.from) {
    throw new InputError(`sketch: ${dataset.name}: rows ${range.from} to ${range.to} hold no samples`);
  }
  if (options.resume) requireSamePass(options.resume, range, design);
  return range;
}

function requireSamePass({ sketch, range: was }: PartialSketch, range: Range, design: SketchDesign): void {
  const other = (what: string) =>
    new InputError(`sketch: the checkpoint belongs to another pass (${what}); remove it, or repeat that pass`);
  const difference = describeDifference(sketch.design, design);
  if (difference) throw other(difference);
  if (was.from !== range.from || was.to !== range.to) {
    throw other(`rows ${was.from} to ${was.to}, now ${range.from} to ${range.to}`);
  }
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
