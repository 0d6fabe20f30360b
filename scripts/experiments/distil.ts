import { parseOperator } from "../../operators/registry.ts";
import { mixturePrior, trainMixture } from "../../priors/mixture/index.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { compare } from "../../src/compare/compare.ts";
import { methodOf } from "../../src/compare/method.ts";
import { InputError, openDataset, readRows } from "../../src/data/index.ts";
import { measure } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { comparisonText } from "../../src/report/table.ts";
import { loadSketch } from "../../src/sketch/files.ts";
import { problemOf } from "../../src/solve/index.ts";
import { type DistilledName, distil, distilledNames } from "./distilled/index.ts";

/** Compares networks made from a mixture with that mixture. */
export const distilCommand = defineCommand({
  usage: "distil <sketch> <data>",
  description: "Make a network from the mixture of a sketch, and recover images with both.",
  examples: [["npm run experiment -- distil X.npz mnist --kind vae --from 2000", "errors of both on 20 images"]],
  options: (y) =>
    y
      .positional("sketch", { type: "string", demandOption: true, describe: "sketch with local moments, .npz" })
      .positional("data", { type: "string", demandOption: true, describe: "images to recover" })
      .option("kind", { type: "string", choices: distilledNames, demandOption: true, describe: "which network" })
      .option("operator", { type: "string", array: true, default: ["gaussian:m=100"], describe: "what is measured" })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "first image" })
      .option("limit", { type: "number", default: 20, requiresArg: true, describe: "images" })
      .option("steps", { type: "number", requiresArg: true, describe: "Adam steps; default that of the kind" }),
  run: async (args, { seed, signal, progress }) => {
    requireInteger("limit", args.limit);
    if (args.steps !== undefined) requireInteger("steps", args.steps);
    const sketch = await loadSketch(args.sketch);
    if (sketch.design.poses) {
      throw new InputError(`distil: ${args.sketch} is of aligned images; make a sketch with --poses none`);
    }
    const { model } = await trainMixture(sketch);
    const options = { seed, signal, ...(args.steps !== undefined && { steps: args.steps }) };
    const kind = args.kind as DistilledName;
    const made = await progress(kind, (onProgress) => distil(model, kind, { ...options, onProgress }));
    const truth = await readRows(await openDataset(args.data), args.from, args.from + args.limit);
    const problems = [];
    for (const spec of args.operator) {
      const operator = parseOperator(spec, model.shape, seed);
      const noise = gaussianNoise(0);
      problems.push(problemOf({ operator, noise, y: (await measure(truth, operator, { noise, seed })).y }));
    }
    const methods = [
      methodOf("mixture", mixturePrior("mixture", model), { signal }),
      methodOf(kind, made.prior, { seed, signal }),
    ];
    const table = await compare({ truth, problems, methods, seed, signal });
    return { text: comparisonText(table), data: { settings: made.settings, code: made.code, rows: table.rows } };
  },
});
