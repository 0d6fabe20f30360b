import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { NdArray } from "ndarray";
import { type LinearOperator, requireLinear } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { fitMixture, type MixtureModel, mixturePrior } from "../../priors/mixture/index.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { secondsText } from "../../src/cli/text.ts";
import { meanSquaredErrors } from "../../src/compare/metrics.ts";
import { wilcoxonSignedRank } from "../../src/compare/wilcoxon.ts";
import { type Dataset, openDataset, type Range, readRows, writeAtomic } from "../../src/data/index.ts";
import { clipped } from "../../src/data/range.ts";
import { measure } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { fixed, pValue, textTable } from "../../src/report/table.ts";
import {
  type DataDesignOptions,
  designFor,
  localSpec,
  sketchDataset,
  sketchSize,
  sketchSizeData,
} from "../../src/sketch/index.ts";
import { mixturePosterior } from "../../src/solve/index.ts";
import { convolution } from "./moments/convolution.ts";
import { type FourierSettings, patches, wholeImages } from "./moments/fourier.ts";
import { heldOutMisfit, type PartName, partNames, refine } from "./moments/refine.ts";
import { splitGaussians } from "./moments/split.ts";
import type { MomentTarget } from "./moments/target.ts";

const MEASUREMENTS = [25, 50, 100];

/** Which generalised moments refine the mixture. */
const families = ["fourier", "leading", "patches", "convolution"] as const;
const starts = ["local", "gaussian"] as const;
/** The parts that each refinement moves. Every refinement begins at the start mixture. */
const refinements: readonly (readonly PartName[])[] = [["weights"], ["weights", "means"], partNames];
/** Principal components of the moments of whole images, and of the leading ones alone. */
const FEATURES = { fourier: "pca:200", leading: "pca:10" } as const;

interface Row {
  readonly name: string;
  /** Misfit of held-out moments in units of their sampling variance. */
  readonly misfit?: number;
  /** Adam steps taken to the mixture. */
  readonly step?: number;
  readonly seconds: number;
  /** Squared errors per pixel of every image, at each number of measurements. */
  readonly errors: readonly Float64Array[];
}

/** What further moments of the data add to the recovery of a mixture that comes from second moments. */
export const moments = defineCommand({
  usage: "moments <family>",
  description: "Refine a mixture by label with further moments of the same data, and compare what it recovers.",
  examples: [
    ["npm run experiment -- moments fourier --frequencies 65536", "a table on stdout, and moments-report/fourier.json"],
    ["npm run experiment -- moments fourier --start gaussian", "from one Gaussian a label, split at random, instead"],
  ],
  options: (y) =>
    y
      .positional("family", {
        ...{ type: "string", choices: families, demandOption: true },
        describe: "fourier (200 components), leading (10), patches (8×8), convolution (two random layers)",
      })
      .option("frequencies", {
        type: "number",
        default: 16_384,
        requiresArg: true,
        describe: "Fourier moments a label",
      })
      .option("scale", { type: "number", default: 1, requiresArg: true, describe: "factor of the scales auto" })
      .option("start", { type: "string", choices: starts, default: "local", describe: "the mixture to refine" })
      .option("sketch-size", {
        type: "number",
        default: 300_000,
        requiresArg: true,
        describe: "numbers of its sketch, sums and design",
      })
      .option("samples", { type: "number", default: 60_000, requiresArg: true, describe: "training images" })
      .option("steps", { type: "number", default: 300, requiresArg: true, describe: "steps of a refinement" })
      .option("learning-rate", { type: "number", default: 0.01, requiresArg: true, describe: "Adam's" })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "first test image" })
      .option("images", { type: "number", default: 500, requiresArg: true, describe: "test images" })
      .option("out", { type: "string", default: "moments-report", requiresArg: true, describe: "folder to write to" }),
  run: async (args, { seed, signal, progress, note }) => {
    for (const name of ["frequencies", "samples", "steps", "images"] as const) requireInteger(name, args[name]);
    const started = performance.now();
    const data = await openDataset("mnist");
    const range = { from: 0, to: args.samples };
    const cells = await designFor(data, { byLabel: true, sketchSize: args["sketch-size"], poses: "none" });
    const local = await fitMixture(await sketchDataset(data, cells, { range, signal }));
    const settings = { count: args.frequencies, scale: args.scale, seed, signal, range };
    const gaussians = args.start === "local" ? undefined : await oneEach(data, cells, range);
    const start = gaussians ? splitGaussians(gaussians, seed) : local;
    note(`mixture of ${start.weights.length} components, ${secondsText(since(started))}`);

    const sketching = performance.now();
    const target = await targetOf(args.family as (typeof families)[number], data, start, settings);
    const pass = since(sketching);
    note(`${target.size} moments a label, ${secondsText(pass)}`);

    const truth = await readRows(await openDataset("mnist:test"), args.from, args.from + args.images);
    const problems = await Promise.all(MEASUREMENTS.map((m) => problemOf(truth, m, seed)));
    const misfitOf = (model: MixtureModel) => heldOutMisfit(model, target, seed);
    const rows: Row[] = [];
    const add = async (name: string, model: MixtureModel, row: Partial<Row> = {}) => {
      rows.push({ name, seconds: 0, ...row, errors: await errorsOf(model, problems, truth) });
      note(line(rows.at(-1)!, rows[0]!).join("  "));
    };
    if (gaussians) await add("one Gaussian a label", gaussians, { misfit: await misfitOf(gaussians) });
    await add(gaussians ? "split at random" : "local, closed form", start, { misfit: await misfitOf(start) });
    const movable = args.family === "convolution" ? refinements.slice(0, 1) : refinements.slice(gaussians ? 1 : 0);
    for (const parts of movable) {
      const from = performance.now();
      const options = { parts, steps: args.steps, learningRate: args["learning-rate"], seed, signal };
      const name = `${parts.join(", ")} moved`;
      const refined = await progress(name, (onProgress) => refine(start, target, { ...options, onProgress }));
      await add(name, refined.model, {
        ...{ misfit: refined.misfit, step: refined.step, seconds: since(from) },
      });
    }
    if (gaussians) await add("local, closed form", local, { misfit: await misfitOf(local) });
    const result = {
      ...{ family: args.family, frequencies: args.frequencies, scale: args.scale, start: args.start, seed },
      ...{
        sketch: { local: sketchSizeData(sketchSize(cells)).numbers, moments: target.numbers },
        pass,
        seconds: since(started),
      },
      ...{ steps: args.steps, learningRate: args["learning-rate"], from: args.from, images: args.images },
      rows: rows.map(({ errors, ...row }) => ({
        ...row,
        errors: errors.map(average),
        p: errors.map((own, i) => wilcoxonSignedRank(own.map((e, at) => e - rows[0]!.errors[i]![at]!)).p),
      })),
    };
    await mkdir(args.out, { recursive: true });
    const file = path.join(args.out, `${args.family}.json`);
    await writeAtomic(file, `${JSON.stringify(result, null, 2)}\n`);
    return { text: `${table(rows)}\n\nwrote ${file} in ${secondsText(since(started))}`, data: result };
  },
});

