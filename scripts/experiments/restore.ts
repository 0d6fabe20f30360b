import { isPenalty } from "../../priors/registry.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { openPrior } from "../../src/cli/recovering.ts";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { readImage } from "../../src/data/image.ts";
import { imagesIn } from "../../src/data/images.ts";
import { clipped } from "../../src/data/range.ts";
import { measure, openOperator } from "../../src/measure/index.ts";
import { parseNoise } from "../../src/measure/noise/registry.ts";
import { recover } from "../../src/solve/index.ts";

/** λ of penalties are tried at these multiples of the given one, on the images of --tune. */
const FACTORS = [0.25, 0.5, 1, 2, 4];
/** Times that the grid goes on where its best is at an edge. */
const MOST_ROUNDS = 6;

/** PSNR of recoveries of whole images that may differ in size, for a folder of images: the figures of patch priors. */
export const restore = defineCommand({
  usage: "restore <images>",
  description: "Measure the images of a folder, recover each with every prior, and print PSNR (peak 1).",
  examples: [
    ["npm run experiment -- restore BSD68 --prior patches --noise gaussian:sigma=0.098", "denoising, σ = 25/255"],
    [
      "npm run experiment -- restore Set12 --prior patches --prior tv --tune Train400 --operator mask:keep=0.5 --noise gaussian:sigma=0.0001",
      "inpainting beside total variation, whose λ is chosen on four training images",
    ],
  ],
  options: (y) =>
    y
      .positional("images", { type: "string", demandOption: true, describe: "folder of images, of any sizes" })
      .option("prior", {
        ...{ type: "string", array: true, nargs: 1, demandOption: true },
        describe: "a prior's folder or a penalty; may be given again",
      })
      .option("operator", { type: "string", default: "identity", requiresArg: true, describe: "what is measured" })
      .option("noise", { type: "string", default: "gaussian:sigma=0.1", requiresArg: true, describe: "its noise" })
      .option("tune", {
        ...{ type: "string", requiresArg: true },
        describe:
          "folder of images that λ of penalties is chosen on; default: their own rule, which the table then shows without a λ",
      })
      .option("tune-count", { type: "number", default: 4, requiresArg: true, describe: "how many of them" })
      .option("limit", { type: "number", requiresArg: true, describe: "only so many images, spread over the folder" }),
  run: async (args, { seed, signal, progress, note }) => {
    requireInteger("tune-count", args["tune-count"]);
    if (args.limit !== undefined) requireInteger("limit", args.limit);
    const files = spread((await imagesIn(args.images)).here, args.limit);
    if (files.length === 0) throw new InputError(`${args.images}: holds no images`);
    const noise = parseNoise(args.noise);
    const problem = async (file: string, place: number) => {
      const { shape, data } = await readImage(file);
      const truth = fromHost(data, [1, ...shape]);
      const operator = await openOperator(args.operator, { shape, seed: seed + place });
      const measured = await measure(truth, operator, { noise, seed: seed + place });
      return { truth, given: { operator, y: measured.y, noise: measured.noise, range: [0, 1] as const } };
    };
    const psnr = async (name: string, file: string, place: number, lambda?: number, watched = {}) => {
      const { truth, given } = await problem(file, place);
      const shape = truth.shape.slice(1);
      const prior = (await openPrior("--prior", name, shape)).prior;
      const found = await recover(given, prior, { seed, signal, ...watched, ...(lambda !== undefined && { lambda }) });
      const x = clipped(found.estimate, [0, 1]);
      const mse = x.data.reduce((sum, v, i) => sum + (v - truth.data[i]!) ** 2, 0) / sizeOf(shape);
      return { psnr: -10 * Math.log10(mse), seconds: found.seconds, lambda: found.chosen.lambda };
    };
    const tuning = args.tune === undefined ? [] : spread((await imagesIn(args.tune)).here, args["tune-count"]);
    const chosen = async (name: string): Promise<number | undefined> => {
      if (tuning.length === 0 || !isPenalty(name)) return undefined;
      const first = (await psnr(name, tuning[0]!, 0)).lambda;
      const mean = async (lambda: number) => {
        let sum = 0;
        for (const [i, file] of tuning.entries()) sum += (await psnr(name, file, i, lambda)).psnr / tuning.length;
        return sum;
      };
      const tried = new Map<number, number>(); // mean PSNR by λ
      const best = () => [...tried.keys()].reduce((a, b) => (tried.get(b)! > tried.get(a)! ? b : a));
      for (const factor of FACTORS) tried.set(factor * (first as number), await mean(factor * (first as number)));
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const [low, high] = [Math.min(...tried.keys()), Math.max(...tried.keys())];
        if (best() > low && best() < high) return best();
        const next = best() === low ? low / 2 : high * 2;
        tried.set(next, await mean(next));
      }
      note(`${name}: λ = ${best().toPrecision(3)} may be at an edge of what was tried`);
      return best();
    };
    const rows: { prior: string; psnr: number[]; seconds: number[]; lambda?: number }[] = [];
    for (const name of args.prior) {
      const lambda = await chosen(name);
      const row = {
        prior: name,
        psnr: [] as number[],
        seconds: [] as number[],
        ...(lambda !== undefined && { lambda }),
      };
      for (const [i, file] of files.entries()) {
        const one = await progress(name, (onProgress) => psnr(name, file, i, lambda, { onProgress }));
        row.psnr.push(one.psnr);
        row.seconds.push(one.seconds);
        note(`${file}, ${name}: ${one.psnr.toFixed(2)} dB, ${one.seconds.toFixed(1)} s`);
      }
      rows.push(row);
    }
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const [{ psnr: ofFirst }] = rows as [(typeof rows)[number]];
    const behind = (all: readonly number[]) => mean(ofFirst.map((v, i) => v - all[i]!));
    const line = ({ prior, psnr: all, seconds, lambda }: (typeof rows)[number]) =>
      `| ${prior}${lambda === undefined ? "" : `, λ = ${lambda.toPrecision(3)}`} | ${mean(all).toFixed(2)} | ${behind(all).toFixed(2)} | ${median(seconds).toFixed(1)} |`;
    const head = [
      `| ${args.operator}, ${args.noise}, ${files.length} images | mean PSNR | seconds an image |`,
      "|---|--:|--:|",
    ];
    return { text: [...head, ...rows.map(line)].join("\n"), data: { images: files, rows } };
  },
});

/** `count` of some files, spread evenly; all if it is not given. */
function spread(files: readonly string[], count = files.length): readonly string[] {
  const step = Math.max(1, files.length / count);
  return files.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}
