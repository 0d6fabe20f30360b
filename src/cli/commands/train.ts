import path from "node:path";
import type { DistilledName, DistilOptions, Watched } from "../../../priors/distilled/index.ts";
import { InputError } from "../../data/errors.ts";
import { fileExists } from "../../data/files.ts";
import { suggestion } from "../../data/nearest.ts";
import type { Sketch } from "../../sketch/index.ts";
import { defineCommand } from "../command.ts";
import { distilledFacts, generatorFacts, mixtureFacts } from "../facts.ts";
import { numberList, outOption, requireFolder, requireInteger } from "../options.ts";
import { firstRows } from "../signals.ts";
import { factLines, secondsText } from "../text.ts";
import { sampleWatcher } from "../watching.ts";

/** What a sketch can become: its mixture, a network fitted to it, or a network that the mixture is distilled into. */
const trainKinds = ["mixture", "generator", "cell-linear", "cell-mlp", "vae"] as const;

export const train = defineCommand({
  usage: "train <sketch>",
  description: "Train a prior on a sketch alone; the data are not needed any more.",
  examples: [
    ["sketchprior train X.npz -o prior/", "a prior folder with prior.json and generator.onnx"],
    ["sketchprior train X.npz -o prior/ --resume", "go on after an interruption, with the same bits"],
    ["sketchprior train X.npz -o gan/ --method gan --data mnist", "to compare: the same network from the data"],
  ],
  details: async () => {
    const { methods } = await import("../../../priors/generator/index.ts");
    const { kinds } = await import("../../../priors/distilled/index.ts");
    const line = ([name, { summary }]: [string, { readonly summary: string }]) => `  ${name.padEnd(11)} ${summary}`;
    return [
      "Kinds; those after generator are networks that learn the mixture, and like it need a sketch with cells:",
      line(["mixture", { summary: "Gaussians in closed form, recovery is exact" }]),
      line(["generator", { summary: "network that learns the sketch itself, by --method" }]),
      ...Object.entries(kinds).map(line),
      "Methods; mmd and gan are for comparison, with the same network on the data themselves:",
      ...Object.entries(methods).map(line),
    ].join("\n");
  },
  options: (y) =>
    y
      .positional("sketch", { type: "string", demandOption: true, describe: "sketch file, .npz" })
      .option("out", outOption("folder to write the prior to"))
      .option("kind", {
        ...{ type: "string", requiresArg: true, choices: trainKinds },
        ...{ defaultDescription: "mixture where the sketch has cells, else generator" },
        describe: "what to make of the sketch, see below",
      })
      .option("method", {
        ...{ type: "string", requiresArg: true, choices: ["sketch", "mmd", "gan"] as const },
        ...{ defaultDescription: "sketch", describe: "what to learn from, see below" },
      })
      .option("data", {
        ...{ type: "string", requiresArg: true },
        describe: "data set of the methods mmd and gan: name or path",
      })
      .option("limit", {
        ...{ type: "number", requiresArg: true, defaultDescription: "all" },
        describe: "use only the first samples of --data",
      })
      .option("latent", {
        ...{ type: "number", requiresArg: true, defaultDescription: "number of features, 10 to 100" },
        describe: "size of the latent z",
      })
      .option("network", {
        ...{ type: "string", requiresArg: true, defaultDescription: "mlp" },
        describe: "mlp; or conv:64,32: resize and convolve maps of these channels to free pixels",
      })
      .option("hidden", {
        ...{ type: "string", requiresArg: true, defaultDescription: "500,500; with convolutions 200" },
        describe: "widths of the hidden layers",
      })
      .option("activation", {
        ...{ type: "string", requiresArg: true, defaultDescription: "tanh; with convolutions leakyRelu" },
        describe: "relu, leakyRelu, elu, tanh or softplus",
      })
      .option("batch-norm", { type: "boolean", describe: "normalise the layers over the batch; folded in at the end" })
      .option("batch", {
        ...{ type: "number", requiresArg: true, defaultDescription: "1000" },
        describe: "latents drawn afresh for every step",
      })
      .option("steps", { type: "number", requiresArg: true, defaultDescription: "1000", describe: "Adam steps" })
      .option("learning-rate", {
        ...{ type: "number", requiresArg: true, defaultDescription: "0.001" },
        describe: "Adam's step size",
      })
      .option("schedule", {
        ...{
          type: "string",
          requiresArg: true,
          choices: ["cosine", "constant"] as const,
          defaultDescription: "cosine",
        },
        describe: "how the step size falls",
      })
      .option("loss", {
        ...{
          type: "string",
          requiresArg: true,
          choices: ["unbiased", "paper"] as const,
          defaultDescription: "unbiased",
        },
        describe: "sketch loss; paper: the plain one of CL-GN eq. 6, biased",
      })
      .option("frequency-batch", {
        ...{ type: "number", requiresArg: true, defaultDescription: "all" },
        describe: "frequencies in the loss of a step, drawn afresh",
      })
      .option("moment-weight", {
        ...{ type: "number", requiresArg: true, defaultDescription: "0.1" },
        describe: "weight of mean and covariance beside the sketch loss; 0: none",
      })
      .option("no-linear", { type: "boolean", describe: "no linear path, which starts as the sketch's Gaussian" })
      .option("ignore-labels", { type: "boolean", describe: "no labels, though the sketch is by label" })
      .option("validation", {
        ...{ type: "number", requiresArg: true, defaultDescription: "0.1" },
        describe: "fraction of the frequencies held out, to know when to stop; 0: none",
      })
      .option("validate-every", {
        ...{ type: "number", requiresArg: true, defaultDescription: "50" },
        describe: "steps from one validation to the next",
      })
      .option("patience", {
        ...{ type: "number", requiresArg: true, defaultDescription: "half of the steps, at least 500" },
        describe: "steps without a lower validation loss after which to stop",
      })
      .option("resume", { type: "boolean", describe: "go on from the checkpoint in --out, if there is one" })
      .option("checkpoint-every", {
        ...{ type: "number", requiresArg: true, defaultDescription: "100" },
        describe: "steps between checkpoints, which --resume goes on from",
      })
      .option("watch", {
        ...{ type: "number", requiresArg: true, defaultDescription: "never" },
        describe: "steps from one picture of samples to the next: samples.png in --out",
      }),
  run: async (args, { seed, signal, progress, note }) => {
    const unfinished = args.resume && !(await fileExists(path.join(args.out, "prior.json")));
    await requireFolder(args.out, args.force || unfinished);
    const hidden = args.hidden === undefined ? undefined : numberList("hidden", args.hidden);
    const every = args["checkpoint-every"] ?? 100;
    requireInteger("checkpoint-every", every);
    if (args.watch !== undefined) requireInteger("watch", args.watch);
    if (args.limit !== undefined) requireInteger("limit", args.limit);
    const { loadSketch, withoutLabels } = await import("../../sketch/index.ts");
    const { activations, removeTraining, saveGenerator, trainGenerator } = await import(
      "../../../priors/generator/index.ts"
    );
    const { activation } = args;
    if (activation !== undefined && !Object.hasOwn(activations, activation)) {
      throw new InputError(
        `--activation: unknown name "${activation}"; ${suggestion(activation, Object.keys(activations))}`,
      );
    }
    const loaded = await loadSketch(args.sketch);
    const sketch = args["ignore-labels"] ? await withoutLabels(loaded) : loaded;
    const hasCells = sketch.design.families.some(({ kind }) => kind === "local-moments");
    if (args.kind === "mixture" || (args.kind === undefined && hasCells)) {
      requireNone("mixture", args, [...notDistilling, ...ofNetworks]);
      return trainedMixture(sketch, args.out);
    }
    if (args.kind !== undefined && args.kind !== "generator") {
      const { latent, batch, steps } = args;
      requireNone(args.kind, args, notDistilling);
      const options = {
        ...{ seed, signal },
        ...(latent !== undefined && { latent }),
        ...(hidden !== undefined && { hidden }),
        ...(batch !== undefined && { batch }),
        ...(steps !== undefined && { steps }),
        ...(args["learning-rate"] !== undefined && { learningRate: args["learning-rate"] }),
      };
      const { kind } = args;
      return progress("train", (onProgress) => distilled(kind, sketch, args.out, { ...options, onProgress }));
    }
    const dataset = args.data === undefined ? undefined : await openData(args.data, args.limit);
    const show = args.watch === undefined ? undefined : await sampleWatcher(args.out, sketch.design.shape, seed);
    const checkpoint = path.join(args.out, "checkpoint.npz");
    signal.addEventListener("abort", () => note("train: repeat the command with --resume to go on"));
    const started = performance.now();
    const trained = await progress("train", (onProgress) =>
      trainGenerator(sketch, {
        ...{ seed, signal, onProgress, checkpoint: { path: checkpoint, every }, resume: args.resume ?? false },
        ...(show && { snapshot: { every: args.watch!, take: show } }),
        ...(dataset && { data: dataset }),
        ...(args.method !== undefined && { method: args.method }),
        ...(args.latent !== undefined && { latent: args.latent }),
        ...(args.network !== undefined && { network: args.network }),
        ...(hidden !== undefined && { hidden }),
        ...(activation !== undefined && { activation: activation as keyof typeof activations }),
        ...(args["batch-norm"] && { batchNorm: true }),
        ...(args.batch !== undefined && { batch: args.batch }),
        ...(args.steps !== undefined && { steps: args.steps }),
        ...(args["learning-rate"] !== undefined && { learningRate: args["learning-rate"] }),
        ...(args.schedule !== undefined && { schedule: args.schedule }),
        ...(args.loss !== undefined && { loss: args.loss }),
        ...(args["frequency-batch"] !== undefined && { frequencyBatch: args["frequency-batch"] }),
        ...(args["moment-weight"] !== undefined && { momentWeight: args["moment-weight"] }),
        ...(args["no-linear"] && { linear: false }),
        ...(args.validation !== undefined && { validation: args.validation }),
        ...(args["validate-every"] !== undefined && { validateEvery: args["validate-every"] }),
        ...(args.patience !== undefined && { patience: args.patience }),
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    const { code, history, settings } = trained;
    if (code === "non-finite") {
      await removeTraining(checkpoint); // going on from it would end the same way
      throw new InputError(
        `train: the loss stopped being finite after ${history.length} steps; try a smaller --learning-rate (was ${settings.learningRate})`,
      );
    }
    await saveGenerator(args.out, trained);
    await show?.(trained.model);
    await removeTraining(checkpoint);
    const { words, data } = generatorFacts(trained);
    return {
      text: factLines({ wrote: `prior ${args.out}`, ...words, time: secondsText(seconds) }),
      data: { folder: args.out, ...data, seconds },
    };
  },
});

/** A data set, or its first samples as one of their own. */
async function openData(spec: string, limit?: number) {
  const { arrayDataset, openDataset } = await import("../../data/dataset.ts");
  const dataset = await openDataset(spec);
  return limit === undefined ? dataset : arrayDataset(dataset.name, await firstRows(dataset, 0, limit));
}

async function trainedMixture(sketch: Sketch, folder: string) {
  const { saveMixture, trainMixture } = await import("../../../priors/mixture/index.ts");
  const started = performance.now();
  const trained = trainMixture(sketch);
  const seconds = (performance.now() - started) / 1000;
  await saveMixture(folder, trained);
  const { words, data } = mixtureFacts(trained);
  return {
    text: factLines({ wrote: `prior ${folder}`, ...words, time: secondsText(seconds) }),
    data: { folder, ...data, seconds },
  };
}

async function distilled(kind: DistilledName, sketch: Sketch, folder: string, options: DistilOptions & Watched) {
  const { distil, saveDistilled } = await import("../../../priors/distilled/index.ts");
  const { trainMixture } = await import("../../../priors/mixture/index.ts");
  const started = performance.now();
  const mixture = trainMixture(sketch);
  const trained = { ...(await distil(mixture.model, kind, options)), sketch: mixture.sketch };
  const seconds = (performance.now() - started) / 1000;
  if (trained.code === "cancelled") throw new InputError("train: was interrupted, nothing is written");
  if (trained.code === "non-finite") {
    throw new InputError(
      `train: the loss stopped being finite after ${trained.history.length} steps; try a smaller --learning-rate (was ${trained.settings.learningRate})`,
    );
  }
  await saveDistilled(folder, trained);
  const { words, data } = distilledFacts(trained);
  return {
    text: factLines({ wrote: `prior ${folder}`, ...words, time: secondsText(seconds) }),
    data: { folder, ...data, seconds },
  };
}

/** The options of `train` that only the kind generator has, and those that all networks have. */
const notDistilling = [
  ...["method", "data", "limit", "network", "activation", "batch-norm", "schedule", "loss"],
  ...["frequency-batch", "moment-weight", "no-linear", "validation", "validate-every", "patience"],
  ...["resume", "checkpoint-every", "watch"],
];
const ofNetworks = ["latent", "hidden", "batch", "steps", "learning-rate"];

/** Refuses options that a kind has no use for. */
function requireNone(kind: string, args: object, unused: readonly string[]): void {
  const given = unused.find((name) => (args as Record<string, unknown>)[name] !== undefined);
  if (given === undefined) return;
  throw new InputError(`--${given}: the kind ${kind} has no ${given}; give --kind generator, or leave it out`);
}
