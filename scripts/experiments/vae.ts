import { factsOf } from "../../priors/learned.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { numberList, outOption, requireFolder, requireInteger } from "../../src/cli/options.ts";
import { savePrior } from "../../src/cli/prior-folder.ts";
import { firstRows } from "../../src/cli/signals.ts";
import { factLines, secondsText } from "../../src/cli/text.ts";
import { arrayDataset, openDataset } from "../../src/data/index.ts";
import { trainAutoencoder } from "./autoencoder/train.ts";

/** A rival that reads every sample in every epoch: the generator of CSGM's own experiments. */
export const vae = defineCommand({
  usage: "vae <data>",
  description: "Train CSGM's variational autoencoder on the full data, as a prior for compare.",
  examples: [["npm run experiment -- vae mnist -o vae", "784-500-500-20 and back, 40 epochs"]],
  options: (y) =>
    y
      .positional("data", { type: "string", demandOption: true, describe: "data set of pixels in [0, 1]" })
      .option("limit", { type: "number", requiresArg: true, describe: "only its first samples" })
      .option("hidden", { type: "string", default: "500,500", requiresArg: true, describe: "widths of the decoder" })
      .option("latent", { type: "number", default: 20, requiresArg: true, describe: "size of the latent z" })
      .option("epochs", { type: "number", default: 40, requiresArg: true, describe: "passes over the data" })
      .option("batch", { type: "number", default: 100, requiresArg: true, describe: "samples of a step" })
      .option("learning-rate", { type: "number", default: 1e-3, requiresArg: true, describe: "Adam's step size" })
      .option("out", outOption("folder to write the prior to")),
  run: async (args, { seed, signal, progress, note }) => {
    const hidden = numberList("hidden", args.hidden);
    for (const width of hidden) requireInteger("hidden", width);
    for (const name of ["latent", "epochs", "batch"] as const) requireInteger(name, args[name]);
    if (args.limit !== undefined) requireInteger("limit", args.limit);
    await requireFolder(args.out, args.force);
    const whole = await openDataset(args.data);
    const data = args.limit === undefined ? whole : arrayDataset(whole.name, await firstRows(whole, 0, args.limit));
    const started = performance.now();
    const { trained, losses } = await progress("vae", (onProgress) =>
      trainAutoencoder(data, {
        ...{ hidden, latent: args.latent, epochs: args.epochs, batch: args.batch },
        ...{ learningRate: args["learning-rate"], seed, signal, onProgress },
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    const prior = { kind: "generator", trained } as const;
    await savePrior(args.out, prior);
    for (const [epoch, loss] of losses.entries()) note(`epoch ${epoch + 1}: ${loss.toFixed(2)} nats`);
    const { words, data: facts } = factsOf(prior);
    return {
      text: factLines({ wrote: `prior ${args.out}`, ...words, time: secondsText(seconds) }),
      data: { folder: args.out, ...facts, losses, seconds },
    };
  },
});
