import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { generatorPrior, type TrainedGenerator, trainGenerator } from "../../priors/generator/index.ts";
import { drawLabelled } from "../../priors/samples.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { numberList } from "../../src/cli/options.ts";
import { secondsText } from "../../src/cli/text.ts";
import { openDataset, writeAtomic } from "../../src/data/index.ts";
import { textTable } from "../../src/report/table.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";
import { accuracy, type Labelled, trainClassifier } from "./classify/cnn.ts";
import { clipped, figure, labelled } from "./classify/labelled.ts";
import { drawnPrivately } from "./classify/private.ts";

const sets = ["mnist", "fashion-mnist"] as const;
/** Training images that `--tune` holds out for the test. */
const HELD = 10_000;
/** Labels of either set. */
const CLASSES = 10;

/**
 * The protocol of DP-MERF (Harder, Adamczewski, Park 2021), without privacy. A generator by label is trained from one sketch by label of
 * the training images. A classifier is trained on the images that the generator draws, and tested on real images.
 */
export const classify = defineCommand({
  usage: "classify <set>",
  description: "Train a classifier on images drawn from a sketch-only generator by label; test it on real ones.",
  examples: [
    [
      "npm run experiment -- classify mnist",
      "accuracies on stdout, and classify-report/mnist with figure.png and figures.json",
    ],
    ["npm run experiment -- classify mnist --tune", "on the last 10 000 training images instead of the test images"],
  ],
  options: (y) =>
    y
      .positional("set", { type: "string", choices: sets, demandOption: true, describe: "which images" })
      .option("tune", { type: "boolean", describe: "test on training images that the sketch leaves out" })
      .option("features", { type: "string", default: "pca:100", requiresArg: true, describe: "features of the sketch" })
      .option("network", { type: "string", default: "mlp", requiresArg: true, describe: "mlp, or conv:32,16" })
      .option("batch-norm", { type: "boolean", describe: "normalise the generator's layers over the batch" })
      .option("frequencies", {
        type: "number",
        default: 1000,
        requiresArg: true,
        describe: "frequencies of the sketch",
      })
      .option("steps", { type: "number", default: 100, requiresArg: true, describe: "training steps of the generator" })
      .option("batch", { type: "number", default: 1000, requiresArg: true, describe: "latents of a step" })
      .option("epochs", { type: "number", default: 1, requiresArg: true, describe: "epochs of the classifier" })
      .option("images", { type: "number", default: 60_000, requiresArg: true, describe: "images to draw" })
      .option("ceiling", { type: "boolean", describe: "the same classifier trained on the real images, too" })
      .option("epsilon", {
        ...{ type: "number", requiresArg: true },
        describe: "train no generator: draw from the Gaussians of a private sketch with this ε",
      })
      .option("delta", { type: "number", default: 1e-5, requiresArg: true, describe: "of a private sketch, δ" })
      .option("clip", {
        type: "number",
        default: 4,
        requiresArg: true,
        describe: "of a private sketch, the clipping norm",
      })
      .option("cosines", { type: "number", default: 100, requiresArg: true, describe: "of a private sketch, features" })
      .option("spread", {
        ...{ type: "string", default: "1,1.5,2", requiresArg: true },
        describe:
          "of a private sketch: images deviate from their label's mean by so many times the deviations, in equal parts",
      })
      .option("out", {
        ...{ type: "string", requiresArg: true, defaultDescription: "classify-report/<set>" },
        describe: "folder to write to",
      }),
  run: async (args, { seed, signal, progress }) => {
    const data = await openDataset(args.set);
    const count = data.count - (args.tune ? HELD : 0);
    const tested = args.tune
      ? await labelled(data, count, data.count)
      : await labelled(await openDataset(`${args.set}:test`), 0, HELD);
    const started = performance.now();
    const since = () => (performance.now() - started) / 1000;
    const times: Record<string, number> = {};
    let made: TrainedGenerator | undefined;
    const generated = async (): Promise<Labelled> => {
      const families = [{ kind: "fourier" as const, m: args.frequencies, seed }, { kind: "second-moments" as const }];
      const design = await designFor(data, { features: args.features, byLabel: true, families });
      const sketch = await sketchDataset(data, design, { range: { from: 0, to: count }, signal });
      times.sketch = since();
      const { network, steps, batch } = args;
      const options = { network, steps, batch, batchNorm: args["batch-norm"] ?? false, seed, signal };
      made = await progress("generator", (onProgress) => trainGenerator(sketch, { ...options, onProgress }));
      times.generator = since() - times.sketch;
      return (await drawLabelled(generatorPrior(args.set, made.model), args.images, seed)) as Labelled;
    };
    const drawn = clipped(
      args.epsilon === undefined
        ? await generated()
        : await drawnPrivately(data, {
            ...{ epsilon: args.epsilon, delta: args.delta, clip: args.clip, cosines: args.cosines, labels: CLASSES },
            ...{ spreads: numberList("spread", args.spread), count, images: args.images, seed, signal },
          }),
    );
    const classes = CLASSES;
    const accuracyOf = async (name: string, on: Labelled) => {
      const weights = await progress(name, (onProgress) =>
        trainClassifier(on, { classes, epochs: args.epochs, seed, signal, onProgress }),
      );
      return { name, images: on.signals.shape[0]!, accuracy: await accuracy(weights, tested) };
    };
    const rows = [await accuracyOf("generated", drawn)];
    if (args.ceiling) rows.push(await accuracyOf("real", await labelled(data, 0, count)));
    const folder = args.out ?? path.join("classify-report", args.set);
    await mkdir(folder, { recursive: true });
    await writeAtomic(path.join(folder, "figure.png"), await figure(drawn, classes));
    times.all = since();
    const { epsilon, delta, clip, cosines, spread } = args;
    const how = made
      ? { settings: made.settings, steps: made.history.length, kept: made.kept, validation: made.validation }
      : { epsilon, delta, clip, cosines, spread };
    const result = { set: args.set, tune: args.tune ?? false, seed, cores: os.availableParallelism(), times, rows };
    const report = { ...result, ...how };
    await writeAtomic(path.join(folder, "figures.json"), `${JSON.stringify(report, null, 2)}\n`);
    const titles = [{ title: "trained on", align: "left" as const }, ...["images", "accuracy"].map(right)];
    const table = textTable(
      titles,
      rows.map((r) => [r.name, String(r.images), `${(100 * r.accuracy).toFixed(2)} %`]),
    );
    const on = args.tune ? "training images left out of the sketch" : "test images";
    return {
      text: `${table}\n\non ${HELD} ${on}; wrote ${folder}/figure.png in ${secondsText(since())}`,
      data: report,
    };
  },
});

const right = (title: string) => ({ title, align: "right" as const });
