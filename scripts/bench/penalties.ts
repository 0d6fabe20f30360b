import { parseArgs } from "node:util";
import type { NdArray } from "ndarray";
import { parseOperator } from "../../operators/registry.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { meanSquaredErrors, psnr } from "../../src/compare/metrics.ts";
import { withPeakMemory } from "../../src/compare/peak-memory.ts";
import { fromHost } from "../../src/data/array.ts";
import { openDataset, readRows } from "../../src/data/index.ts";
import { measure } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { short, textTable } from "../../src/report/table.ts";
import { problemOf, recover } from "../../src/solve/index.ts";
import { disposeCompiledSteps } from "../../src/solve/penalised/pool.ts";

/** A recovery with total variation, and the most that it may take once compiled: seconds of processors, for the clock tells nothing on a busy machine. */
interface Work {
  readonly name: string;
  /** Pixels of a side. */
  readonly side: number;
  readonly operator: string;
  readonly sigma: number;
  readonly lambda: number;
  /** The relative gap that it goes to. */
  readonly tolerance: number;
  readonly seconds?: number;
  readonly megabytes?: number;
}

const denoising = { operator: "identity", sigma: 0.1, lambda: 0.07 };
/** The kernel has 21 × 21 pixels. */
const deblurring = { operator: "blur:sigma=2.5", sigma: 0.01, lambda: 0.0003 };
const works: readonly Work[] = [
  { name: "denoising", side: 512, ...denoising, tolerance: 1e-4, seconds: 2 },
  { name: "deblurring", side: 512, ...deblurring, tolerance: 1e-2, seconds: 10 },
  { name: "denoising", side: 1024, ...denoising, tolerance: 1e-3, megabytes: 2000 },
  { name: "deblurring", side: 1024, ...deblurring, tolerance: 1e-2, megabytes: 2000 },
];

/** Total variation on drawn images: seconds by the clock and of processors, and the largest memory of the process. */
export async function penaltiesBench(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...words],
    options: { json: { type: "boolean", default: false }, only: { type: "string" } },
  });
  const rows = [];
  for (const work of works) {
    if (values.only === undefined || values.only === `${work.name}-${work.side}`) rows.push(await measured(work));
  }
  if (values.json) return JSON.stringify(rows, null, 2);
  const titles = [
    "",
    "side",
    "gap",
    "iterations",
    "dB",
    "first, s",
    "again, s",
    "of processors, s",
    "limit",
    "MB",
    "limit",
  ];
  const limit = (value: number, most?: number) => (most === undefined ? "" : `${most}${value < most ? "" : ", OVER"}`);
  return textTable(
    titles.map((title, i) => ({ title, align: i === 0 ? ("left" as const) : ("right" as const) })),
    rows.map((row) => [
      row.name,
      ...[row.side, row.tolerance, row.iterations].map(String),
      ...[row.decibels, row.first, row.again, row.processors].map((value) => short(value)),
      ...[limit(row.processors, row.seconds), short(row.peak), limit(row.peak, row.megabytes)],
    ]),
  );
}

async function measured(work: Work) {
  const truth = await tiled(work.side);
  const operator = parseOperator(work.operator, truth.shape.slice(1), 1);
  const { y, noise } = await measure(truth, operator, { noise: gaussianNoise(work.sigma), seed: 1 });
  const problem = problemOf({ operator, y, noise });
  const prior = parsePenalty("tv", operator.inShape);
  const solved = () => recover(problem, prior, { lambda: work.lambda, own: { tolerance: work.tolerance } });
  const { result: first, peak } = await withPeakMemory(solved);
  const before = process.cpuUsage();
  const again = await solved();
  const { user, system } = process.cpuUsage(before);
  await disposeCompiledSteps();
  return {
    ...work,
    decibels: psnr(meanSquaredErrors(truth, first.estimate)[0]!),
    iterations: 20 * first.steps,
    ...{ first: first.seconds, again: again.seconds, processors: (user + system) / 1e6, peak: peak / 1e6 },
  };
}

/** A square of dead leaves, 128 × 128 pixels each: one image [1, side, side]. */
async function tiled(side: number): Promise<NdArray<Float32Array>> {
  const each = 128;
  const across = side / each;
  const { data } = await readRows(await openDataset("dead-leaves"), 0, across ** 2);
  const tile = (y: number, x: number) => Math.floor(y / each) * across + Math.floor(x / each);
  return fromHost(
    Float32Array.from({ length: side ** 2 }, (_, at) => {
      const [y, x] = [Math.floor(at / side), at % side];
      return data[tile(y, x) * each ** 2 + (y % each) * each + (x % each)]!;
    }),
    [1, side, side],
  );
}
