import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { NdArray } from "ndarray";
import { generatorPrior, type TrainOptions, trainGenerator } from "../../priors/generator/index.ts";
import { weightShapes } from "../../priors/generator/network.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { numberList, requireInteger } from "../../src/cli/options.ts";
import { mmdSquared } from "../../src/compare/two-sample.ts";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { arrayDataset, type Dataset, InputError, writeAtomic } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { short, textTable } from "../../src/report/table.ts";
import { designFor, type FourierSpec, frequencies as frequenciesOf, sketchDataset } from "../../src/sketch/index.ts";
import { generate } from "../../src/solve/index.ts";
import { takeRows } from "../../src/solve/rows.ts";
import { errorByDraws } from "./frequencies/draws-mean.ts";
import { type Line, picture, type Real, WIDTHS } from "./frequencies/picture.ts";
import { pointSet, type SetName, setNames } from "./frequencies/sets.ts";

type Points = NdArray<Float32Array>;

const LATENT = 10;
/** Frequencies that no sketch has, of the same law and scales, which the MMD is measured at. */
const FRESH = 2000;
/** Draws of a generator, or real points, that recover. */
const DRAWS = 10_000;
/** Points that are recovered. */
const RECOVERED = 200;

export const frequencies = defineCommand({
  usage: "frequencies",
  description:
    "How many frequencies a sketch needs: the MMD at fresh frequencies and the error of recovery against m, for networks of three sizes and three sets of points.",
  examples: [["npm run experiment -- frequencies", "a table, and frequencies-report with frequencies.png and .json"]],
  options: (y) =>
    y
      .option("sets", {
        ...{ type: "string", default: setNames.join(","), requiresArg: true },
        describe: `sets of points: ${setNames.join(", ")}`,
      })
      .option("counts", {
        ...{ type: "string", default: "16,64,256,1024,4096", requiresArg: true },
        describe: "numbers of frequencies m",
      })
      .option("points", { type: "number", default: 10_000, requiresArg: true, describe: "points of each set" })
      .option("steps", { type: "number", default: 500, requiresArg: true, describe: "training steps" })
      .option("repeats", {
        ...{ type: "number", default: 2, requiresArg: true },
        describe: "trainings with other frequencies and starts",
      })
      .option("out", {
        alias: "o",
        type: "string",
        default: "frequencies-report",
        requiresArg: true,
        describe: "folder",
      }),
  run: async (args, { seed, signal, note }) => {
    for (const name of ["points", "steps", "repeats"] as const) requireInteger(name, args[name]);
    const counts = numberList("counts", args.counts).sort((a, b) => a - b);
    for (const m of counts) requireInteger("counts", m);
    const sets = args.sets.split(",").map((name) => requireSet(name));
    const [lines, reals]: [Line[], Real[]] = [[], []];
    for (const set of sets) {
      const { learned, fresh } = await pointSet(set, args.points, seed);
      const [n, d] = learned.shape as [number, number];
      const dataset = arrayDataset(set, learned);
      const some = takeRows(fresh, range(Math.min(RECOVERED, fresh.shape[0]!)));
      const omega = await freshFrequencies(dataset, seed);
      const real = takeRows(learned, range(Math.min(DRAWS, n)));
      const judge = async (draws: Points) => ({
        mmd2: await mmdSquared(draws, fresh, omega),
        error: errorByDraws(some, takeRows(draws, range(Math.min(DRAWS, draws.shape[0]!))), seed),
      });
      const { m: auto, freedom } = await autoFrequencies(dataset, seed);
      reals.push({ set, features: d, auto, freedom, ...(await judge(real)) });
      note(`${set}: ${freedom} degrees of freedom, auto ${auto}`);
      for (const width of WIDTHS) {
        for (const m of counts) {
          const judged: { mmd2: number; error: number }[] = [];
          for (let repeat = 0; repeat < args.repeats; repeat++) {
            signal.throwIfAborted();
            const own = seed + 10 * repeat;
            const design = await designFor(dataset, {
              families: [{ kind: "fourier", draw: "independent", m, seed: own }, { kind: "second-moments" }],
            });
            const sketch = await sketchDataset(dataset, design, { signal });
            const { model } = await trainGenerator(sketch, { ...trained(width, m, args.steps), seed: own, signal });
            const z = stream(own, "frequencies", "latents").fillNormal(new Float32Array(args.points * LATENT));
            judged.push(await judge(await generate(generatorPrior(set, model), fromHost(z, [args.points, LATENT]))));
          }
          const [mmd2, error] = [judged.map((j) => j.mmd2), judged.map((j) => j.error)];
          lines.push({ set, width, parameters: parametersOf(width, d), m, mmd2, error });
          note(cells(lines.at(-1)!).join("  "));
        }
      }
    }
    const result = { seed, points: args.points, steps: args.steps, repeats: args.repeats, reals, lines };
    await mkdir(args.out, { recursive: true });
    await writeAtomic(path.join(args.out, "frequencies.png"), await picture(sets, lines, reals));
    await writeAtomic(path.join(args.out, "frequencies.json"), `${JSON.stringify(result, null, 2)}\n`);
    return { text: `${table(lines, reals)}\n\nwrote ${args.out}`, data: result };
  },
});

function requireSet(name: string): SetName {
  const found = setNames.find((known) => known === name);
  if (!found) throw new InputError(`--sets: expected some of ${setNames.join(", ")}, got "${name}"`);
  return found;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A step sees at most 256 frequencies, so that all trainings cost the same. The last weights are kept: all frequencies are to learn from. */
const trained = (width: number, m: number, steps: number): TrainOptions => ({
  ...{ latent: LATENT, hidden: [width, width], activation: "leakyRelu", linear: false },
  ...{ steps, batch: 500, frequencyBatch: m > 256 ? 256 : 0, learningRate: 0.005, validation: 0 },
});

const parametersOf = (width: number, d: number): number =>
  weightShapes({ latent: LATENT, hidden: [width, width], activation: "leakyRelu", output: d, linear: false }).reduce(
    (sum, shape) => sum + sizeOf(shape),
    0,
  );

/** Frequencies of the law and the scales that sketches of the set have, under a seed of their own. */
async function freshFrequencies(dataset: Dataset, seed: number): Promise<Points> {
  const design = await designFor(dataset, { families: [{ kind: "fourier", m: FRESH, seed: seed + 1000 }] });
  return frequenciesOf(design);
}

/** What `--frequencies auto` makes of the set. */
async function autoFrequencies(dataset: Dataset, seed: number): Promise<{ m: number; freedom: number }> {
  const { families } = await designFor(dataset, { families: [{ kind: "fourier", m: "auto", seed }] });
  const { m, freedom } = families[0] as FourierSpec & { freedom: number };
  return { m, freedom };
}

const cells = ({ set, parameters, m, mmd2, error }: Line): string[] => [
  ...[set, String(parameters), String(m)],
  ...[mmd2, error].map((values) => values.map((v) => short(v, 3)).join(", ")),
];

const table = (lines: readonly Line[], reals: readonly Real[]): string =>
  textTable(
    ["set", "parameters", "m", "MMD²", "error"].map((title, i) => ({ title, align: i === 0 ? "left" : "right" })),
    [
      ...lines.map(cells),
      ...reals.map(({ set, auto, mmd2, error }) => [
        set,
        "real points",
        `auto ${auto}`,
        short(mmd2, 3),
        short(error, 3),
      ]),
    ],
  );
