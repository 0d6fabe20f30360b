import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { NdArray } from "ndarray";
import { shapeBeforeBlur } from "../../operators/blur.ts";
import { convolution } from "../../operators/convolution.ts";
import type { ForwardOperator } from "../../operators/operator.ts";
import { isOfOneShape, type Prior } from "../../priors/prior.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { openPrior } from "../../src/cli/recovering.ts";
import { meanSquaredErrors, psnr } from "../../src/compare/metrics.ts";
import { average } from "../../src/compare/summary.ts";
import { contiguous, fromHost } from "../../src/data/array.ts";
import { openDataset, readRows, writeAtomic } from "../../src/data/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { encodePicture, imageFormat } from "../../src/report/image-file.ts";
import { grid, pictures } from "../../src/report/picture.ts";
import { textTable } from "../../src/report/table.ts";
import { type BlindOptions, blindDeconvolution, isLatent } from "../../src/solve/blind/blind-deconvolution.ts";
import { recover } from "../../src/solve/index.ts";
import { takeRows } from "../../src/solve/rows.ts";
import { blurredImages } from "./blind/blurred-images.ts";
import { paired } from "./blind/paired.ts";
import { scoreOf } from "./blind/score.ts";
import { startsOf } from "./blind/starts.ts";

type Floats = NdArray<Float32Array>;
interface Found {
  readonly images: Floats;
  readonly kernels: Floats;
}

/** How names of blind recoveries end. */
const BLIND = ", blind";

