import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import {
  type GeneratorModel,
  generatorPrior,
  type TrainOptions,
  trainGenerator,
} from "../../priors/generator/index.ts";
import { residualOf } from "../../priors/generator/residual.ts";
import { featureTargetOf, gaussianStart } from "../../priors/generator/target.ts";
import { drawLabelled, withoutResidual } from "../../priors/samples.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { openFeatures } from "../../src/cli/feature-design.ts";
import { onnxFileOf } from "../../src/cli/onnx-file.ts";
import { secondsText } from "../../src/cli/text.ts";
import { fromHost } from "../../src/data/array.ts";
import { openDataset, type Range, writeAtomic } from "../../src/data/index.ts";
import { textTable } from "../../src/report/table.ts";
import { designFor, FEATURE_WEIGHTS, type Sketch, sketchDataset } from "../../src/sketch/index.ts";
import { plausible, privateSketch } from "../../src/sketch/private/index.ts";
import { accuracy, type Labelled, trainClassifier } from "./classify/cnn.ts";
import { clipped, figure, labelled } from "./classify/labelled.ts";

const CLASSES = 10;
/** Training images at the end that `--tune` holds out for the test. */
const HELD = 5000;

/**
 * What moments of features are worth: a classifier is trained on images that a generator by label draws, and tested on real ones (the protocol of `classify`). The generator learns
 * from one sketch of the second half of the training images: second moments, and those of a network's features. The first half is for the networks.
 */
