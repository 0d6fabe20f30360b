import { mkdir } from "node:fs/promises";
import path from "node:path";
import { parseOperator } from "../operators/registry.ts";
import { cellLinearPrior, trainCellLinear } from "../priors/cell-linear/index.ts";
import { gaussianPrior } from "../priors/gaussian.ts";
import { generatorPrior, type TrainOptions, trainGenerator } from "../priors/generator/index.ts";
import { mixturePrior, trainMixture } from "../priors/mixture/index.ts";
import type { Prior } from "../priors/prior.ts";
import { parsePenalty } from "../priors/registry.ts";
import { defineCommand } from "../src/cli/command.ts";
import { requireInteger } from "../src/cli/options.ts";
import { savePrior } from "../src/cli/prior-folder.ts";
import { commandLine, reportVersions } from "../src/cli/reproducing.ts";
import { runCommandLine } from "../src/cli/run.ts";
import { secondsText } from "../src/cli/text.ts";
import { compare } from "../src/compare/compare.ts";
import { methodOf } from "../src/compare/method.ts";
import { openDataset, readRows } from "../src/data/index.ts";
import { measure } from "../src/measure/index.ts";
import { gaussianNoise } from "../src/measure/noise/gaussian.ts";
import { reportJson } from "../src/report/data.ts";
import { comparisonText } from "../src/report/table.ts";
import { writeReport } from "../src/report/write.ts";
import { saveSketch } from "../src/sketch/files.ts";
import {
  type DataDesignOptions,
  designFor,
  frequencies,
  sketchDataset,
  sketchSize,
  sketchSizeText,
} from "../src/sketch/index.ts";
import { problemOf } from "../src/solve/index.ts";
import { photo } from "./demo/photo.ts";

/** What is measured: Gaussian Φ with few measurements, a hidden block, a blur; noise is that of one measurement. */
const problems = [
  { spec: "gaussian:m=25", noise: 0.01 },
  { spec: "gaussian:m=50", noise: 0.01 },
  { spec: "gaussian:m=100", noise: 0.01 },
  { spec: "mask:block=14", noise: 0.01 },
  { spec: "blur:sigma=2", noise: 0.05 },
];

/** The penalties that are compared with the learned priors. The list is fixed, so penalties that are added later do not change the demo. */
const penalties = ["tikhonov", "tv", "wavelet"];

/**
 * The column `fourier` is the chain of sketch, network and descent by itself: random Fourier moments z_X of the data, a network G trained on
 * them alone, min_θ ‖z_X − A(G_θ(Z))‖², and G(ẑ) with ẑ = argmin_z ‖y − Φ(G(z))‖² + λ‖z‖². The sketch's mean and the
 * variances of its features centre and scale what G puts out. They are not in the loss, and G has no linear path, which would start as the
 * Gaussian of the second moments. Settings were chosen on training digits 59 000 to 59 059, with a sketch of those before. Errors there at
 * m = 25 and 100 were .0325 and .0076; after 2 steps of training, when G knows little more than the scales, .0331 and .0088.
 */
const fourierDesign = (seed: number): DataDesignOptions => ({
  features: "pca:100",
  families: [
    { kind: "fourier", m: 2000, seed },
    { kind: "second-moments", reduced: true },
  ],
});
const fourierTraining: TrainOptions = {
  ...{ latent: 400, hidden: [500], linear: false, momentWeight: 0 },
  ...{ frequencyBatch: 500, learningRate: 2e-3, steps: 100 },
};
/** Fewer starts and larger steps than usual: 10 starts of 200 steps of 0.1 took four times as long and ended no better (with 200 latents). */
const fourierRecovery = { solver: "csgm", own: { restarts: 2, steps: 300, rate: 0.2 } };

