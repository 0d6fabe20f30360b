import { mkdir } from "node:fs/promises";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { arrayDataset, stream, writeAtomic } from "../../src/data/index.ts";
import { short, textTable } from "../../src/report/table.ts";
import { drawNames, fourierMoments, makeDesign, sketchDataset } from "../../src/sketch/index.ts";

/** Two laws to tell apart: five Gaussians of deviation .3 about means of N(0, I), and the same with each mean moved by .15 N(0, I). */
const CLUSTERS = 5;
const INSIDE = 0.3;
const MOVED = 0.15;
/** In units of the spread √E|x − Ex|². The middle one of the scales `auto`. */
const SCALE = 0.6;
const DIMENSIONS = [2, 10, 100, 784];

interface Row {
  readonly d: number;
  readonly draw: string;
  /** Standard deviation of the MMD² estimate over draws of the frequencies, over its mean. */
  readonly deviation: number;
  /** Median seconds of the sketch of one set. */
  readonly seconds: number;
}

/** What each way to draw frequencies costs, in seconds and in the variance of the MMD² estimate of two fixed sets. */
export const products = defineCommand({
  usage: "products",
  description:
    "The spread of an MMD² estimate over the draws of its frequencies, beside its seconds, for each way to draw them.",
  examples: [["npm run experiment -- products", "a table on stdout, and products-report/products.json"]],
  options: (y) =>
    y
      .option("frequencies", { type: "number", default: 4096, requiresArg: true, describe: "frequencies m" })
      .option("points", { type: "number", default: 2000, requiresArg: true, describe: "points of each set" })
      .option("draws", { type: "number", default: 24, requiresArg: true, describe: "draws of the frequencies" })
      .option("out", { type: "string", default: "products-report", requiresArg: true, describe: "folder to write to" }),
  run: async (args, { seed, signal, note }) => {
    for (const name of ["frequencies", "points", "draws"] as const) requireInteger(name, args[name], 2);
    const rows: Row[] = [];
    for (const d of DIMENSIONS) {
      const { sets, spread } = twoSets(d, args.points, seed);
      for (const draw of drawNames) {
        const [estimates, seconds]: [number[], number[]] = [[], []];
        for (let own = 0; own < args.draws; own++) {
          const family = { kind: "fourier", draw, scales: [SCALE * spread], m: args.frequencies, seed: own } as const;
          const design = await makeDesign({ shape: [d], families: [family] });
          const moments = [];
          for (const set of sets) {
            const from = performance.now();
            moments.push(fourierMoments(await sketchDataset(arrayDataset("points", set), design, { signal })));
            seconds.push((performance.now() - from) / 1000);
          }
          const [p, q] = moments;
          const squares = p!.cos.map((c, j) => (c - q!.cos[j]!) ** 2 + (p!.sin[j]! - q!.sin[j]!) ** 2);
          estimates.push(average(squares));
        }
        const mean = average(estimates);
        const deviation = Math.sqrt(average(estimates.map((v) => (v / mean - 1) ** 2)));
        rows.push({ d, draw, deviation, seconds: seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)]! });
        note(`d = ${d}, ${draw}: deviation ${deviation.toPrecision(3)}`);
      }
    }
    await mkdir(args.out, { recursive: true });
    const result = { frequencies: args.frequencies, points: args.points, draws: args.draws, seed, rows };
    await writeAtomic(path.join(args.out, "products.json"), `${JSON.stringify(result, null, 2)}\n`);
    return { text: table(rows), data: result };
  },
});

const average = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

/** A set of each law, [n, d], and the spread of the first. */
function twoSets(d: number, n: number, seed: number): { sets: NdArray<Float32Array>[]; spread: number } {
  const means = stream(seed, "means", d).fillNormal(new Float64Array(CLUSTERS * d));
  const moved = stream(seed, "moved", d).fillNormal(new Float64Array(CLUSTERS * d));
  const sets = [0, MOVED].map((by) => {
    const random = stream(seed, "points", d, by);
    const points = random.fillNormal(new Float32Array(n * d));
    return ndarray(
      points.map((v, at) => {
        const place = (Math.floor(at / d) % CLUSTERS) * d + (at % d);
        return means[place]! + by * moved[place]! + INSIDE * v;
      }),
      [n, d],
    );
  });
  const centre = Float64Array.from({ length: d }, (_, i) =>
    average(Float64Array.from({ length: n }, (_, row) => sets[0]!.get(row, i))),
  );
  const squares = sets[0]!.data.reduce((sum, v, at) => sum + (v - centre[at % d]!) ** 2, 0);
  return { sets, spread: Math.sqrt(squares / n) };
}

/** `at equal error`: how much longer independent frequencies take for the same variance, which falls as 1/m. */
function table(rows: readonly Row[]): string {
  const titles = ["d", "draw", "deviation", "s", "variance × s, independent over this"];
  return textTable(
    titles.map((title, i) => ({ title, align: i === 1 ? ("left" as const) : ("right" as const) })),
    rows.map((row) => {
      const plain = rows.find(({ d, draw }) => d === row.d && draw === "independent")!;
      const cost = ({ deviation, seconds }: Row) => deviation ** 2 * seconds;
      return [
        String(row.d),
        row.draw,
        short(row.deviation, 3),
        short(row.seconds, 3),
        short(cost(plain) / cost(row), 3),
      ];
    }),
  );
}
