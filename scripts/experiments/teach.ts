import { factsOf, learnedKinds } from "../../priors/learned.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { outOption, requireFolder, requireInteger } from "../../src/cli/options.ts";
import { savePrior } from "../../src/cli/prior-folder.ts";
import { firstRows } from "../../src/cli/signals.ts";
import { factLines, secondsText } from "../../src/cli/text.ts";
import { arrayDataset, InputError, openDataset } from "../../src/data/index.ts";
import { loadSketch } from "../../src/sketch/files.ts";
import { withoutLabels } from "../../src/sketch/index.ts";
import { type MethodName, methodNames, teacherFrom } from "./teachers/index.ts";
import { trainTaught } from "./teachers/train.ts";

/** What train says of the generator's options. */
const network = learnedKinds.generator.options;

/** Trains the generator network from the data themselves. The comparison shows what is lost by training from the sketch. */
export const teach = defineCommand({
  usage: "teach <sketch>",
  description: "Train the generator of a sketch from the data instead: by exact MMD, or against a discriminator.",
  examples: [["npm run experiment -- teach X.npz --method gan --data D -o prior", "a prior folder as of train"]],
  options: (y) =>
    y
      .positional("sketch", { type: "string", demandOption: true, describe: "sketch: decoder, start and validation" })
      .option("method", { type: "string", choices: methodNames, demandOption: true, describe: "what teaches" })
      .option("data", { type: "string", demandOption: true, requiresArg: true, describe: "data set that was sketched" })
      .option("limit", { type: "number", requiresArg: true, describe: "only its first samples" })
      .option("hidden", { type: "string", requiresArg: true, describe: network.hidden!.description })
      .option("latent", { type: "number", requiresArg: true, describe: network.latent!.description })
      .option("activation", { type: "string", requiresArg: true, describe: network.activation!.description })
      .option("batch-norm", { type: "boolean", describe: network.batchNorm!.description })
      .option("batch", { type: "number", requiresArg: true, describe: network.batch!.description })
      .option("steps", { type: "number", requiresArg: true, describe: network.steps!.description })
      .option("learning-rate", { type: "number", requiresArg: true, describe: network.learningRate!.description })
      .option("out", outOption("folder to write the prior to")),
  run: async (args, { seed, signal, progress }) => {
    await requireFolder(args.out, args.force);
    if (args.limit !== undefined) requireInteger("limit", args.limit);
    const sketch = await withoutLabels(await loadSketch(args.sketch));
    const whole = await openDataset(args.data);
    const data = args.limit === undefined ? whole : arrayDataset(whole.name, await firstRows(whole, 0, args.limit));
    const given = {
      ...{ hidden: args.hidden, latent: args.latent, activation: args.activation, batchNorm: args["batch-norm"] },
      ...{ batch: args.batch, steps: args.steps, learningRate: args["learning-rate"] },
    };
    const teacher = teacherFrom(args.method as MethodName, data, sketch.design);
    const started = performance.now();
    const trained = await progress("teach", (onProgress) =>
      trainTaught(sketch, teacher, { ...(given as object), seed, signal, onProgress }),
    );
    const seconds = (performance.now() - started) / 1000;
    if (trained.code === "non-finite")
      throw new InputError("teach: the loss stopped being finite; lower --learning-rate");
    const prior = { kind: "generator", trained: { ...trained, data: { name: data.name, count: data.count } } } as const;
    await savePrior(args.out, prior);
    const { words, data: facts } = factsOf(prior);
    return {
      text: factLines({ wrote: `prior ${args.out}`, ...words, method: args.method, time: secondsText(seconds) }),
      data: { folder: args.out, ...facts, method: args.method, seconds },
    };
  },
});
