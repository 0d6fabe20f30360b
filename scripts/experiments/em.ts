import ndarray from "ndarray";
import { trainMixture } from "../../priors/mixture/index.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { outOption, requireFolder, requireInteger } from "../../src/cli/options.ts";
import { savePrior } from "../../src/cli/prior-folder.ts";
import { factLines, secondsText } from "../../src/cli/text.ts";
import { InputError, openDataset } from "../../src/data/index.ts";
import { loadSketch } from "../../src/sketch/files.ts";
import { featuresOf } from "./em/features.ts";
import { fitEm } from "./em/fit.ts";

/** A rival that may read every sample any number of times: its Gaussians are fitted to the data by expectation maximisation. */
export const em = defineCommand({
  usage: "em <sketch> <data>",
  description: "The mixture of a sketch, its Gaussians fitted to the full data by expectation maximisation.",
  examples: [
    ["npm run experiment -- em X.npz mnist --components 20 -o em", "20 Gaussians a label, a folder for compare"],
  ],
  options: (y) =>
    y
      .positional("sketch", { type: "string", demandOption: true, describe: "sketch with local moments, .npz" })
      .positional("data", { type: "string", demandOption: true, describe: "the data that the sketch is of" })
      .option("components", { type: "number", default: 20, requiresArg: true, describe: "Gaussians a label" })
      .option("steps", {
        type: "number",
        default: 20,
        requiresArg: true,
        describe: "steps of expectation maximisation",
      })
      .option("shrinkage", {
        ...{ type: "number", default: 50, requiresArg: true },
        describe: "samples that draw a covariance to the mean within the label's Gaussians",
      })
      .option("out", outOption("folder to write the prior to")),
  run: async (args, { seed, signal, progress, note }) => {
    requireInteger("components", args.components);
    requireInteger("steps", args.steps);
    await requireFolder(args.out, args.force);
    const sketch = await loadSketch(args.sketch);
    if (sketch.design.poses) {
      throw new InputError(`em: ${args.sketch} is of aligned images; make a sketch with --poses none`);
    }
    const trained = await trainMixture(sketch, { signal });
    const dataset = await openDataset(args.data);
    const groups = sketch.design.labels ?? 1;
    if (groups > 1 && !dataset.labels) throw new InputError(`em: ${dataset.name} has no labels, the sketch has`);
    const started = performance.now();
    const features = await featuresOf(dataset, sketch, trained.model, signal);
    const labels = groups > 1 ? await dataset.labels!() : new Uint8Array(dataset.count);
    const fitted = await progress("em", (onProgress) =>
      fitEm(features, labels, {
        ...{
          groups,
          components: args.components,
          steps: args.steps,
          shrinkage: args.shrinkage,
          seed,
          signal,
          onProgress,
        },
      }),
    );
    const { centre, matrix, residual, residualRoot, shape } = trained.model;
    const k = matrix.shape[1]!;
    const count = fitted.weights.length;
    const model = {
      ...{ shape, centre, matrix, residual, ...(residualRoot && { residualRoot }) },
      weights: fitted.weights,
      means: ndarray(fitted.means, [count, k]),
      covarianceOf: Int32Array.from({ length: count }, (_, j) => j),
      factors: ndarray(fitted.factors, [count, k, k]),
      ...(groups > 1 && { labels: fitted.labels }),
    };
    const data = { name: dataset.name, count: dataset.count };
    await savePrior(args.out, { kind: "mixture", trained: { ...trained, model, data } });
    const seconds = (performance.now() - started) / 1000;
    for (const line of fitted.likelihoods) note(line);
    return {
      text: factLines({ wrote: `prior ${args.out}`, Gaussians: String(count), time: secondsText(seconds) }),
      data: { folder: args.out, components: count, seconds },
    };
  },
});
