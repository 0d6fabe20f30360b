import { mkdir } from "node:fs/promises";
import path from "node:path";
import ndarray from "ndarray";
import { type TrainOptions, type TrainRun, trainGenerator } from "../../priors/generator/index.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { summarise } from "../../src/compare/summary.ts";
import { arrayDataset, type Dataset, readRows, syntheticDataset, writeAtomic } from "../../src/data/index.ts";
import { linePlotFile } from "../../src/report/plot.ts";
import { textTable } from "../../src/report/table.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";
import { teacherFrom } from "./teachers/index.ts";
import { trainTaught } from "./teachers/train.ts";

/** The costs of training as functions of the number of samples n: a step from the sketch, a step of exact MMD, the sketch itself. */
const SET = "spiral";
const SAMPLES = [1000, 10_000, 100_000, 1_000_000];
const network: TrainOptions = { latent: 10, hidden: [64, 64, 64], activation: "leakyRelu", linear: false };
/** Steps before those that are timed: the first ones allocate memory. */
const WARM_UP = 2;

/** What is timed, in the order of `seconds`. */
const columns = ["sketch pass, once", "step from the sketch", "step of exact MMD"] as const;
type Cost = { readonly n: number; readonly seconds: readonly number[] };

export const cost = defineCommand({
  usage: "cost",
  description: "Time a training step against the number of samples: from the sketch, and by exact MMD on the data.",
  examples: [["npm run experiment -- cost", "a table on stdout, and cost-report with cost.svg and cost.json"]],
  options: (y) =>
    y
      .option("samples", {
        ...{ type: "number", default: SAMPLES.at(-1)!, requiresArg: true },
        describe: "most samples of the data",
      })
      .option("steps", { type: "number", default: 10, requiresArg: true, describe: "steps timed, of which the median" })
      .option("out", { type: "string", default: "cost-report", requiresArg: true, describe: "folder to write to" }),
  run: async (args, { seed, signal, note }) => {
    requireInteger("samples", args.samples, SAMPLES[0]);
    requireInteger("steps", args.steps);
    const design = await designFor(syntheticDataset(SET, seed), {
      families: [{ kind: "fourier", seed }, { kind: "second-moments" }],
    });
    await sketchDataset(await drawn(SAMPLES[0]!, seed), design); // compiles what the passes below use
    const costs: Cost[] = [];
    for (const n of SAMPLES.filter((n) => n <= args.samples)) {
      const data = await drawn(n, seed);
      const from = performance.now();
      const sketch = await sketchDataset(data, design, { signal });
      const pass = (performance.now() - from) / 1000;
      const exact = teacherFrom("mmd", data, sketch.design);
      const timed = (train: (of: Timed) => Promise<unknown>) =>
        stepSeconds((of) => train({ ...network, ...of, seed, signal }), args.steps);
      const seconds = [
        pass,
        await timed((of) => trainGenerator(sketch, of)),
        await timed((of) => trainTaught(sketch, exact, of)),
      ];
      costs.push({ n, seconds });
      note(`n = ${n}: ${columns.map((name, i) => `${name} ${seconds[i]!.toPrecision(3)} s`).join(", ")}`);
    }
    const result = { set: SET, seed, batch: 1000, design: design.families, costs };
    await mkdir(args.out, { recursive: true });
    await writeAtomic(path.join(args.out, "cost.svg"), plot(costs));
    await writeAtomic(path.join(args.out, "cost.json"), `${JSON.stringify(result, null, 2)}\n`);
    return { text: `${table(costs)}\n\nwrote ${path.join(args.out, "cost.svg")}`, data: result };
  },
});

/** n points of the set. One seed gives 100 000 points, so more come from further seeds. */
async function drawn(n: number, seed: number): Promise<Dataset> {
  const points = new Float32Array(2 * n);
  for (let first = 0, part = 0; first < n; part++) {
    const set = syntheticDataset(SET, seed + part);
    const rows = Math.min(set.count, n - first);
    points.set((await readRows(set, 0, rows)).data, 2 * first);
    first += rows;
  }
  return arrayDataset(SET, ndarray(points, [n, 2]));
}

type Timed = TrainOptions & Pick<TrainRun, "onProgress" | "signal">;

/** The median time of a training step, s. */
async function stepSeconds(train: (options: Timed) => Promise<unknown>, count: number): Promise<number> {
  const ends: number[] = [];
  const onProgress = () => ends.push(performance.now());
  await train({ validation: 0, steps: WARM_UP + count, onProgress });
  return summarise(ends.slice(WARM_UP).map((end, i) => (end - ends[WARM_UP + i - 1]!) / 1000)).median;
}

function plot(costs: readonly Cost[]): string {
  const series = columns.map((name, i) => ({
    ...{ name, style: i },
    points: costs.map(({ n, seconds }) => ({ x: n, y: seconds[i]!, low: Number.NaN, high: Number.NaN })),
  }));
  return linePlotFile(series, { label: "cost against the number of samples", xLabel: "samples n", yLabel: "seconds" });
}

const table = (costs: readonly Cost[]): string =>
  textTable(
    ["samples n", ...columns.map((name) => `${name}, s`)].map((title) => ({ title, align: "right" as const })),
    costs.map(({ n, seconds }) => [String(n), ...seconds.map((s) => s.toPrecision(2))]),
  );
