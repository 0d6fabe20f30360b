import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { NdArray } from "ndarray";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { numberList, requireInteger } from "../../src/cli/options.ts";
import { openLearned } from "../../src/cli/recovering.ts";
import { firstRows, randomRows } from "../../src/cli/signals.ts";
import { fromHost, sameShape } from "../../src/data/array.ts";
import { InputError, openDataset, writeAtomic } from "../../src/data/index.ts";
import { gridPng } from "../../src/report/image-file.ts";
import { fixed, pValue, short, textTable } from "../../src/report/table.ts";
import { panelsPng } from "../plots.ts";
import { estimateNames, type SpiralRow, spiralRow } from "./density/planar.ts";
import { type Recovered, recoveredBy } from "./density/recovered.ts";
import { requireCurved } from "./density/volume.ts";

/** Digits of the picture. */
const SHOWN = 8;

/** The most probable x = G(z), by the density p(z)/√det JᵀJ on the manifold, beside the most probable z. */
export const density = defineCommand({
  usage: "density",
  description:
    "The mode of x = G(z), by its density p(z)/√det J'J on the manifold, beside the mode of z: on a spiral with known density, and with --prior on test signals.",
  examples: [
    ["npm run experiment -- density", "the spiral: a table, and density-report with spiral.png and density.json"],
    ["npm run experiment -- density --prior vae", "test digits too, by a smooth generator of one mode a signal"],
  ],
  options: (y) =>
    y
      .option("points", { type: "number", default: 2000, requiresArg: true, describe: "points of the spiral" })
      .option("sigma", {
        ...{ type: "string", default: "0.02,0.05,0.1,0.2", requiresArg: true },
        describe: "standard deviations of the points' noise",
      })
      .option("prior", { type: "string", requiresArg: true, describe: "a generator's folder, or onnx:FILE" })
      .option("data", {
        ...{ type: "string", default: "mnist", requiresArg: true },
        describe: "data set NAME: λ is chosen on the last of its signals, those of NAME:test are recovered",
      })
      .option("operator", {
        ...{ type: "string", array: true, nargs: 1 },
        default: ["gaussian:m=25", "gaussian:m=50", "gaussian:m=100"],
        describe: "what is measured; may be given again",
      })
      .option("noise", { type: "string", default: "0.01", requiresArg: true, describe: "noise, as for compare" })
      .option("lambda", {
        ...{ type: "string", default: "0.01,0.03,0.1,0.3", requiresArg: true },
        describe: "λ to choose from",
      })
      .option("tune-count", { type: "number", default: 10, requiresArg: true, describe: "signals that λ is chosen on" })
      .option("limit", { type: "number", default: 20, requiresArg: true, describe: "test signals" })
      .option("out", { alias: "o", type: "string", default: "density-report", requiresArg: true, describe: "folder" }),
  run: async (args, { seed, signal, note }) => {
    for (const name of ["points", "tune-count", "limit"] as const) requireInteger(name, args[name], 2);
    const sigmas = positives("sigma", args.sigma);
    const lambdas = positives("lambda", args.lambda);
    const opened = args.prior === undefined ? undefined : await openGenerator(args.prior);
    const signals = opened && (await signalsOf(opened, args, seed));
    const spiral: SpiralRow[] = [];
    for (const sigma of sigmas) {
      spiral.push(await spiralRow(sigma, args.points, seed, signal));
      note(spiralLine(spiral.at(-1)!).join("  "));
    }
    const recovered: Recovered[] = [];
    if (opened && signals) {
      for (const spec of args.operator) {
        const options = { noise: args.noise, lambdas, seed, signal };
        recovered.push(...(await recoveredBy(spec, opened, signals, options)));
        for (const row of recovered.slice(-2)) note(recoveredLine(row).join("  "));
      }
    }
    await mkdir(args.out, { recursive: true });
    await writeAtomic(path.join(args.out, "spiral.png"), await plot(spiral));
    const isPicture = opened?.shape.length === 2;
    if (signals && isPicture) {
      await writeAtomic(path.join(args.out, "modes.png"), await picture(signals.truth, recovered));
    }
    const data = {
      ...{ seed, points: args.points, spiral },
      recovered: recovered.map(({ estimate, ...row }) => row),
    };
    await writeAtomic(path.join(args.out, "density.json"), `${JSON.stringify(data, null, 2)}\n`);
    const tables = [spiralTable(spiral), ...(recovered.length > 0 ? [recoveredTable(recovered)] : [])];
    return { text: `${tables.join("\n\n")}\n\nwrote ${args.out}`, data };
  },
});