export const features = defineCommand({
  usage: "features <data>",
  description: "Train a classifier on images drawn from moments of networks' features; test it on real ones.",
  examples: [
    [
      "npm run experiment -- features cifar.npz --test cifar-test.npz --network random.onnx",
      "accuracies of second moments alone and with those of a network's features, and features-report/",
    ],
    ["npm run experiment -- features cifar.npz --tune --network random.onnx", "on the last 5000 training images"],
  ],
  options: (y) =>
    y
      .positional("data", { type: "string", demandOption: true, describe: "labelled images, .npz" })
      .option("test", { type: "string", requiresArg: true, describe: "labelled images to test on" })
      .option("tune", { type: "boolean", describe: "test on training images that the sketch leaves out" })
      .option("network", { type: "string", array: true, default: [], requiresArg: true, describe: "ONNX files" })
      .option("frequencies", {
        type: "number",
        requiresArg: true,
        describe: "a generator by so many Fourier moments, too",
      })
      .option("epsilon", { type: "number", requiresArg: true, describe: "private sketches; default: none" })
      .option("delta", { type: "number", default: 1e-5, requiresArg: true, describe: "of private sketches, δ" })
      .option("clip", {
        type: "number",
        default: 10,
        requiresArg: true,
        describe: "of private sketches, the clipping norm",
      })
      .option("components", {
        type: "number",
        default: 200,
        requiresArg: true,
        describe: "features pca:K, private ones dct:K",
      })
      .option("latent", { type: "number", default: 100, requiresArg: true, describe: "latents of the generator" })
      .option("steps", { type: "number", default: 300, requiresArg: true, describe: "training steps of the generator" })
      .option("batch", { type: "number", default: 500, requiresArg: true, describe: "latents of a step" })
      .option("learning-rate", { type: "number", default: 1e-3, requiresArg: true, describe: "of the generator" })
      .option("moment-weight", {
        type: "number",
        default: 0.1,
        requiresArg: true,
        describe: "of second moments in the loss",
      })
      .option("residual", { type: "boolean", describe: "draw with what the generator leaves out" })
      .option("images", { type: "number", default: 25_000, requiresArg: true, describe: "images to draw" })
      .option("epochs", { type: "number", default: 5, requiresArg: true, describe: "epochs of the classifier" })
      .option("ceiling", { type: "boolean", describe: "the same classifier trained on the sketched images, too" })
      .option("out", { type: "string", default: "features-report", requiresArg: true, describe: "folder to write to" }),
  run: async (args, { seed, signal, progress }) => {
    const data = await openDataset(args.data);
    const range: Range = { from: Math.floor(data.count / 2), to: data.count - (args.tune ? HELD : 0) };
    const tested = args.tune
      ? await labelled(data, range.to, data.count)
      : await labelled(await openDataset(args.test ?? args.data), 0, 10_000);
    const K = args.components;

    const sketchOf = async (file: string): Promise<Sketch> => {
      const { family, learned } = await openFeatures(onnxFileOf(file), data.shape);
      if (args.epsilon !== undefined) {
        const { epsilon, delta, clip } = args;
        const { kind: _, ...network } = family;
        const design = {
          features: `dct:${K}`,
          labels: CLASSES,
          clip,
          network,
          weights: learned[FEATURE_WEIGHTS]!.data,
        };
        return plausible(await privateSketch(data, design, { epsilon, delta, seed, range, signal }));
      }
      const families = [family, { kind: "second-moments", reduced: true }] as const;
      return sketchDataset(
        data,
        await designFor(data, { features: `pca:${K}`, byLabel: true, families, learned, range }),
        { range, signal },
      );
    };
    const fourierSketch = async (m: number): Promise<Sketch> => {
      const families = [
        { kind: "fourier", m, seed },
        { kind: "second-moments", reduced: true },
      ] as const;
      return sketchDataset(data, await designFor(data, { features: `pca:${K}`, byLabel: true, families, range }), {
        range,
        signal,
      });
    };
    const options: TrainOptions = {
      ...{ latent: args.latent, steps: args.steps, batch: args.batch, learningRate: args["learning-rate"], seed },
      momentWeight: args["moment-weight"],
    };
    await mkdir(args.out, { recursive: true });
    const rows: { name: string; accuracy: number; seconds: number }[] = [];
    const tell = async (name: string, make: () => Promise<Labelled>) => {
      const started = performance.now();
      const on = await make();
      const seconds = (performance.now() - started) / 1000;
      await writeAtomic(path.join(args.out, `${name}.png`), await figure(on, CLASSES));
      const weights = await progress(`classifier, ${name}`, (onProgress) =>
        trainClassifier(on, { classes: CLASSES, epochs: args.epochs, seed, signal, onProgress }),
      );
      rows.push({ name, accuracy: await accuracy(weights, tested), seconds });
      process.stderr.write(`${name}: ${rows.at(-1)!.accuracy}\n`);
    };
    const drawn = async (model: GeneratorModel): Promise<Labelled> => {
      const prior = generatorPrior("drawn", model);
      const own = args.residual ? prior : withoutResidual(prior);
      return clipped((await drawLabelled(own, args.images, seed)) as Labelled);
    };
    const train = async (name: string, sketch: Sketch) => {
      const { model } = await progress(name, (onProgress) =>
        trainGenerator(sketch, { ...options, onProgress, signal }),
      );
      return drawn(model);
    };
    for (const [i, file] of args.network.entries()) {
      const sketch = await sketchOf(file);
      if (i === 0) await tell("second-moments", async () => drawn(await gaussianModel(sketch, seed)));
      const name = path.basename(file).replace(/\.onnx$/i, "");
      await tell(name, () => train(name, sketch));
    }
    if (args.frequencies !== undefined) {
      const sketch = await fourierSketch(args.frequencies);
      await tell("fourier", () => train("fourier", sketch));
    }
    if (args.ceiling) await tell("real", () => labelled(data, range.from, range.to));
    const report = { seed, args, cores: os.availableParallelism(), rows };
    await writeAtomic(path.join(args.out, "figures.json"), `${JSON.stringify(report, null, 2)}\n`);
    const titles = ["trained on", "accuracy", "time"].map((title, i) => ({
      title,
      align: i === 0 ? ("left" as const) : ("right" as const),
    }));
    const table = textTable(
      titles,
      rows.map((r) => [r.name, `${(100 * r.accuracy).toFixed(2)} %`, secondsText(r.seconds)]),
    );
    return { text: `${table}\n\nwrote ${args.out}/`, data: report };
  },
});

/** Second moments alone: the Gaussian of each label, as a generator with nothing but a linear path. */
async function gaussianModel(sketch: Sketch, seed: number): Promise<GeneratorModel> {
  const target = await featureTargetOf(sketch);
  const { decoder, probabilities = [1] } = target;
  const k = decoder.scale.size;
  const labels = probabilities.length;
  const network = { latent: k, labels, hidden: [], activation: "tanh", output: k, linear: true } as const;
  const zeros = (...shape: number[]) => fromHost(new Float32Array(shape.reduce((size, n) => size * n)), shape);
  const weights = [zeros(k + labels, k), zeros(k), gaussianStart(target, k)];
  const model = { network, weights, decoder, shape: sketch.design.shape, conditions: probabilities };
  return { ...model, ...(await residualOf(sketch, generatorPrior("gaussian", model), seed)) };
}
