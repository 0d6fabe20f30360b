import * as assert from "uvu/assert";
import type { TrainedGenerator } from "../../priors/generator/index.ts";
import { fileCheckpoints, loadTrained, savePrior } from "../../src/cli/prior-folder.ts";

export const saveGenerator = (folder: string, trained: TrainedGenerator): Promise<void> =>
  savePrior(folder, { kind: "generator", trained });

export async function loadGenerator(folder: string): Promise<TrainedGenerator> {
  const prior = await loadTrained(folder);
  assert.is(prior.kind, "generator");
  return prior.trained as TrainedGenerator;
}

/** Training options that keep checkpoints in a file, or go on from the one there. */
export const kept = (file: string, resume = false, every = 100) => ({
  checkpoints: fileCheckpoints(file, { every, resume }),
});
