import { InputError } from "../data/errors.ts";
import { fileExists, removeFile } from "../data/files.ts";
import { readNpz, writeNpz } from "../data/npz-file.ts";
import { packageVersion } from "../data/package.ts";
import type { Dataset } from "../data/rows.ts";
import { type PartialSketch, type SketchOptions, sketchDataset } from "./accumulate.ts";
import type { SketchDesign } from "./design.ts";
import type { Sketch } from "./sketch.ts";
import { sketchContent, sketchIn } from "./store.ts";

export const CHECKPOINT_FORMAT = { format: "sketchprior-checkpoint", version: 3 } as const;

/** A pass that is not finished, with the data set that it reads. */
export interface Checkpoint extends PartialSketch {
  readonly dataset: { readonly name: string; readonly count: number };
}

/** Writes a checkpoint: a sketch's content, and what the pass covers. The file always holds a whole checkpoint, the old or the new one. */
export async function saveCheckpoint(file: string, { sketch, ...pass }: Checkpoint): Promise<void> {
  await writeNpz(file, await sketchContent(sketch, { ...CHECKPOINT_FORMAT, ...pass }));
}

/** Reads a checkpoint. Errors (InputError): those of `loadSketch`. */
export async function loadCheckpoint(file: string): Promise<Checkpoint> {
  const npz = await readNpz(file, CHECKPOINT_FORMAT);
  const sketch = await sketchIn(file, npz);
  const { range, dataset } = npz.metadata as unknown as Checkpoint;
  return { sketch, range, dataset };
}

export interface ResumableOptions extends Omit<SketchOptions, "resume" | "onCheckpoint"> {
  /** Go on from the checkpoint if there is one. Default false: begin again and replace it. */
  readonly resume?: boolean;
}

/**
 * `sketchDataset` with a checkpoint in `file`, written every `checkpointSeconds` and on an abort. If the process is killed, the file is
 * a whole checkpoint or absent. A resumed pass gives the same bits as an uninterrupted one. The file stays until `removeCheckpoint`, so
 * it is still there if writing the result fails.
 * Errors (InputError): those of `sketchDataset`, a checkpoint of other data.
 */
export async function sketchResumably(
  dataset: Dataset,
  design: SketchDesign,
  file: string,
  { resume = false, ...options }: ResumableOptions = {},
): Promise<Sketch> {
  const { name, count } = dataset;
  const before = resume && (await fileExists(file)) ? await loadCheckpoint(file) : undefined;
  if (before && (before.dataset.name !== name || before.dataset.count !== count)) {
    throw new InputError(
      `${file}: belongs to ${before.dataset.name} with ${before.dataset.count} samples, not to ${name} with ${count}; ` +
        "remove it, or repeat that pass",
    );
  }
  return sketchDataset(dataset, design, {
    tool: `sketchprior ${packageVersion()}`,
    ...options,
    ...(before && { resume: before }),
    onCheckpoint: (partial) => saveCheckpoint(file, { ...partial, dataset: { name, count } }),
  });
}

/** Removes a checkpoint, if there is one. */
export async function removeCheckpoint(file: string): Promise<void> {
  await removeFile(file);
}
