import { mkdir } from "node:fs/promises";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { generatorPrior, type TrainOptions, trainGenerator } from "../../priors/generator/index.ts";
import { type AnyCommand, defineCommand } from "../../src/cli/command.ts";
import { secondsText } from "../../src/cli/text.ts";
import { energyDistance, halvesEnergy, mmdSquared, slicedWasserstein } from "../../src/compare/two-sample.ts";
import { readRows, type SyntheticName, syntheticDataset, writeAtomic } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { gridPng } from "../../src/report/image-file.ts";
import { short, textTable } from "../../src/report/table.ts";
import { type DrawName, designFor, drawNames, frequencies, sketchDataset } from "../../src/sketch/index.ts";
import { generate } from "../../src/solve/index.ts";

/**
 * The experiments of the CL-GN paper (Schellekens, Jacques 2020, section 4): a generator 10 → 2 trained from a sketch of 10⁵
 * points with 10⁴ folded-Gaussian frequencies of scale σ² = 10⁻³. The paper shows histograms; here they come with figures
 * against points that neither the sketch nor the training has seen.
 */
const SCALE = Math.sqrt(1e-3);
const FREQUENCIES = 10_000;
/** Points for every figure. The reference points are drawn with other seeds. */
const POINTS = 50_000;
/** Frequencies of the kernel of the MMD, drawn afresh. */
const FRESH = 2000;

/**
 * The paper's network. Few frequencies per step leave time for more latents and more steps, because the noise of the latents costs more. The last weights are kept: after a
 * step size that falls to 0 they are the best, which the noise of a validation cannot tell. The sketch's mean and covariance keep single points from far away.
 */
const training: TrainOptions = {
  ...{ latent: 10, hidden: [10, 10, 10, 10, 10, 10, 10], activation: "leakyRelu" },
  ...{ linear: false, momentWeight: 0.1, learningRate: 0.01 },
  ...{ batch: 1000, frequencyBatch: 250, validation: 0 },
};

interface Figures {
  readonly name: string;
  /** Training time, s; absent for real points. */
  readonly seconds?: number;
  readonly mmd2: number;
  readonly energy: number;
  readonly wasserstein: number;
}

/** The command that reproduces one of the paper's sets. */
export const planar = (set: SyntheticName): AnyCommand =>
  defineCommand({
    usage: set,
    description: "Train the CL-GN paper's network on a sketch of its two-dimensional set, and measure it.",
    examples: [
      [
        `npm run reproduce -- ${set}`,
        `figures on stdout, and reproduce-report/${set} with figure.png and figures.json`,
      ],
    ],
    options: (y) =>
      y
        .option("steps", {
          type: "number",
          default: 20_000,
          requiresArg: true,
          describe: "training steps",
        })
        .option("points", { type: "number", default: POINTS, requiresArg: true, describe: "points of the figures" })
        .option("draw", {
          ...{ type: "string", default: "product" as DrawName, choices: drawNames, requiresArg: true },
          describe: "how the frequencies of the sketch are drawn together; independent is the paper's",
        })
        .option("out", {
          type: "string",
          requiresArg: true,
          default: path.join("reproduce-report", set),
          describe: "folder to write to",
        }),
    run: async (args, { seed, signal, progress, note }) => {
      const folder = args.out;
      const design = (m: number, own: number, draw: DrawName) =>
        designFor(syntheticDataset(set), {
          families: [
            { kind: "fourier", law: "folded-gaussian", draw, scales: [SCALE], m, seed: own },
            { kind: "second-moments" },
          ],
        });
      const data = syntheticDataset(set);
      const started = performance.now();
      const sketch = await progress("sketch", async (onProgress) =>
        sketchDataset(data, await design(FREQUENCIES, seed, args.draw as DrawName), {
          signal,
          onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }),
        }),
      );
      note(`sketched ${data.count} points in ${secondsText((performance.now() - started) / 1000)}`);

      const real = await readRows(syntheticDataset(set, seed + 1), 0, args.points);
      const half = await readRows(syntheticDataset(set, seed + 2), 0, args.points);
      const omega = frequencies(await design(FRESH, seed + 3, "independent"));
      const measured = async (name: string, points: NdArray<Float32Array>, seconds?: number): Promise<Figures> => ({
        name,
        ...(seconds !== undefined && { seconds }),
        mmd2: await mmdSquared(points, real, omega),
        energy: await energyDistance(points, real),
        wasserstein: slicedWasserstein(points, real, { seed }),
      });

      const rows = [await measured("real points, other draw", half)];
      const halves = await halvesEnergy(real, half);
      const pictures = [histogram(real)];
      const name = "paper's network";
      const from = performance.now();
      const { model } = await progress(name, (onProgress) =>
        trainGenerator(sketch, { ...training, steps: args.steps, seed, signal, onProgress }),
      );
      const trained = (performance.now() - from) / 1000;
      const { latent } = model.network;
      const z = stream(seed, "reproduce").fillNormal(new Float32Array(args.points * latent));
      const points = await generate(generatorPrior(name, model), ndarray(z, [args.points, latent]));
      rows.push(await measured(name, points, trained));
      pictures.push(histogram(points));
      await mkdir(folder, { recursive: true });
      await writeAtomic(
        path.join(folder, "figure.png"),
        await gridPng(stacked(pictures), { columns: pictures.length, scale: 1 }),
      );
      const seconds = (performance.now() - started) / 1000;
      const result = {
        set,
        seed,
        draw: args.draw,
        steps: args.steps,
        points: args.points,
        seconds,
        halvesEnergy: halves,
        rows,
      };
      await writeAtomic(path.join(folder, "figures.json"), `${JSON.stringify(result, null, 2)}\n`);
      return { text: `${table(rows, halves)}\n\nwrote ${folder}/figure.png in ${secondsText(seconds)}`, data: result };
    },
  });

/** Pixels of a side, covering [-1.3, 1.3]². */
const SIDE = 200;
const REACH = 1.3;

/** The points' histogram as an image, from white (none) to black, as in the paper's figure 2. */
function histogram(points: NdArray<Float32Array>): Float32Array {
  const counts = new Float32Array(SIDE * SIDE);
  const cell = (v: number) => Math.floor(((v + REACH) / (2 * REACH)) * SIDE);
  for (let i = 0; i < points.shape[0]!; i++) {
    const [column, row] = [cell(points.data[2 * i]!), SIDE - 1 - cell(points.data[2 * i + 1]!)];
    if (column >= 0 && column < SIDE && row >= 0 && row < SIDE) counts[row * SIDE + column]!++;
  }
  const full = Float64Array.from(counts).sort()[Math.floor(0.995 * counts.length)] || 1;
  return counts.map((n) => 1 - Math.min(1, n / full));
}

function stacked(images: readonly Float32Array[]): NdArray<Float32Array> {
  const data = new Float32Array(images.length * SIDE * SIDE);
  for (const [i, image] of images.entries()) data.set(image, i * SIDE * SIDE);
  return ndarray(data, [images.length, SIDE, SIDE]);
}

function table(rows: readonly Figures[], halves: number): string {
  const titles = ["points", "training s", "MMD²", "energy distance", "of real halves", "sliced Wasserstein"];
  return textTable(
    titles.map((title, i) => ({ title, align: i === 0 ? ("left" as const) : ("right" as const) })),
    rows.map((r) => [
      r.name,
      r.seconds === undefined ? "" : r.seconds.toFixed(1),
      r.mmd2.toExponential(1),
      r.energy.toExponential(2),
      `${(r.energy / halves).toFixed(1)} ×`,
      short(r.wasserstein, 3),
    ]),
  );
}
