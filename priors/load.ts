import { generatorPrior, loadGenerator } from "./generator/index.ts";
import type { GeneratorPrior } from "./prior.ts";

/** The prior of a folder, of whatever kind, under the folder's name. Errors (InputError): no prior there, a damaged one. */
export const loadPrior = async (folder: string): Promise<GeneratorPrior> =>
  generatorPrior(folder, (await loadGenerator(folder)).model);
