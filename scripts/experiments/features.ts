import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type GeneratorModel, generatorPrior, trainGenerator } from "../../priors/generator/index.ts";
import { drawLabelled } from "../../priors/samples.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { secondsText } from "../../src/cli/text.ts";
import { openDataset, writeAtomic } from "../../src/data/index.ts";
import { textTable } from "../../src/report/table.ts";
import { accuracy, type Labelled, trainClassifier } from "./classify/cnn.ts";
import { clipped, figure, labelled } from "./classify/labelled.ts";
import { gaussianModel } from "./features/gaussian.ts";
import { sketchedBy } from "./features/sketched.ts";

const CLASSES = 10;
/** Training images at the end that `--tune` holds out for the test. */
const HELD = 5000;
const TESTED = 10_000;

interface Row {
  readonly name: string;
  /** Of the real images to test on: what a classifier finds that was trained on these. */
  readonly accuracy: number;
  /** Of the drawn images: what a classifier finds that was trained on the real ones that are sketched. */
  readonly recognised?: number;
  /** To draw them. */
  readonly seconds?: number;
}

const percent = (part: number | undefined): string => (part === undefined ? "" : `${(100 * part).toFixed(2)} %`);

/**
 * What moments of features are worth: a classifier is trained on images that a generator by label draws, and tested on real ones (the protocol of `classify`). The generator learns
 * from one sketch of the second half of the training images: second moments, and those of a network's features. The first half is for the networks.
 */
export const features = defineCommand({
  usage: "features <data>",
  description: "Train a classifier on images drawn from moments of networks' features; test it on real ones.",
  examples: [
    [
      "npm run experiment -- features cifar.npz --test cifar-test.npz --network labels.onnx",
      "accuracies of second moments alone and with those of a network's features, and features-report/",
    ],
    ["npm run experiment -- features cifar.npz --tune --network labels.onnx", "on the last 5000 training images"],
  ],
  options: (y) =>
    y
      .positional("data", { type: "string", demandOption: true, describe: "labelled images, .npz" })
      .option("test", { type: "string", requiresArg: true, describe: "labelled images to test on" })
      .option("tune", { type: "boolean", describe: "test on training images that the sketch leaves out" })
      .option("network", { type: "string", array: true, demandOption: true, describe: "ONNX files" })
      .option("epsilon", { type: "number", requiresArg: true, describe: "private sketches; default: none" })
      .option("delta", { type: "number", default: 1e-5, requiresArg: true, describe: "of private sketches, δ" })
      .option("clip", { type: "number", default: 10, requiresArg: true, describe: "of private sketches, the norm" })
      .option("components", { type: "number", default: 200, requiresArg: true, describe: "pca:K, private dct:K" })
      .option("latent", { type: "number", default: 200, requiresArg: true, describe: "latents of the generator" })
      .option("steps", { type: "number", default: 200, requiresArg: true, describe: "training steps of the generator" })
      .option("batch", { type: "number", default: 300, requiresArg: true, describe: "latents of a step" })
      .option("images", { type: "number", default: 15_000, requiresArg: true, describe: "images to draw" })
      .option("epochs", { type: "number", default: 2, requiresArg: true, describe: "epochs of the classifier" })
      .option("out", { type: "string", default: "features-report", requiresArg: true, describe: "folder to write to" }),
  run: async (args, { seed, signal, progress, note }) => {
    const { tune = false, test, network, components, latent, steps, batch, images, epochs, out } = args;
    const data = await openDataset(args.data);
    const range = { from: Math.floor(data.count / 2), to: data.count - (tune ? HELD : 0) };
    const tested = tune
      ? await labelled(data, range.to, data.count)
      : await labelled(await openDataset(test ?? `${args.data}:test`), 0, TESTED);
    const { epsilon, delta, clip } = args;
    const sketching = {
      ...{ labels: CLASSES, components, range, seed, signal },
      ...(epsilon !== undefined && { privacy: { epsilon, delta, clip } }),
    };
    await mkdir(out, { recursive: true });
    const learnt = (name: string, on: Labelled) =>
      progress(`classifier, ${name}`, (onProgress) =>
        trainClassifier(on, { classes: CLASSES, epochs, seed, signal, onProgress }),
      );
    const judge = await learnt("real", await labelled(data, range.from, range.to));
    const rows: Row[] = [{ name: "real", accuracy: await accuracy(judge, tested) }];
    const tell = async (name: string, make: () => Promise<GeneratorModel>) => {
      const started = performance.now();
      const prior = generatorPrior(name, await make());
      const { residual: _, residualRoot: __, ...alone } = prior; // what all leave out is left out
      const drawn = clipped((await drawLabelled(alone, images, seed)) as Labelled);
      const seconds = (performance.now() - started) / 1000;
      await writeAtomic(path.join(out, `${name}.png`), await figure(drawn, CLASSES));
      const recognised = await accuracy(judge, drawn);
      rows.push({ name, accuracy: await accuracy(await learnt(name, drawn), tested), recognised, seconds });
      note(`${name}: ${percent(rows.at(-1)!.accuracy)}, recognised ${percent(recognised)}`);
    };
    for (const [i, file] of network.entries()) {
      const sketch = await sketchedBy(file, data, sketching);
      if (i === 0) await tell("second-moments", () => gaussianModel(sketch));
      await tell(path.basename(file, ".onnx"), async () => {
        const options = { latent, steps, batch, seed, signal };
        const { model } = await progress(file, (onProgress) => trainGenerator(sketch, { ...options, onProgress }));
        return model;
      });
    }
    const settings = { components, latent, steps, batch, images, epochs, tune, epsilon, delta, clip };
    const report = { seed, settings, cores: os.availableParallelism(), rows };
    await writeAtomic(path.join(out, "figures.json"), `${JSON.stringify(report, null, 2)}\n`);
    const titles = [
      { title: "trained on", align: "left" as const },
      ...["accuracy", "recognised", "time"].map((title) => ({ title, align: "right" as const })),
    ];
    const table = textTable(
      titles,
      rows.map((r) => [r.name, percent(r.accuracy), percent(r.recognised), r.seconds ? secondsText(r.seconds) : ""]),
    );
    return { text: `${table}\n\nwrote ${out}/`, data: report };
  },
});
