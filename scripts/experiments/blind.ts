import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { convolution } from "../../operators/convolution.ts";
import { pairedConvolution } from "../../operators/paired-convolution.ts";
import type { Prior } from "../../priors/prior.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { openPrior } from "../../src/cli/recovering.ts";
import { meanSquaredErrors, psnr } from "../../src/compare/metrics.ts";
import { average } from "../../src/compare/summary.ts";
import { contiguous, fromHost } from "../../src/data/array.ts";
import { openDataset, readRows, writeAtomic } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { squaredNorm } from "../../src/data/vector.ts";
import { compile } from "../../src/engine/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { encodePicture, imageFormat } from "../../src/report/image-file.ts";
import { grid, pictures } from "../../src/report/picture.ts";
import { textTable } from "../../src/report/table.ts";
import { blindDeconvolution } from "../../src/solve/blind/blind-deconvolution.ts";
import { recover } from "../../src/solve/index.ts";
import { takeRows } from "../../src/solve/rows.ts";

type Floats = NdArray<Float32Array>;

/** Images blurred by kernels that no prior has seen, recovered with both unknown, and with the kernel known. */
export const blind = defineCommand({
  usage: "blind <images>",
  description:
    "Blur images by unseen kernels and recover both: PSNR (peak 1) and the kernel's relative error, up to a shift.",
  examples: [
    ["npm run experiment -- blind mnist:test --prior digits --kernel-prior kernels", "eight test digits at 1 % noise"],
  ],
  options: (y) =>
    y
      .positional("images", { type: "string", demandOption: true, describe: "data set of grey images" })
      .option("prior", { type: "string", demandOption: true, requiresArg: true, describe: "the image's prior" })
      .option("kernel-prior", { type: "string", demandOption: true, requiresArg: true, describe: "the kernel's prior" })
      .option("kernels", {
        type: "string",
        default: "motion-kernels",
        requiresArg: true,
        describe: "data set of kernels",
      })
      .option("kernels-from", { type: "number", default: 90_000, requiresArg: true, describe: "the first kernel" })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "the first image" })
      .option("limit", { type: "number", default: 8, requiresArg: true, describe: "images" })
      .option("noise", { type: "number", default: 0.01, requiresArg: true, describe: "σ of the noise" })
      .option("restarts", { type: "number", default: 12, requiresArg: true, describe: "starts of the joint descent" })
      .option("rounds", {
        type: "number",
        default: 6,
        requiresArg: true,
        describe: "rounds of image and kernel in turns",
      })
      .option("out", { alias: "o", type: "string", default: "blind-report", requiresArg: true, describe: "folder" }),
  run: async (args, { seed, note }) => {
    for (const name of ["limit", "restarts"] as const) requireInteger(name, args[name]);
    requireInteger("rounds", args.rounds, 0);
    const { limit, noise: sigma, restarts, rounds } = args;
    const truth = await readRows(await openDataset(args.images), args.from, args.from + limit);
    const kernels = await readRows(await openDataset(args.kernels), args["kernels-from"], args["kernels-from"] + limit);
    const y = await blurred(truth, kernels, sigma, seed);
    const shape = truth.shape.slice(1);
    const { prior } = await openPrior("--prior", args.prior, shape);
    const { prior: kernel } = await openPrior("--kernel-prior", args["kernel-prior"], kernels.shape.slice(1));
    const range = [0, 1] as const;
    const known = async (image: Prior) => {
      const rows = await Promise.all(
        Array.from({ length: limit }, async (_, row) => {
          const operator = convolution({ inShape: shape, kernel: one(kernels, row) });
          const found = await recover({ operator, y: takeRows(y, [row]), noise: sigma, range }, image, { seed });
          return [...(contiguous(found.estimate) as Float32Array)];
        }),
      );
      return { images: fromHost(Float32Array.from(rows.flat()), truth.shape), kernels };
    };
    const unknown = async (image: Prior) => {
      const given = { y, noise: gaussianNoise(sigma), range };
      const { recoveries, kernels } = await blindDeconvolution(given, image, kernel, { seed, restarts, rounds });
      const rows = recoveries.flatMap(({ estimate }) => [...(contiguous(estimate) as Float32Array)]);
      return { images: fromHost(Float32Array.from(rows), truth.shape), kernels };
    };
    const found: Record<string, { readonly images: Floats; readonly kernels?: Floats }> = {
      blurred: { images: y },
      "known kernel": await known(prior),
      blind: await unknown(prior),
    };
    const rows = Object.entries(found).map(([name, { images, kernels: own }]) => {
      const values = Array.from({ length: limit }, (_, row) => bestPsnr(one(truth, row), one(images, row)));
      const errors = own && Array.from({ length: limit }, (_, row) => kernelError(one(kernels, row), one(own, row)));
      const asIs = meanSquaredErrors(truth, images);
      return {
        name,
        psnr: average(values),
        asIs: average(Array.from(asIs, (error) => psnr(error))),
        ...(errors && { kernelError: average(errors) }),
        each: values,
      };
    });
    for (const { name, each } of rows) note(`${name}: ${each.map((v) => v.toFixed(1)).join(" ")}`);
    await mkdir(args.out, { recursive: true });
    const shown = Object.values(found).flatMap(({ kernels: own }) => (own && own !== kernels ? [own] : []));
    const tiles = [
      ...[truth, ...Object.values(found).map(({ images }) => images)].flatMap((images) => pictures(images)),
      ...[kernels, ...shown].flatMap((own) => pictures(inTheMiddle(own, shape), "stretch")),
    ];
    const file = path.join(args.out, "blind.png");
    await writeAtomic(file, await encodePicture(grid(tiles, { columns: limit }), imageFormat(file)!));
    const titles = ["method", "mean PSNR up to a shift", "as it is", "kernel error"];
    const text = textTable(
      titles.map((title, i) => ({ title, align: i === 0 ? ("left" as const) : ("right" as const) })),
      rows.map(({ name, psnr, asIs, kernelError }) => [
        ...[name, psnr.toFixed(2), asIs.toFixed(2)],
        kernelError?.toFixed(2) ?? "",
      ]),
    );
    return { text, data: { rows } };
  },
});

