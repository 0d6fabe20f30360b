import path from "node:path";
import { InputError, messageOf } from "../src/data/errors.ts";
import { readFileOrExplain } from "../src/data/files.ts";
import { generatorPrior, loadGenerator, type TrainedGenerator } from "./generator/index.ts";
import { loadMixture, MIXTURE_FORMAT, mixturePrior, type TrainedMixture } from "./mixture/index.ts";
import type { GeneratorPrior, MixturePrior } from "./prior.ts";

/** The content of a prior's folder. */
export type TrainedPrior =
  | { readonly kind: "generator"; readonly trained: TrainedGenerator }
  | { readonly kind: "mixture"; readonly trained: TrainedMixture };

/** Reads a prior's folder, of whatever kind. Errors (InputError): no prior there, a damaged one, a newer version. */
export async function loadTrained(folder: string): Promise<TrainedPrior> {
  const file = path.join(folder, "prior.json");
  const content = parsed(await readFileOrExplain(file), file);
  if (content.format !== MIXTURE_FORMAT.format) return { kind: "generator", trained: await loadGenerator(folder) };
  if (!(content.version <= MIXTURE_FORMAT.version)) {
    throw new InputError(
      `${file}: version ${content.version} is newer than this sketchprior reads (${MIXTURE_FORMAT.version}); update sketchprior`,
    );
  }
  return { kind: "mixture", trained: await loadMixture(folder, content) };
}

/** The prior of a folder, under the name given. Errors: those of `loadTrained`. */
export async function loadPrior(folder: string, name = folder): Promise<GeneratorPrior | MixturePrior> {
  return priorOf(await loadTrained(folder), name);
}

/** The prior of a folder's content. */
export const priorOf = ({ kind, trained }: TrainedPrior, name: string): GeneratorPrior | MixturePrior =>
  kind === "mixture" ? mixturePrior(name, trained.model) : generatorPrior(name, trained.model);

type MixtureFile = typeof MIXTURE_FORMAT & Parameters<typeof loadMixture>[1];

function parsed(bytes: Uint8Array, file: string): MixtureFile {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as MixtureFile;
  } catch (error) {
    throw new InputError(`${file}: is not JSON (${messageOf(error)}); the prior is damaged, train it again`);
  }
}
