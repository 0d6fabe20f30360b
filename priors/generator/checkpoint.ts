import { createHash } from "node:crypto";
import { mkdir, unlink } from "node:fs/promises";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { InputError, messageOf } from "../../src/data/errors.ts";
import { fileExists } from "../../src/data/files.ts";
import { member } from "../../src/data/npz.ts";
import { readNpz, writeNpz } from "../../src/data/npz-file.ts";
import type { Reached } from "../../src/engine/iterate.ts";
import type { Sketch } from "../../src/sketch/index.ts";
import { numbered, readNumbered } from "./arrays.ts";
import type { TrainSettings } from "./options.ts";
import type { TrainState } from "./train.ts";

const FORMAT = { format: "sketchprior-training", version: 1 } as const;

export interface CheckpointOptions {
  /** The file, .npz; its folder is made where there is none. It stays until `removeTraining`. */
  readonly path: string;
  /** Steps from one checkpoint to the next; default 100. An abort writes one too. */
  readonly every?: number;
}

/** What a training depends on: another one of these and its steps would be others. */
export interface TrainingOf {
  readonly settings: TrainSettings;
  /** The design's fingerprint, the sample count, and the SHA-256 of the sums. */
  readonly sketch: { readonly fingerprint: string; readonly count: number; readonly sums: string };
  /** The SHA-256 of the data that the method takes. */
  readonly data: { readonly samples: string };
}

export function trainingOf(sketch: Sketch, settings: TrainSettings, data: NdArray<Float32Array>): TrainingOf {
  const hash = createHash("sha256");
  for (const name of Object.keys(sketch.sums).sort()) hash.update(name).update(sketch.sums[name]!);
  const { design, count } = sketch;
  return {
    settings,
    sketch: { fingerprint: design.fingerprint, count, sums: hash.digest("hex") },
    data: { samples: createHash("sha256").update(data.data).digest("hex") },
  };
}

/** Writes a checkpoint: all that the next steps depend on, exactly. The file holds the old one or the whole new one. */
export async function saveTraining(
  file: string,
  of: TrainingOf,
  { state, history }: Reached<TrainState>,
): Promise<void> {
  const { weights, moments, validation, best } = state;
  await mkdir(path.dirname(file), { recursive: true }).catch((error) => {
    throw new InputError(`${file}: cannot make the folder of the checkpoint, ${messageOf(error)}`);
  });
  await writeNpz(file, {
    arrays: {
      history: ndarray(Float64Array.from(history), [history.length]),
      ...numbered("weights", weights),
      ...numbered("first", moments.first),
      ...numbered("second", moments.second),
      ...(best && numbered("best", best.weights)),
    },
    metadata: { ...FORMAT, ...of, parameters: weights.length, validation, ...(best && { best: best.step }) },
  });
}

/**
 * The checkpoint in a file; nothing where there is no such file. Errors (InputError): a damaged file, another format, a
 * training with other settings or from another sketch, with the names of what differs.
 */
export async function loadTraining(file: string, of: TrainingOf): Promise<Reached<TrainState> | undefined> {
  if (!(await fileExists(file))) return undefined;
  const npz = await readNpz(file, FORMAT);
  const saved = npz.metadata as unknown as TrainingOf & {
    readonly parameters: number;
    readonly validation: TrainState["validation"];
    readonly best?: number;
  };
  const remedy = "repeat that training, or begin anew without resuming";
  const sketch = differing(saved.sketch, of.sketch);
  if (sketch) throw new InputError(`${file}: belongs to another sketch (${sketch}); ${remedy}`);
  const settings = differing(saved.settings, of.settings);
  if (settings) throw new InputError(`${file}: belongs to other settings (${settings}); ${remedy}`);
  const data = differing(saved.data, of.data);
  if (data) throw new InputError(`${file}: belongs to other data (${data}); ${remedy}`);
  const list = (name: string) => readNumbered(npz, name, saved.parameters, file);
  return {
    history: [...member(npz, "history", file).data],
    state: {
      weights: list("weights"),
      moments: { first: list("first"), second: list("second") },
      validation: saved.validation,
      ...(saved.best !== undefined && { best: { step: saved.best, weights: list("best") } }),
    },
  };
}

/** Removes a checkpoint; an absent one is fine. */
export async function removeTraining(file: string): Promise<void> {
  await unlink(file).catch(() => {});
}

/** `steps: 40 and 50; seed: 1 and 2`: the fields that differ, saved and given. */
function differing(saved: object, given: object): string {
  const [left, right] = [saved, given] as Record<string, unknown>[];
  return [...new Set([...Object.keys(left!), ...Object.keys(right!)])]
    .map((key) => ({ key, a: JSON.stringify(left![key]), b: JSON.stringify(right![key]) }))
    .filter(({ a, b }) => a !== b)
    .map(({ key, a, b }) => `${key}: ${a ?? "none"} and ${b ?? "none"}`)
    .join("; ");
}
