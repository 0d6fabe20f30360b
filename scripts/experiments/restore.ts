import type { NdArray } from "ndarray";
import { isPenalty } from "../../priors/registry.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { openMethod, openPrior } from "../../src/cli/recovering.ts";
import { meanSquaredErrors, psnr } from "../../src/compare/metrics.ts";
import { fromHost, sameShape } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { type Image, readImage } from "../../src/data/image.ts";
import { imagesIn } from "../../src/data/images.ts";
import { median } from "../../src/data/vector.ts";
import { measure, openOperator } from "../../src/measure/index.ts";
import { parseNoise } from "../../src/measure/noise/registry.ts";
import { chooseSolver, type Problem, problemOf, recover, tuneLambda } from "../../src/solve/index.ts";

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
        describe:
          "a prior's folder, onnx:FILE or a penalty; :solver=NAME,key=value,… after it for a solver that is not its default; may be given again",
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
    const range = [0, 1] as const;
    const measured = async (truth: NdArray<Float32Array>, own: number): Promise<Problem> => {
      const operator = await openOperator(args.operator, { shape: truth.shape.slice(1), seed: own });
      const { y, noise: model } = await measure(truth, operator, { noise, seed: own });
      return problemOf({ operator, y, noise: model, range });
    };
    const tuning =
      args.tune === undefined ? undefined : await stacked(spread((await imagesIn(args.tune)).here, args["tune-count"]));
    /** λ of a penalty, chosen on the images of --tune. */
    const tuned = async (name: string) => {
      if (!tuning || !isPenalty(name)) return undefined;
      const problem = await measured(tuning, seed);
      const { prior } = await openPrior("--prior", name, tuning.shape.slice(1));
      const solver = chooseSolver(prior, problem, { withLambda: true });
      const { lambda, warnings } = await progress(name, (onProgress) =>
        tuneLambda(solver, problem, prior, tuning, { seed, signal, onProgress }),
      );
      for (const warning of warnings) note(`${name}: ${warning}`);
      return lambda;
    };
    const rows: Row[] = [];
    for (const name of args.prior) {
      const lambda = await tuned(name);
      const decibels: number[] = [];
      const seconds: number[] = [];
      for (const [i, file] of files.entries()) {
        const truth = await stacked([file]);
        const problem = await measured(truth, seed + i);
        const { prior, named } = await openMethod("--prior", name, problem.shape);
        const found = await progress(name, (onProgress) =>
          recover(problem, prior, { seed, signal, onProgress, ...named, ...(lambda !== undefined && { lambda }) }),
        );
        decibels.push(psnr(meanSquaredErrors(truth, found.estimate)[0]!));
        seconds.push(found.seconds);
        note(`${file}, ${name}: ${decibels.at(-1)!.toFixed(2)} dB, ${found.seconds.toFixed(1)} s`);
      }
      rows.push({ prior: name, psnr: decibels, seconds, ...(lambda !== undefined && { lambda }) });
    }
    const line = ({ prior, psnr: own, seconds, lambda }: Row) => {
      const behind = meanOf(rows[0]!.psnr) - meanOf(own);
      const title = lambda === undefined ? prior : `${prior}, λ = ${lambda.toPrecision(3)}`;
      return `| ${title} | ${meanOf(own).toFixed(2)} | ${behind.toFixed(2)} | ${median(seconds).toFixed(1)} |`;
    };
    const head = [
      `| ${args.operator}, ${args.noise}, ${files.length} images | mean PSNR | behind the first | median seconds |`,
      "|---|--:|--:|--:|",
    ];
    return { text: [...head, ...rows.map(line)].join("\n"), data: { images: files, rows } };
  },
});

interface Row {
  readonly prior: string;
  /** Of every image, in decibel. */
  readonly psnr: readonly number[];
  readonly seconds: readonly number[];
  readonly lambda?: number;
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Images of one size, [n, ...shape]. Errors (InputError): another size than the first. */
async function stacked(files: readonly string[]): Promise<NdArray<Float32Array>> {
  const images: Image[] = [];
  for (const file of files) images.push(await readImage(file));
  const { shape } = images[0]!;
  const other = images.findIndex((image) => !sameShape(image.shape, shape));
  if (other >= 0)
    throw new InputError(`--tune: ${files[other]} has another size than ${files[0]}; give images of one size`);
  return fromHost(Float32Array.from(images.flatMap(({ data }) => [...data])), [files.length, ...shape]);
}

/** `count` of some files, spread evenly; all if it is not given. */
function spread(files: readonly string[], count = files.length): readonly string[] {
  const step = Math.max(1, files.length / count);
  return files.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}
