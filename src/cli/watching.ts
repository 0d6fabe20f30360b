import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { InputError } from "../data/errors.ts";
import { shapeText } from "./text.ts";

/** Samples in the picture. */
const COUNT = 64;

/**
 * What `--watch` does with a generator: it writes a grid of samples, of the same latents every time, as `samples.png` in the prior's
 * folder. The file is always replaced as a whole. Errors (InputError): the signals are not images.
 */
export async function sampleWatcher(folder: string, shape: readonly number[], seed: number) {
  const [{ drawSamples }, { isPictureShape }, { gridPng }, { writeAtomic }] = await Promise.all([
    import("../../priors/samples.ts"),
    import("../report/picture.ts"),
    import("../report/image-file.ts"),
    import("../data/files.ts"),
  ]);
  if (!isPictureShape(shape)) {
    throw new InputError(`--watch: signals of shape ${shapeText(shape)} are no images; leave it out`);
  }
  return async (prior: GeneratorPrior): Promise<void> => {
    const signals = await drawSamples(prior, COUNT, seed);
    await mkdir(folder, { recursive: true });
    await writeAtomic(path.join(folder, "samples.png"), await gridPng(signals));
  };
}