function positives(option: string, text: string): number[] {
  const values = numberList(option, text);
  const wrong = values.find((v) => !(v > 0));
  if (wrong !== undefined) throw new InputError(`--${option}: expected positive numbers, got ${wrong}`);
  return values;
}

/** Errors (InputError): no generator, one with conditions, or one whose volume nowhere changes. */
async function openGenerator(spec: string): Promise<GeneratorPrior> {
  const prior = (await openLearned("--prior", spec))?.prior;
  if (prior?.kind !== "generator" || prior.conditions) {
    const got =
      prior?.kind === "generator" ? "a generator with conditions" : `a prior of the kind ${prior?.kind ?? "penalty"}`;
    throw new InputError(`--prior: expected a generator of z alone, got ${got}; give the folder of experiment -- vae`);
  }
  await requireCurved("--prior", prior);
  return prior;
}

/** The last signals of the training set, and some of the test set. */
async function signalsOf(
  prior: GeneratorPrior,
  args: { readonly data: string; readonly "tune-count": number; readonly limit: number },
  seed: number,
) {
  const [training, test] = [await openDataset(args.data), await openDataset(`${args.data}:test`)];
  if (!sameShape(test.shape, prior.shape)) {
    throw new InputError(
      `--data: ${args.data} holds signals of [${test.shape.join(", ")}], the prior makes [${prior.shape.join(", ")}]; name the data of the prior`,
    );
  }
  const from = Math.max(0, training.count - args["tune-count"]);
  return {
    tuning: await firstRows(training, from, args["tune-count"]),
    truth: await randomRows(test, args.limit, seed),
  };
}

const right = (titles: readonly string[]) => titles.map((title) => ({ title, align: "right" as const }));

const spiralLine = ({ sigma, errors, agreeing }: SpiralRow): string[] => [
  short(sigma),
  ...errors.map(({ mean, interval }) => `${short(mean, 3)} [${interval.map((v) => short(v, 3)).join(", ")}]`),
  ...agreeing.map((part) => `${(100 * part).toFixed(1)} %`),
];

const spiralTable = (rows: readonly SpiralRow[]): string =>
  textTable(right(["sigma", ...estimateNames, "z found", "x found"]), rows.map(spiralLine));

const recoveredLine = ({ operator, of, lambda, summary, p }: Recovered): string[] => [
  ...[operator, `mode of ${of}`, short(lambda), fixed(summary.mean), `[${summary.interval.map(fixed).join(", ")}]`],
  pValue(p),
];

const recoveredTable = (rows: readonly Recovered[]): string =>
  textTable(right(["operator", "estimate", "lambda", "error", "95 % interval", "p"]), rows.map(recoveredLine));

/** Errors over that of the mean, which is the least. */
function plot(rows: readonly SpiralRow[]): Promise<Uint8Array> {
  const series = estimateNames.slice(0, 2).map((name, style) => ({
    ...{ name, style },
    points: rows.map(({ sigma, errors }) => {
      const [own, mean] = [errors[style]!, errors.at(-1)!.mean];
      return { x: sigma, y: own.mean / mean, low: own.interval[0] / mean, high: own.interval[1] / mean };
    }),
  }));
  const levels = [{ name: "posterior mean", style: 2, y: 1 }];
  const options = {
    xLabel: "noise σ",
    yLabel: "squared error over that of the mean",
    yAxis: "linear",
    levels,
  } as const;
  return panelsPng("errors on the spiral", [{ title: "Points of a spiral with noise", series, options }], 1);
}

/** Rows of the true signals and both modes, for every operator: [3 rows an operator, columns]. */
function picture(truth: NdArray<Float32Array>, rows: readonly Recovered[]): Promise<Uint8Array> {
  const [count = 0, ...shape] = truth.shape;
  const columns = Math.min(SHOWN, count);
  const width = columns * (truth.size / count);
  const lines = [truth, ...rows.map(({ estimate }) => estimate)].map(({ data }) => data.subarray(0, width));
  const pixels = new Float32Array(lines.length * width);
  for (const [i, line] of lines.entries()) pixels.set(line, i * width);
  return gridPng(fromHost(pixels, [lines.length * columns, ...shape]), { columns, scale: 2 });
}