const since = (from: number) => (performance.now() - from) / 1000;
const average = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / values.length;

/** One Gaussian a label, in the features of the cells. */
async function oneEach(
  data: Dataset,
  cells: Awaited<ReturnType<typeof designFor>>,
  range: Range,
): Promise<MixtureModel> {
  const { features } = localSpec({ design: cells, count: 0, sums: {} });
  const families: DataDesignOptions["families"] = [
    { kind: "local-moments", coarse: 1, fine: 1, features, leading: features },
    { kind: "second-moments", pooled: true },
  ];
  const design = await designFor(data, { byLabel: true, features: `pca:${features}`, families });
  return fitMixture(await sketchDataset(data, design, { range }), { shrinkage: 0 });
}

async function targetOf(
  family: (typeof families)[number],
  data: Dataset,
  start: MixtureModel,
  settings: FourierSettings,
): Promise<MomentTarget> {
  if (family === "convolution") return convolution(data, start, settings);
  if (family === "patches") return patches(data, settings);
  return wholeImages(data, FEATURES[family], settings);
}

interface Problem {
  readonly operator: LinearOperator;
  readonly y: NdArray<Float32Array>;
}

async function problemOf(truth: NdArray<Float32Array>, m: number, seed: number): Promise<Problem> {
  const operator = requireLinear("moments", parseOperator(`gaussian:m=${m}`, truth.shape.slice(1), seed));
  return { operator, y: (await measure(truth, operator)).y };
}

async function errorsOf(model: MixtureModel, problems: readonly Problem[], truth: NdArray<Float32Array>) {
  const errors: Float64Array[] = [];
  for (const { operator, y } of problems) {
    const { mean } = await mixturePosterior({ operator, y, noise: gaussianNoise(0) }, mixturePrior("mixture", model));
    errors.push(meanSquaredErrors(truth, clipped(mean, [0, 1])));
  }
  return errors;
}

/** Errors with the p of their differences from the first row's. */
function line(row: Row, first: Row): string[] {
  const errors = row.errors.map((own, i) => {
    const { p } = wilcoxonSignedRank(own.map((e, at) => e - first.errors[i]![at]!));
    return fixed(average(own)) + (row === first ? "" : ` (p ${pValue(p)})`);
  });
  return [row.name, row.misfit?.toFixed(2) ?? "", String(row.step ?? ""), ...errors, row.seconds.toFixed(0)];
}

const table = (rows: readonly Row[]): string =>
  textTable(
    ["mixture", "misfit", "step", ...MEASUREMENTS.map((m) => `error, m = ${m}`), "s"].map((title, i) => ({
      ...{ title, align: i === 0 ? ("left" as const) : ("right" as const) },
    })),
    rows.map((row) => line(row, rows[0]!)),
  );