/** Images blurred by kernels that no prior has seen, recovered with both unknown, and with the kernel known. */
export const blind = defineCommand({
  usage: "blind <images>",
  description:
    "Blur images by unseen kernels and recover both: PSNR (peak 1) and the kernel's relative error, at the shift that the image fits best at.",
  examples: [
    [
      "npm run experiment -- blind mnist:test --prior digits --prior tv --kernel-prior kernels",
      "eight test digits at 1 % noise",
    ],
    [
      "npm run experiment -- blind BSD68 --crop 160 --prior patches --prior tv --kernel-prior kernels",
      "parts of photographs",
    ],
  ],
  options: (y) =>
    y
      .positional("images", {
        ...{ type: "string", demandOption: true },
        describe: "data set of grey images, or a folder of images of any sizes with --crop",
      })
      .option("crop", {
        ...{ type: "number", requiresArg: true },
        describe:
          "only so many rows and columns in the middle of every blurred image: what lies outside is the image's own",
      })
      .option("prior", {
        ...{ type: "string", array: true, nargs: 1, demandOption: true },
        describe: "the image's prior, or a penalty; may be given again",
      })
      .option("kernel-prior", { type: "string", demandOption: true, requiresArg: true, describe: "the kernel's prior" })
      .option("kernels", {
        ...{ type: "string", default: "motion-kernels", requiresArg: true },
        describe: "data set of kernels, of the kernel prior's size",
      })
      .option("kernels-from", {
        type: "number",
        default: 90_000,
        requiresArg: true,
        describe: "the first kernel; after the last one comes number 0",
      })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "the first image" })
      .option("limit", { type: "number", default: 8, requiresArg: true, describe: "images, each with the next kernel" })
      .option("noise", { type: "number", default: 0.01, requiresArg: true, describe: "σ of the noise" })
      .option("restarts", { type: "number", requiresArg: true, describe: "starts of joint descents" })
      .option("rounds", { type: "number", requiresArg: true, describe: "rounds of image and kernel in turns" })
      .option("starts", {
        ...{ type: "number", default: 0, requiresArg: true },
        describe:
          "also recover every image so many times from one random start, with the first prior: its success rate",
      })
      .option("out", { alias: "o", type: "string", default: "blind-report", requiresArg: true, describe: "folder" }),
  run: async (args, { seed, note }) => {
    requireInteger("limit", args.limit);
    requireInteger("starts", args.starts, 0);
    const { limit, noise: sigma } = args;
    const blurs = await openDataset(args.kernels);
    const places = Array.from({ length: limit }, (_, row) => (args["kernels-from"] + row) % blurs.count);
    const kernels = joined(await Promise.all(places.map((at) => readRows(blurs, at, at + 1))));
    const { truth, y } = await blurredImages(args, kernels, seed);
    const shape = truth.shape.slice(1);
    const { prior: kernel } = await openPrior("--kernel-prior", args["kernel-prior"], kernels.shape.slice(1));
    const given = { y, noise: gaussianNoise(sigma), range: [0, 1] as const };
    const options: BlindOptions = { seed, ...(args.rounds !== undefined && { rounds: args.rounds }) };
    const priors = await Promise.all(args.prior.map((spec) => openPrior("--prior", spec, shape)));
    const scores = ({ images, kernels: own }: Found) =>
      Array.from({ length: limit }, (_, row) =>
        scoreOf(
          { image: one(truth, row), kernel: one(kernels, row) },
          { image: one(images, row), kernel: one(own, row) },
        ),
      );
    const found: Record<string, Found> = {};
    for (const [at, { name, prior }] of priors.entries()) {
      const known: Floats[] = [];
      for (let row = 0; row < limit; row++) {
        const [kernel, own] = [one(kernels, row), takeRows(y, [row])];
        const recovered = async (of: Prior, operator: ForwardOperator) =>
          (await recover({ ...given, operator, y: own }, of, { seed })).estimate;
        if (!isOfAnySize(prior) || args.crop === undefined) {
          known.push(await recovered(prior, convolution({ inShape: shape, kernel })));
          continue;
        }
        // what lies outside a part is unknown: it is recovered, too, and left out
        const inShape = shapeBeforeBlur(shape, "valid", () => kernel.shape);
        const { prior: larger } = await openPrior("--prior", args.prior[at]!, inShape);
        known.push(
          middleOf(await recovered(larger, convolution({ inShape, kernel, boundary: "valid" })), kernel.shape),
        );
      }
      found[`${name}, known kernel`] = { images: joined(known), kernels };
      const { recoveries, kernels: own } = await blindDeconvolution(given, prior, kernel, {
        ...options,
        ...(args.restarts !== undefined && isLatent(prior) && { restarts: args.restarts }),
      });
      found[`${name}${BLIND}`] = { images: joined(recoveries.map(({ estimate }) => estimate)), kernels: own };
    }
    const rows = Object.entries({ blurred: { images: y, kernels }, ...found }).map(([name, pair]) => {
      const each = scores(pair);
      return {
        name,
        psnr: average(each.map((score) => score.psnr)),
        asIs: average(Array.from(meanSquaredErrors(truth, pair.images), (error) => psnr(error))),
        ...(pair.kernels !== kernels && { kernelError: average(each.map((score) => score.kernelError)) }),
        each,
      };
    });
    for (const { name, each } of rows) note(`${name}: ${each.map((score) => score.psnr.toFixed(1)).join(" ")}`);
    await mkdir(args.out, { recursive: true });
    const shown = Object.values(found).filter((pair) => pair.kernels !== kernels);
    const tiles = [
      ...[truth, y, ...Object.values(found).map(({ images }) => images)].flatMap((images) => pictures(images)),
      ...[kernels, ...shown.map((pair) => pair.kernels)].flatMap((own) => pictures(inTheMiddle(own, shape), "stretch")),
    ];
    const file = path.join(args.out, "blind.png");
    await writeAtomic(file, await encodePicture(grid(tiles, { columns: limit }), imageFormat(file)!));
    const titles = ["method", "mean PSNR", "without a shift", "kernel error"];
    const text = textTable(
      titles.map((title, i) => ({ title, align: i === 0 ? ("left" as const) : ("right" as const) })),
      rows.map(({ name, psnr, asIs, kernelError }) => [
        ...[name, psnr.toFixed(2), asIs.toFixed(2)],
        kernelError?.toFixed(2) ?? "",
      ]),
    );
    const [first, ...others] = rows.filter(({ name }) => name.endsWith(BLIND));
    const tests = others.map((other) => paired(first!, other));
    const told = [text, ...tests.map((test) => test.text)].join("\n\n");
    const data = { rows, paired: tests.map((test) => test.data) };
    if (args.starts === 0) return { text: told, data };
    const bound = rows[1]!.each.map((score) => score.psnr);
    const starts = await startsOf(
      args.starts,
      async (own) => {
        const single = { ...options, restarts: 1, seed: own };
        const { recoveries, kernels: made } = await blindDeconvolution(given, priors[0]!.prior, kernel, single);
        return scores({ images: joined(recoveries.map(({ estimate }) => estimate)), kernels: made }).map(
          ({ psnr }) => psnr,
        );
      },
      bound,
    );
    return { text: `${told}\n\n${starts.text}`, data: { ...data, starts: starts.data } };
  },
});

/** Whether its spec names a prior of images of another size, too. */
const isOfAnySize = (prior: Prior): boolean =>
  prior.kind === "penalty" || prior.kind === "method" || !isOfOneShape(prior);

/** Images [1, h, w] of which a kernel of these sides reaches only the middle: that. */
function middleOf(images: Floats, kernel: readonly number[]): Floats {
  const margins = kernel.map((side) => [side - 1 - Math.floor(side / 2), Math.floor(side / 2)] as const);
  const [[top, low], [left, right]] = margins as [readonly [number, number], readonly [number, number]];
  const [, h = 0, w = 0] = images.shape;
  const [height, width] = [h - top - low, w - left - right];
  const data = Float32Array.from({ length: height * width }, (_, at) =>
    images.get(0, top + Math.floor(at / width), left + (at % width)),
  );
  return fromHost(data, [1, height, width]);
}

const one = (batch: Floats, row: number): Floats => {
  const single = takeRows(batch, [row]);
  return fromHost(contiguous(single) as Float32Array, batch.shape.slice(1));
};

const joined = (batches: readonly Floats[]): Floats =>
  fromHost(Float32Array.from(batches.flatMap((batch) => [...(contiguous(batch) as Float32Array)])), [
    batches.length,
    ...batches[0]!.shape.slice(1),
  ]);

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
