import { InputError, messageOf } from "../src/data/errors.ts";
import { cellLinearKind } from "./cell-linear/index.ts";
import { denoiserKind } from "./denoiser/index.ts";
import { dictionaryKind } from "./dictionary/index.ts";
import { generatorKind } from "./generator/index.ts";
import type { LearnedKind, PriorFacts, PriorFiles, ReadFile, TrainingCourse } from "./kind.ts";
import { mixtureKind } from "./mixture/index.ts";
import { patchesKind } from "./patches/index.ts";
import type { LearnedPrior } from "./prior.ts";
import { regulariserKind } from "./regulariser/index.ts";
import { windowsKind } from "./windows/index.ts";

/** Every kind of prior that is learned, one line each; the first that accepts a sketch is its default. */
const kinds = {
  mixture: mixtureKind,
  windows: windowsKind,
  generator: generatorKind,
  "cell-linear": cellLinearKind,
  patches: patchesKind,
  denoiser: denoiserKind,
  dictionary: dictionaryKind,
  regulariser: regulariserKind,
} satisfies Record<string, LearnedKind>;

export type LearnedName = keyof typeof kinds;
export const learnedKinds: { readonly [K in LearnedName]: LearnedKind } = kinds;
export const learnedNames = Object.keys(kinds) as readonly LearnedName[];

type TrainedOf<K> = K extends LearnedKind<infer T> ? T : never;

/** A trained prior and its kind: the content of a prior's folder. */
export type TrainedPrior = {
  [K in LearnedName]: { readonly kind: K; readonly trained: TrainedOf<(typeof kinds)[K]> };
}[LearnedName];

/** The file that makes a folder a prior. It is written last and removed first, so that an interrupted save leaves no prior. */
export const PRIOR_FILE = "prior.json";

/** The files of a prior's folder, in the order in which they are to be written. */
export function encodePrior({ kind, trained }: TrainedPrior): PriorFiles {
  const { format, encode } = learnedKinds[kind];
  const { content, files } = encode(trained);
  const settings = `${JSON.stringify({ ...format, ...content }, null, 2)}\n`;
  return { ...files, [PRIOR_FILE]: new TextEncoder().encode(settings) };
}

/**
 * Reads a prior from its files; `where` begins messages, as in `where/prior.json`.
 * Errors (InputError): missing or damaged files, a format that no kind has, a newer version.
 */
export async function decodePrior(read: ReadFile, where: string): Promise<TrainedPrior> {
  const file = `${where}/${PRIOR_FILE}`;
  const content = parsed(await read(PRIOR_FILE), file);
  const kind = learnedNames.find((name) => learnedKinds[name].format.format === content.format);
  if (!kind)
    throw new InputError(`${file}: is no prior that this sketchprior knows, its format is "${content.format}"`);
  const { format, decode } = learnedKinds[kind];
  if (!(Number(content.version) <= format.version)) {
    throw new InputError(
      `${file}: version ${content.version} is newer than this sketchprior reads (${format.version}); update sketchprior`,
    );
  }
  return { kind, trained: await decode(content, read, where) } as TrainedPrior;
}

/** The prior of a folder's content. */
export const priorOf = ({ kind, trained }: TrainedPrior, name: string): LearnedPrior =>
  learnedKinds[kind].prior(name, trained);

export const factsOf = ({ kind, trained }: TrainedPrior): PriorFacts => learnedKinds[kind].describe(trained);

/** How its training went, where it took steps. */
export const courseOf = ({ kind, trained }: TrainedPrior): TrainingCourse | undefined =>
  learnedKinds[kind].course?.(trained);

function parsed(bytes: Uint8Array, file: string): { readonly format?: unknown; readonly version?: unknown } {
  try {
    return Object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new InputError(`${file}: is not JSON (${messageOf(error)}); the prior is damaged, train it again`);
  }
}
