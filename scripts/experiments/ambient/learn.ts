import path from "node:path";
import { lossyDesign, type MixtureModel, trainMixture } from "../../../priors/mixture/index.ts";
import type { MixturePrior } from "../../../priors/prior.ts";
import { loadPrior, madeFolder, savePrior } from "../../../src/cli/prior-folder.ts";
import { fileExists } from "../../../src/data/files.ts";
import type { Dataset } from "../../../src/data/rows.ts";
import type { LossyData } from "../../../src/measure/lossy/lossy-data.ts";
import { loadDesign, removeCheckpoint, saveDesign, sketchResumably } from "../../../src/sketch/files.ts";
import type { SketchDesign } from "../../../src/sketch/index.ts";

export interface LearnOptions {
  /** Features of the mixture. */
  readonly features: number;
  /** Steps of the Gaussian of missing pixels (lossy scores) after the pass of moments. */
  readonly steps: number;
  /** Cells that are fitted to a pilot after the pass of moments. */
  readonly cells: number;
  /** Passes of lossy cells, each a step of expectation maximisation. */
  readonly passes: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told the mean log p(y) of every pass of cells. */
  readonly note: (text: string) => void;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * A mixture of lossy measurements by what the program's commands do: sketch, train, and again with --cells-of. The prior of every pass is kept in
 * `folder`/0, 1, …, and taken from there if it was made before; a pass that was stopped goes on from its checkpoint.
 */
export async function learned(data: LossyData, folder: string, options: LearnOptions): Promise<MixturePrior> {
  const { features, steps, cells, passes, seed, signal, note, onProgress = () => {} } = options;
  const pass = async (name: string, design: () => Promise<SketchDesign>): Promise<MixturePrior> => {
    const own = path.join(folder, name);
    if (!(await fileExists(path.join(own, "prior.json")))) {
      const kept = `${own}-design.npz`;
      await madeFolder(folder);
      if (!(await fileExists(kept))) await saveDesign(kept, await design());
      const checkpoint = `${own}-checkpoint.npz`;
      const sketch = await sketchResumably(data.dataset, await loadDesign(kept), checkpoint, {
        ...{ signal, resume: true, onProgress },
      });
      await savePrior(own, { kind: "mixture", trained: await trainMixture(sketch, { signal }) });
      await removeCheckpoint(checkpoint);
      const log = sketch.sums["lossy-cells.log"]?.[0] ?? sketch.sums["lossy-scores.log"]?.[0];
      if (log !== undefined) note(`${own}: mean log p(y) ${(log / sketch.count).toFixed(3)}`);
    }
    return (await loadPrior(own)) as MixturePrior;
  };
  let prior = await pass("0", () => lossyDesign(data, { features, seed, signal }));
  for (let step = 1; step <= steps && data.form === "masked"; step++) {
    const cellsOf = prior;
    prior = await pass(`0.${step}`, () => lossyDesign(data, { cellsOf, cells: 1, features, seed, signal }));
  }
  for (let step = 1; step <= passes; step++) {
    const cellsOf = prior;
    prior = await pass(String(step), () => lossyDesign(data, { cellsOf, seed, signal, ...(step === 1 && { cells }) }));
  }
  return prior;
}

/** The Gaussian of the pass of moments. */
export const gaussianOf = (data: LossyData, folder: string, options: LearnOptions): Promise<MixtureModel> =>
  learned(data, folder, { ...options, steps: 0, passes: 0 });

/** The samples of a data set, seen as they are: for priors from whole data by the same steps. */
export const seenWhole = (dataset: Dataset): LossyData => ({
  ...{ dataset, form: "fixed", signal: dataset.shape, sigma: 0, through: "identity" },
});
