import { mkdir } from "node:fs/promises";
import path from "node:path";
import { parseOperator } from "../operators/registry.ts";
import { generatorPrior, saveGenerator, trainGenerator } from "../priors/generator/index.ts";
import { baselineNames, makePrior } from "../priors/registry.ts";
import { defineCommand } from "../src/cli/command.ts";
import { requireWhole } from "../src/cli/options.ts";
import { runCommandLine } from "../src/cli/run.ts";
import { secondsText } from "../src/cli/text.ts";
import { compare } from "../src/compare/compare.ts";
import { baselineMethod, generatorMethod } from "../src/compare/methods.ts";
import { openDataset, readRows } from "../src/data/index.ts";
import { measure } from "../src/measure/index.ts";
import { reportJson } from "../src/report/data.ts";
import { comparisonText } from "../src/report/table.ts";
import { writeReport } from "../src/report/write.ts";
import { designFor, saveSketch, sketchDataset } from "../src/sketch/index.ts";

/** What is measured: Gaussian Φ with few measurements, a hidden block, a blur; noise is that of one measurement. */
const problems = [
  { spec: "gaussian:m=25", noise: 0.01 },
  { spec: "gaussian:m=50", noise: 0.01 },
  { spec: "gaussian:m=100", noise: 0.01 },
  { spec: "mask:block=14", noise: 0.01 },
  { spec: "blur:sigma=2", noise: 0.05 },
];

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
      .option("frequencies", { type: "number", default: 4096, requiresArg: true, describe: "Fourier moments" })
      .option("steps", { type: "number", default: 500, requiresArg: true, describe: "training steps" })
      .option("out", { type: "string", default: "demo-report", requiresArg: true, describe: "folder of the report" }),
  run: async (args, { seed, signal, progress, note }) => {
    for (const name of ["limit", "tune-count", "frequencies", "steps"] as const) requireWhole(name, args[name]);
    const started = performance.now();
    const lap = async <T>(task: () => Promise<T>): Promise<[T, string]> => {
      const from = performance.now();
      return [await task(), secondsText((performance.now() - from) / 1000)];
    };

    const digits = await openDataset("mnist:train");
    const test = await openDataset("mnist:test");
    const families = [{ kind: "fourier" as const, m: args.frequencies, seed }, { kind: "second" as const }];
    const [sketch, sketching] = await lap(async () => {
      const design = await designFor(digits, { features: "pca:100", families });
      return progress("sketch", (onProgress) =>
        sketchDataset(digits, design, {
          signal,
          onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }),
        }),
      );
    });
    note(`sketched ${digits.count} digits in ${sketching}`);
    const [trained, training] = await lap(() =>
      progress("train", (onProgress) => trainGenerator(sketch, { steps: args.steps, seed, signal, onProgress })),
    );
    note(`trained a generator on the sketch in ${training}`);

    const truth = await readRows(test, 0, args.limit);
    const tuning = await readRows(digits, digits.count - args["tune-count"], digits.count);
    const range = [0, 1] as const; // of pixels
    const options = { seed, signal, tuning, range, watch: progress };
    const methods = [
      generatorMethod("sketch prior", generatorPrior("sketch prior", trained.model), options),
      ...baselineNames.map((name) => baselineMethod(makePrior(name, digits.shape), options)),
    ];
    const measured = [];
    for (const { spec, noise } of problems) {
      const operator = parseOperator(spec, digits.shape, seed);
      measured.push({ operator, noise, y: (await measure(truth, operator, { noise, seed })).y });
    }
    const table = await compare({
      ...{ truth, problems: measured, methods, seed, signal, range },
      onRow: ({ operator, method, mse }) => note(`${operator}, ${method}: ${mse.toPrecision(3)}`),
    });

    const seconds = (performance.now() - started) / 1000;
    const about = {
      title: "Handwritten digits from few measurements, with a prior learned from a sketch",
      paragraphs: [
        `One pass over ${digits.count} training digits gave a sketch: ${args.frequencies} random Fourier moments, the mean and ` +
          "the covariance. A generator was trained from the sketch alone. The digits below come from the test set: neither " +
          "the sketch, nor the training, nor any choice of a parameter has seen them.",
        `Every method got the same measurements. λ of those that have one was chosen for each operator on ${args["tune-count"]} ` +
          "training digits. Every estimate is clipped to [0, 1], where pixels lie.",
        `Sketch ${sketching}, training ${training}, everything ${secondsText(seconds)}.`,
      ],
      facts: {
        data: `${digits.name}, ${digits.count} digits; recovered: the first ${args.limit} of ${test.name}`,
        sketch: `pca:100, ${args.frequencies} Fourier moments, mean and covariance; design ${sketch.design.fingerprint.slice(0, 16)}`,
        prior: `generator ${[trained.settings.latent, ...trained.settings.hidden].join("-")}, ${trained.settings.steps} steps`,
        "λ chosen on": `the last ${args["tune-count"]} digits of ${digits.name}`,
        seed,
      },
    };
    await mkdir(args.out, { recursive: true });
    await saveSketch(path.join(args.out, "sketch.npz"), sketch);
    await saveGenerator(path.join(args.out, "prior"), trained);
    const files = await writeReport(args.out, table, about);
    return {
      text: `${comparisonText(table)}\n\nwrote ${files[0]} in ${secondsText(seconds)}`,
      data: { files, seconds, ...reportJson(table, about) },
    };
  },
});

process.exitCode = await runCommandLine(["demo", ...process.argv.slice(2)], process, { demo });
