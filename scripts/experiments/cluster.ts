import { spawnSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { summarise } from "../../src/compare/summary.ts";
import { writeAtomic } from "../../src/data/index.ts";
import { type Random, stream } from "../../src/data/random.ts";
import { linePlotFile } from "../../src/report/plot.ts";
import { textTable } from "../../src/report/table.ts";

/** What is timed: parts of these data, by this design. */
const DATA = "mnist";
const ROWS = 60_000;
const DESIGN = "--features raw --frequencies 4096 --block 500".split(" ");
/** Shards of the data that are timed, and shards of one block, which cost little but the start. */
const [TIMED, BLOCKS] = [8, 120];
/** Copies of a part that are merged, fewer and more: the difference is what parts cost. */
const COPIES = [2, 42] as const;

/** What is simulated: samples, processors of a node, nodes, and shards of the array job (Slurm takes 1000 unless it is told otherwise). */
const SAMPLES = 1e9;
const CORES = 16;
const NODES = [1, 2, 4, 8, 16, 32, 64];
const SHARDS = [64, 250, 1000, 4000];
const SIMULATIONS = 20;

/** Seconds of one processor: what a task, a sample and a merged part cost. */
export interface Costs {
  readonly start: number;
  readonly sample: number;
  /** The times of equal tasks over their mean. */
  readonly spread: readonly number[];
  readonly mergeStart: number;
  readonly mergePart: number;
}

/**
 * Seconds until all is merged: each of `slots` processors takes the next task when it has ended one; a task of n samples takes start + n · sample · s, s drawn from the
 * spread of the measured ones; one process merges at the end.
 */
export function simulate(costs: Costs, samples: number, shards: number, slots: number, random: Random): number {
  const free = new Float64Array(slots);
  for (let task = 0; task < shards; task++) {
    let first = 0;
    for (let i = 1; i < slots; i++) if (free[i]! < free[first]!) first = i;
    const spread = costs.spread[random.integer(costs.spread.length)]!;
    free[first]! += costs.start + (samples / shards) * costs.sample * spread;
  }
  return Math.max(...free) + costs.mergeStart + shards * costs.mergePart;
}

export const cluster = defineCommand({
  usage: "cluster",
  description: "Time tasks and merges here, and simulate what 10⁹ samples of 784 numbers cost on k nodes.",
  examples: [
    ["npm run experiment -- cluster", "a table on stdout, and cluster-report with cluster.svg and cluster.json"],
  ],
  options: (y) =>
    y
      .option("tasks", { type: "number", default: 4, requiresArg: true, describe: "tasks timed of each kind" })
      .option("out", { type: "string", default: "cluster-report", requiresArg: true, describe: "folder to write to" }),
  run: async (args, { seed, note }) => {
    requireInteger("tasks", args.tasks, 2);
    await mkdir(args.out, { recursive: true });
    const costs = await measured(args.out, args.tasks);
    note(JSON.stringify(costs));
    const random = stream(seed, "cluster simulation");
    const hours = SHARDS.map((shards) =>
      NODES.map((nodes) => {
        const times = Array.from({ length: SIMULATIONS }, () =>
          simulate(costs, SAMPLES, shards, nodes * CORES, random),
        );
        return summarise(times).median / 3600;
      }),
    );
    const series = SHARDS.map((shards, i) => ({
      ...{ name: `${shards} parts`, style: i },
      points: NODES.map((x, k) => ({ x, y: hours[i]![k]!, low: Number.NaN, high: Number.NaN })),
    }));
    const plot = linePlotFile(series, {
      ...{ label: "10⁹ samples of 784 numbers on k nodes", xLabel: `nodes of ${CORES} processors`, yLabel: "hours" },
    });
    const result = {
      data: DATA,
      design: DESIGN,
      samples: SAMPLES,
      cores: CORES,
      costs,
      nodes: NODES,
      shards: SHARDS,
      hours,
    };
    await writeAtomic(path.join(args.out, "cluster.svg"), plot);
    await writeAtomic(path.join(args.out, "cluster.json"), `${JSON.stringify(result, null, 2)}\n`);
    const table = textTable(
      ["nodes", ...SHARDS.map((shards) => `${shards} parts, h`)].map((title) => ({ title, align: "right" as const })),
      NODES.map((nodes, k) => [String(nodes), ...hours.map((row) => row[k]!.toPrecision(2))]),
    );
    return { text: `${table}\n\nwrote ${path.join(args.out, "cluster.svg")}`, data: result };
  },
});

/** Times tasks and merges in processes of their own with one thread each, in seconds of a processor, which other processes here hardly change. */
async function measured(folder: string, tasks: number): Promise<Costs> {
  const at = (name: string) => path.join(folder, name);
  const main = path.resolve(import.meta.dirname, "../../src/cli/main.ts");
  const run = async (...words: string[]) => {
    const before = await childSeconds();
    const line = ["--import", import.meta.resolve("tsx"), main, ...words, "--threads", "1", "--quiet", "--force"];
    const { status, stderr } = spawnSync(process.execPath, line, { encoding: "utf8" });
    if (status !== 0) throw new Error(`experiment cluster: ${stderr.trim()}`);
    return (await childSeconds()) - before;
  };
  await run("design", DATA, ...DESIGN, "-o", at("design.npz"));
  const timed = async (shards: number) => {
    const seconds: number[] = [];
    for (let i = 1; i <= tasks; i++) {
      seconds.push(
        await run("sketch", DATA, "--design", at("design.npz"), "--shard", `${i}/${shards}`, "-o", at("part.npz")),
      );
    }
    return seconds;
  };
  const start = summarise(await timed(BLOCKS)).median;
  const work = (await timed(TIMED)).map((seconds) => seconds - start);
  const mean = work.reduce((sum, seconds) => sum + seconds, 0) / work.length;
  const merge = async (copies: number) =>
    run("merge", ...Array.from({ length: copies }, () => at("part.npz")), "-o", at("merged.npz"));
  const [few, many] = [await merge(COPIES[0]), await merge(COPIES[1])];
  const mergePart = (many - few) / (COPIES[1] - COPIES[0]);
  return {
    ...{ start, sample: mean / (ROWS / TIMED - ROWS / BLOCKS), spread: work.map((seconds) => seconds / mean) },
    ...{ mergeStart: few - COPIES[0] * mergePart, mergePart },
  };
}

/** User and system time of the processes that this one started and that ended: fields 16 and 17 of proc(5)'s stat, of which Linux tells 100 a second. */
async function childSeconds(): Promise<number> {
  const afterName = (await readFile("/proc/self/stat", "utf8")).split(") ").at(-1)!.split(" ");
  return (Number(afterName[13]) + Number(afterName[14])) / 100;
}