const demo = defineCommand({
  usage: "demo",
  description: "The whole chain on handwritten digits: sketch, train, measure, recover, compare.",
  examples: [["npm run demo -- --limit 50 --json", "50 test digits, the numbers as JSON"]],
  options: (y) =>
    y
      .option("limit", { type: "number", default: 20, requiresArg: true, describe: "test digits to recover" })
      .option("tune-count", {
        type: "number",
        default: 10,
        requiresArg: true,
        describe: "training digits that choose λ",
      })
      .option("sketch-size", {
        ...{ type: "number", default: 1_160_000, requiresArg: true },
        describe: "numbers that the sketch may hold, sums and design together",
      })
      .option("poses", {
        ...{ choices: ["auto", "none"] as const, default: "auto" as const, requiresArg: true },
        describe: "whether digits are aligned: none is faster",
      })
      .option("steps", {
        ...{ type: "number", requiresArg: true, defaultDescription: `200, fourier ${fourierTraining.steps}` },
        describe: "training steps of each generator",
      })
      .option("out", { type: "string", default: "demo-report", requiresArg: true, describe: "folder of the report" }),
  run: async (args, { seed, words, signal, progress, note }) => {
    for (const name of ["limit", "tune-count", "sketch-size"] as const) requireInteger(name, args[name]);
    if (args.steps !== undefined) requireInteger("steps", args.steps);
    const started = performance.now();
    const lap = async <T>(task: () => Promise<T>): Promise<[T, string]> => {
      const from = performance.now();
      return [await task(), secondsText((performance.now() - from) / 1000)];
    };

    const digits = await openDataset("mnist:train");
    const test = await openDataset("mnist:test");
    const sketched = async (label: string, options: DataDesignOptions) => {
      const design = await designFor(digits, options);
      return progress(label, (onProgress) =>
        sketchDataset(digits, design, {
          signal,
          onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }),
        }),
      );
    };
    const [sketch, sketching] = await lap(() =>
      sketched("sketch", { byLabel: true, sketchSize: args["sketch-size"], poses: args.poses }),
    );
    note(`sketched ${digits.count} digits in ${sketching}`);
    const [mixture, fitting] = await lap(() => trainMixture(sketch));
    const steps = args.steps === undefined ? {} : { steps: args.steps };
    const [generator, training] = await lap(() =>
      progress("train", (onProgress) => trainCellLinear(mixture.model, { ...steps, seed, signal, onProgress })),
    );
    note(`fitted a mixture to the sketch in ${fitting}, and a generator to the mixture in ${training}`);
    const [fourierSketch, fourierSketching] = await lap(() => sketched("Fourier sketch", fourierDesign(seed)));
    const [fourier, fourierFitting] = await lap(() =>
      progress("Fourier training", (onProgress) =>
        trainGenerator(fourierSketch, { ...fourierTraining, ...steps, seed, signal, onProgress }),
      ),
    );
    note(`sketched Fourier moments in ${fourierSketching}, and trained a generator on them alone in ${fourierFitting}`);

    const truth = await readRows(test, 0, args.limit);
    const tuning = await readRows(digits, digits.count - args["tune-count"], digits.count);
    const range = [0, 1] as const; // of pixels
    const options = { seed, signal, tuning, watch: progress };
    const usual = (prior: Prior) => methodOf(prior.name, prior, options);
    const methods = [
      usual(mixturePrior("mixture", mixture.model)),
      usual(cellLinearPrior("generator", generator.model)),
      methodOf("fourier", generatorPrior("fourier", fourier.model), { ...options, ...fourierRecovery }),
      usual(await gaussianPrior(sketch, signal)),
      ...penalties.map((name) => usual(parsePenalty(name, digits.shape))),
    ];
    const measured = [];
    for (const { spec, noise: sigma } of problems) {
      const operator = parseOperator(spec, digits.shape, seed);
      const noise = gaussianNoise(sigma);
      const { y } = await measure(truth, operator, { noise, seed });
      measured.push(problemOf({ operator, noise, y, range }));
    }
    const table = await compare({
      ...{ truth, problems: measured, methods, seed, signal },
      onRow: ({ operator, method, mse }) => note(`${operator}, ${method}: ${mse.toPrecision(3)}`),
    });

    const seconds = (performance.now() - started) / 1000;
    const aligned = sketch.design.poses !== undefined;
    const about = {
      title: "Handwritten digits from few measurements, with a prior learned from a sketch",
      paragraphs: [
        `One pass over ${digits.count} training digits gave a sketch of ${sketchSizeText(sketchSize(sketch.design))}: moments of the digits` +
          `${aligned ? ", made upright and of one width," : ""} in the cells of a partition, by label, and one covariance. A mixture of ` +
          `Gaussians${aligned ? ", each in every slant and width," : ""} follows from it in closed form, a generator ` +
          "network from the mixture; the Gaussian has the sketch's mean and covariance. The digits below come from the test set: " +
          "neither a sketch, nor the training, nor any choice of a parameter has seen them.",
        "The method fourier is a network G that was trained to have the random Fourier moments of the digits and nothing else, and " +
          "recovers by gradient descent on ‖y − Φ(G(z))‖² + λ‖z‖² over z. The moments are a second sketch, of " +
          `${sketchSizeText(sketchSize(fourierSketch.design))}; its mean and variances centre and scale what G puts out.`,
        `Every method got the same measurements. λ of those that have one was chosen for each operator on ${args["tune-count"]} ` +
          "training digits. Every method keeps to [0, 1], where pixels lie.",
        `Sketch ${sketching}, mixture ${fitting}, generator ${training}; Fourier sketch ${fourierSketching}, its network ` +
          `${fourierFitting}; everything ${secondsText(seconds)}.`,
      ],
      facts: {
        data: `${digits.name}, ${digits.count} digits; recovered: the first ${args.limit} of ${test.name}`,
        sketch: `${sketchSizeText(sketchSize(sketch.design))}, design ${sketch.design.fingerprint.slice(0, 16)}`,
        mixture: `${mixture.model.weights.length} Gaussians in ${mixture.model.poses?.warps.shape[0] ?? 1} poses`,
        generator: `cell-linear, ${generator.settings.latent} latents, ${generator.history.length} steps`,
        fourier: `network, ${fourier.settings.latent} latents, ${fourier.history.length} steps on ${frequencies(fourierSketch.design).shape[1]} Fourier moments; solver ${fourierRecovery.solver}`,
        "sketch of fourier": `${sketchSizeText(sketchSize(fourierSketch.design))}, design ${fourierSketch.design.fingerprint.slice(0, 16)}`,
        "λ chosen on": `the last ${args["tune-count"]} digits of ${digits.name}`,
        seed,
      },
      commands: [commandLine(["npm", "run", "demo", "--", ...words.slice(1)])],
      versions: reportVersions(),
    };
    await mkdir(args.out, { recursive: true });
    await saveSketch(path.join(args.out, "sketch.npz"), sketch);
    await savePrior(path.join(args.out, "mixture"), { kind: "mixture", trained: mixture });
    const trained = { ...generator, sketch: mixture.sketch };
    await savePrior(path.join(args.out, "generator"), { kind: "cell-linear", trained });
    await saveSketch(path.join(args.out, "fourier.npz"), fourierSketch);
    await savePrior(path.join(args.out, "fourier"), { kind: "generator", trained: fourier });
    const files = await writeReport(args.out, table, about);
    return {
      text: `${comparisonText(table)}\n\nwrote ${files[0]} in ${secondsText(seconds)}`,
      data: { files, seconds, ...reportJson(table, about) },
    };
  },
});

const words = process.argv.slice(2);
process.exitCode = await runCommandLine(words[0] === "photo" ? words : ["demo", ...words], process, { demo, photo });