const one = (batch: Floats, row: number): Floats => {
  const single = takeRows(batch, [row]);
  return fromHost(contiguous(single) as Float32Array, batch.shape.slice(1));
};

/** Kernels in the middle of black images of this shape. */
function inTheMiddle(kernels: Floats, [h = 0, w = 0]: readonly number[]): Floats {
  const [count, rows, columns] = kernels.shape as [number, number, number];
  const [top, left] = [Math.floor((h - rows) / 2), Math.floor((w - columns) / 2)];
  const out = new Float32Array(count * h * w);
  kernels.data.forEach((v, at) => {
    const [i, j] = [Math.floor((at % (rows * columns)) / columns), at % columns];
    out[Math.floor(at / (rows * columns)) * h * w + (top + i) * w + left + j] = v;
  });
  return fromHost(out, [count, h, w]);
}

/** y = k ∗ x + w, each image with its own kernel. */
async function blurred(images: Floats, kernels: Floats, sigma: number, seed: number): Promise<Floats> {
  const size = (of: Floats) => of.shape.slice(1) as unknown as readonly [number, number];
  const convolved = pairedConvolution(size(images), size(kernels));
  const given = { images, kernels };
  const compiled = await compile(
    ({ images, kernels }: { images: tf.Tensor; kernels: tf.Tensor }) => convolved(images, kernels),
    given,
  );
  const { data } = (await compiled.run(given).finally(compiled.dispose)) as Floats;
  const random = stream(seed, "experiment", "blind", "noise");
  return fromHost(data.map((v) => v + sigma * random.normal()) as Float32Array, images.shape);
}

/** Most pixels that image and kernel may be shifted against each other. */
const SHIFT = 4;

/** The least of a cost over shifts by whole pixels down and to the right. */
function leastOverShifts(cost: (down: number, right: number) => number): number {
  const shifts = Array.from({ length: 2 * SHIFT + 1 }, (_, i) => i - SHIFT);
  return Math.min(...shifts.flatMap((down) => shifts.map((right) => cost(down, right))));
}

/** PSNR at the best shift, each shift compared where both images overlap. */
function bestPsnr(truth: Floats, found: Floats): number {
  const [h, w] = truth.shape as [number, number];
  const least = leastOverShifts((down, right) => {
    let [sum, count] = [0, 0];
    for (let i = Math.max(0, down); i < Math.min(h, h + down); i++) {
      for (let j = Math.max(0, right); j < Math.min(w, w + right); j++) {
        sum += (truth.data[i * w + j]! - found.data[(i - down) * w + j - right]!) ** 2;
        count++;
      }
    }
    return sum / count;
  });
  return psnr(least);
}

/** ‖k̂ − k‖/‖k‖ at the best shift, what is shifted in being 0. */
function kernelError(truth: Floats, found: Floats): number {
  const [h, w] = truth.shape as [number, number];
  const least = leastOverShifts((down, right) => {
    let sum = 0;
    for (let i = 0; i < h; i++) {
      for (let j = 0; j < w; j++) {
        const [a, b] = [i - down, j - right];
        const inside = a >= 0 && a < h && b >= 0 && b < w;
        sum += (truth.data[i * w + j]! - (inside ? found.data[a * w + b]! : 0)) ** 2;
      }
    }
    return sum;
  });
  return Math.sqrt(least / squaredNorm(truth.data));
}
