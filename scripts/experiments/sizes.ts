import { mkdir } from "node:fs/promises";
import path from "node:path";
import { gaussianPrior } from "../../priors/gaussian.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireSize } from "../../src/cli/designing.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { grouped } from "../../src/cli/text.ts";
import { compare } from "../../src/compare/compare.ts";
import { methodOf } from "../../src/compare/method.ts";
import { sizeOf } from "../../src/data/array.ts";
import { InputError, openDataset, type Range, writeAtomic } from "../../src/data/index.ts";
import { pilotRowsFor } from "../../src/sketch/index.ts";
import { dataBytes } from "./sizes/data-bytes.ts";
import { isLearned, type Line, learned, type Refused } from "./sizes/learned.ts";
import { problemsOf, testSignals } from "./sizes/measured.ts";
import { type Result, resultLine, sizesPlot, sizesTable } from "./sizes/result.ts";

const SIZES = ["300k", "400k", "600k", "1.16M", "2.7M"];
const OPERATORS = ["gaussian:m=25", "gaussian:m=50", "gaussian:m=100"];
/** The demo's sketch. */
const PILOT_SIZE = "1.16M";

/** What a sketch that takes more bytes is worth: recovery errors of mixtures that were made from sketches of several sizes. */
export const sizes = defineCommand({
  usage: "sizes [data]",
  description: "Recovery error against the bytes of a sketch and its design, beside the bytes of the data.",
  examples: [
    ["npm run experiment -- sizes", "digits: a table on stdout, and sizes-report with sizes.svg and sizes.json"],
    [
      "npm run experiment -- sizes faces.npz --test held-out.npz --sketch-size 500k --sketch-size 2M",
      "your own images, two sizes",
    ],
  ],
  options: (y) =>
    y
      .positional("data", { type: "string", default: "mnist", describe: "data set to sketch: a name or a path" })
      .option("test", {
        ...{ type: "string", requiresArg: true, defaultDescription: "NAME:test of a data set NAME" },
        describe: "data set whose signals are recovered",
      })
      .option("sketch-size", {
        ...{ type: "string", array: true, nargs: 1, default: SIZES },
        describe: "numbers that a sketch may hold, sums and design together; may be given again",
      })
      .option("pilot-size", {
        ...{ type: "string", default: PILOT_SIZE, requiresArg: true },
        describe: "the same for the sketch of the pilot alone",
      })
      .option("ignore-labels", { type: "boolean", describe: "no separate sums for each label, where there are labels" })
      .option("operator", {
        ...{ type: "string", array: true, nargs: 1, default: OPERATORS },
        describe: "what is measured, name:key=value,…; may be given again",
      })
      .option("noise", {
        ...{ type: "string", default: "0.01", requiresArg: true },
        describe: "noise of the measurements, as for compare",
      })
      .option("limit", { type: "number", default: 100, requiresArg: true, describe: "signals, drawn by --seed" })
      .option("draws", { type: "number", default: 1, requiresArg: true, describe: "draws of every operator and noise" })
      .option("out", { type: "string", default: "sizes-report", requiresArg: true, describe: "folder to write to" }),
  run: async (args, { seed, signal, progress, note }) => {
    requireInteger("limit", args.limit);
    requireInteger("draws", args.draws);
    for (const size of [...args["sketch-size"], args["pilot-size"]]) requireSize(size);
    const wanted = [...new Set(args["sketch-size"])].sort((a, b) => requireSize(a) - requireSize(b));
    const dataset = await openDataset(args.data);
    const truth = await testSignals(dataset, args, seed);
    const problems = await problemsOf(truth, args, seed); // before the sketches, so that a wrong spec ends at once

    const whole = { from: 0, to: dataset.count };
    const pilot = { from: 0, to: Math.min(dataset.count, pilotRowsFor(sizeOf(dataset.shape))) };
    const byLabel = dataset.labels !== undefined && !args["ignore-labels"];
    const learn = async (name: string, size: string, range: Range): Promise<Line> => {
      const line = await learned(dataset, name, { sketchSize: requireSize(size), byLabel, range, seed, signal });
      note(`${name}: ${isLearned(line) ? `learned from ${grouped(line.sketch.count)} samples` : line.refused}`);
      return line;
    };
    const lines: Line[] = [];
    for (const size of wanted) lines.push(await learn(size, size, whole));
    const largest = lines.findLast(isLearned);
    if (!largest) throw new InputError((lines.at(-1) as Refused).refused);
    const references: Line[] = [
      await learn(`${args["pilot-size"]} of the pilot alone`, args["pilot-size"], pilot),
      {
        name: `Gaussian of ${largest.name}`,
        sketch: largest.sketch,
        prior: await gaussianPrior(largest.sketch, signal),
      },
    ];

    // the largest comes first, because all others are tested against the first
    const others = [...lines, ...references].filter(isLearned).filter((line) => line !== largest);
    const { rows } = await compare({
      ...{ truth, problems, seed, signal },
      methods: [largest, ...others].map(({ name, prior }) => methodOf(name, prior, { seed, signal, watch: progress })),
      onRow: ({ operator, method, mse }) => note(`${operator}, ${method}: ${mse.toPrecision(3)}`),
    });
    const { noise, range } = problems[0]![0]!;
    const result: Result = {
      ...{ data: dataset.name, byLabel, seed, limit: args.limit, draws: args.draws },
      ...{ operators: problems.map(([first]) => first!.operator.name), noise: noise.name, range },
      kept: { data: await dataBytes(dataset, whole, signal), pilot: await dataBytes(dataset, pilot, signal) },
      sizes: lines.map((line) => resultLine(line, rows)),
      references: references.map((line) => resultLine(line, rows)),
    };
    const svg = path.join(args.out, "sizes.svg");
    await mkdir(args.out, { recursive: true });
    await writeAtomic(svg, sizesPlot(result));
    await writeAtomic(path.join(args.out, "sizes.json"), `${JSON.stringify(result, null, 2)}\n`);
    return { text: `${sizesTable(result)}\n\nwrote ${svg}`, data: { ...result } };
  },
});
