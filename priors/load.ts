import path from "node:path";
import { InputError, messageOf } from "../src/data/errors.ts";
import { readFileOrExplain } from "../src/data/files.ts";
import { DISTILLED_FORMAT, distilledPrior, loadDistilled, type TrainedDistilled } from "./distilled/index.ts";
import { generatorPrior, loadGenerator, type TrainedGenerator } from "./generator/index.ts";
import { loadMixture, MIXTURE_FORMAT, mixturePrior, type TrainedMixture } from "./mixture/index.ts";
import type { GeneratorPrior, MixturePrior } from "./prior.ts";

/** The content of a prior's folder. */
export type TrainedPrior =
  | { readonly kind: "generator"; readonly trained: TrainedGenerator }
  | { readonly kind: "mixture"; readonly trained: TrainedMixture }
  | { readonly kind: "distilled"; readonly trained: TrainedDistilled };

/** Reads a prior's folder, of whatever kind. Errors (InputError): no prior there, a damaged one, a newer version. */
export async function loadTrained(folder: string): Promise<TrainedPrior> {
  const file = path.join(folder, "prior.json");
  const content = parsed(await readFileOrExplain(file), file);
  switch (content.format) {
    case MIXTURE_FORMAT.format:
      requireVersion(file, content.version, MIXTURE_FORMAT.version);
      return { kind: "mixture", trained: await loadMixture(folder, content) };
    case DISTILLED_FORMAT.format:
      requireVersion(file, content.version, DISTILLED_FORMAT.version);
      return { kind: "distilled", trained: await loadDistilled(folder, content) };
    default:
      return { kind: "generator", trained: await loadGenerator(folder) };
  }
}

function requireVersion(file: string, version: number, known: number): void {
  if (version <= known) return;
  throw new InputError(
    `${file}: version ${version} is newer than this sketchprior reads (${known}); update sketchprior`,
  );
}

/** The prior of a folder, under the name given. Errors: those of `loadTrained`. */
export async function loadPrior(folder: string, name = folder): Promise<GeneratorPrior | MixturePrior> {
  return priorOf(await loadTrained(folder), name);
}

/** The prior of a folder's content. */
export function priorOf({ kind, trained }: TrainedPrior, name: string): GeneratorPrior | MixturePrior {
  if (kind === "mixture") return mixturePrior(name, trained.model);
  return kind === "distilled" ? distilledPrior(name, trained.model) : generatorPrior(name, trained.model);
}

type PriorFile =
  | (typeof MIXTURE_FORMAT & Parameters<typeof loadMixture>[1])
  | (typeof DISTILLED_FORMAT & Parameters<typeof loadDistilled>[1])
  | { readonly format: undefined };

function parsed(bytes: Uint8Array, file: string): PriorFile {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as PriorFile;
  } catch (error) {
    throw new InputError(`${file}: is not JSON (${messageOf(error)}); the prior is damaged, train it again`);
  }
}
