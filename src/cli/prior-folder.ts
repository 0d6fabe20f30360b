import { mkdir, unlink } from "node:fs/promises";
import path from "node:path";
import type { Checkpoints } from "../../priors/kind.ts";
import {
  decodePrior,
  encodePrior,
  learnedKinds,
  PRIOR_FILE,
  priorOf,
  type TrainedPrior,
} from "../../priors/learned.ts";
import { patchMixture } from "../../priors/patches/index.ts";
import type {
  DenoiserPrior,
  DictionaryPrior,
  GeneratorPrior,
  LearnedPrior,
  MixturePrior,
  RegulariserPrior,
  WindowPrior,
} from "../../priors/prior.ts";
import { InputError, messageOf } from "../data/errors.ts";
import { fileExists, readFileOrExplain, writeAtomic } from "../data/files.ts";
import { isOnnxSpec } from "./onnx-file.ts";
import { loadOnnxGenerator } from "./onnx-prior.ts";

export const CHECKPOINT = "checkpoint.npz";
export const SAMPLES = "samples.png";

/** The files of prior folders of every kind. prior.json is removed first, because without it a folder is not a prior. */
const files = new Set([PRIOR_FILE, ...Object.values(learnedKinds).flatMap((kind) => kind.files), SAMPLES]);

/**
 * Writes a prior's folder, prior.json last. The files of an earlier prior in the folder are removed first, so that files of two priors are
 * never mixed. Files with other names are never touched.
 * Errors (InputError): a folder or file that cannot be written.
 */
export async function savePrior(folder: string, trained: TrainedPrior): Promise<void> {
  const encoded = encodePrior(trained);
  await madeFolder(folder);
  for (const name of files) await removed(path.join(folder, name));
  for (const [name, bytes] of Object.entries(encoded)) await writeAtomic(path.join(folder, name), bytes);
  await removed(path.join(folder, CHECKPOINT)); // last, because until here training can go on from it
}

/** Reads the folder of a prior of any kind. Errors (InputError): no prior there, a damaged one, a newer version; a training that is not finished, a sketch in its place. */
export async function loadTrained(folder: string): Promise<TrainedPrior> {
  const file = (name: string) => path.join(folder, name);
  if (!(await fileExists(file("prior.json")))) {
    if (await fileExists(file(CHECKPOINT))) throw unfinished(folder);
    if (folder.endsWith(".npz") && (await fileExists(folder))) {
      throw new InputError(`${folder}: is a file, a prior is a folder; train makes one of a sketch`);
    }
  }
  return decodePrior((name) => readFileOrExplain(file(name)), folder);
}

/** What to say of a folder that holds a checkpoint and no prior. */
export const unfinished = (folder: string): InputError =>
  new InputError(`${folder}: holds a training that was interrupted; repeat its train command with --resume`);

/** The prior of a folder with the given name, by default the folder's. Errors: those of `loadTrained`. */
export const loadPrior = async (folder: string, name = folder): Promise<LearnedPrior> =>
  priorOf(await loadTrained(folder), name);

/** The prior of a folder, or of onnx:FILE, for draws of it: of a patch prior, its patches. Errors: those of `loadTrained` and `loadOnnxGenerator`; a prior without a law. */
export async function loadDrawable(spec: string): Promise<GeneratorPrior | MixturePrior> {
  const prior = isOnnxSpec(spec) ? await loadOnnxGenerator(spec) : await loadPrior(spec);
  if (hasNoLaw(prior)) throw noLaw(spec, prior);
  return prior.kind === "patches" ? patchMixture(prior) : prior;
}

/** Whether a prior says how to recover, and not how likely signals are. */
export const hasNoLaw = (prior: LearnedPrior): prior is Lawless =>
  ["windows", "dictionary", "denoiser", "regulariser"].includes(prior.kind);

type Lawless = WindowPrior | DictionaryPrior | DenoiserPrior | RegulariserPrior;

export const noLaw = (folder: string, { kind }: Lawless): InputError =>
  new InputError(
    `${folder}: is ${kind === "windows" ? "of windows" : `a ${kind}`}, which has no probabilities and makes no draws; reconstruct and compare take it`,
  );

/** Checkpoints in a file, which is always replaced as a whole. With `resume`, training goes on from the checkpoint that is there. */
export const fileCheckpoints = (file: string, { every, resume }: { every: number; resume: boolean }): Checkpoints => ({
  where: file,
  every,
  ...(resume && { load: async () => ((await fileExists(file)) ? readFileOrExplain(file) : undefined) }),
  save: async (bytes) => {
    await madeFolder(path.dirname(file));
    await writeAtomic(file, bytes);
  },
  discard: () => removed(file),
});

export async function madeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw new InputError(`${folder}: cannot make the prior's folder, ${messageOf(error)}`);
  });
}

/** Removes a file, if there is one. Errors (InputError): it cannot be removed. */
async function removed(file: string): Promise<void> {
  await unlink(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw new InputError(`${file}: cannot be removed, ${messageOf(error)}`);
  });
}
