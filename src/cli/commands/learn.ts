import { fromHost, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { suggestion } from "../../data/nearest.ts";
import type { Learned } from "../../learn/index.ts";
import type { ImageFormat } from "../../report/image-file.ts";
import { defineCommand } from "../command.ts";
import { outOption, requireAbsent, requireInteger, requireWritable } from "../options.ts";
import { factLines, secondsText, shapeText } from "../text.ts";

export const learn = defineCommand({
  usage: "learn <task> <sketch>",
  description: "Learn centres, Gaussians, principal or independent components, or subspaces from a sketch alone.",
  examples: [
    ["sketchprior learn kmeans X.npz -k 10 -o c.npz", "ten centres and their weights"],
    ["sketchprior learn kmeans X.npz -k 10 -o c.npz --picture c.png", "and, of images, a picture of them"],
    ["sketchprior learn pca X.npz -k 20 -o p.npz", "the mean and the leading principal components"],
    ["sketchprior learn subspaces X.npz -k 5 --rank 3 -o s.npz", "five affine subspaces of three dimensions"],
  ],
  details: async () => {
    const { taskNames, tasks } = await import("../../learn/index.ts");
    return ["Tasks:", ...taskNames.map((name) => `  ${name.padEnd(11)} ${tasks[name].summary}`)].join("\n");
  },
  options: (y) =>
    y
      .positional("task", {
        type: "string",
        demandOption: true,
        describe: "what to learn: kmeans, gmm, pca, ica or subspaces",
      })
      .positional("sketch", { type: "string", demandOption: true, describe: "sketch file, .npz" })
      .option("components", {
        ...{ alias: "k", type: "number", requiresArg: true, defaultDescription: "of pca and ica: all" },
        describe: "centres, Gaussians, components or subspaces",
      })
      .option("rank", { ...{ type: "number", requiresArg: true }, describe: "of subspaces: their dimension" })
      .option("restarts", {
        ...{ type: "number", requiresArg: true, defaultDescription: "3, of ica 10, of subspaces 20" },
        describe:
          "most searches from other places; the best is kept; one that fits to the noise is the last, or of subspaces the third that ends alike",
      })
      .option("picture", {
        ...{ type: "string", requiresArg: true },
        describe:
          "of images: picture of the centres, means, components or directions to write (.png, .jpg, .tiff, .webp)",
      })
      .option("out", outOption("file to write, .npz")),
  run: async (args, { seed, signal, progress }) => {
    const { learn: run, saveLearned, taskNames, tasks } = await import("../../learn/index.ts");
    const task = taskNames.find((name) => name === args.task);
    if (!task) throw new InputError(`learn: unknown task "${args.task}"; ${suggestion(args.task, taskNames)}`);
    const { components: k, rank, restarts } = args;
    if (k !== undefined) requireInteger("components", k);
    if (rank !== undefined) requireInteger("rank", rank);
    if (restarts !== undefined) requireInteger("restarts", restarts);
    if (task !== "subspaces") requireAbsent(args, ["rank"], `${task} learns no subspaces; leave it out`);
    if (!tasks[task].restarts)
      requireAbsent(args, ["restarts"], `${task} has one solution and searches nothing; leave it out`);
    if (!/\.npz$/i.test(args.out)) throw new InputError(`--out: expected a name that ends in .npz, got "${args.out}"`);
    await requireWritable(args.out, args.force);
    const format = args.picture === undefined ? undefined : await pictureFormat(args.picture, args.force);
    const { loadSketch } = await import("../../sketch/files.ts");
    const sketch = await loadSketch(args.sketch);
    if (format) await requireImages(sketch.design.shape);
    const started = performance.now();
    const learned = await progress(`learn ${task}`, (onProgress) =>
      run(task, sketch, {
        ...{
          seed,
          ...(k !== undefined && { k }),
          ...(rank !== undefined && { rank }),
          ...(restarts !== undefined && { restarts }),
        },
        signal,
        onRound: (step, maxSteps, objective) => onProgress({ step, maxSteps, objective }),
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    const { picture } = args;
    await saveLearned(args.out, task, learned, sketch, seed);
    if (picture !== undefined && format) await writePicture(picture, format, learned, sketch.design.shape);
    return {
      text: factLines({ wrote: args.out, picture, ...learned.words, time: secondsText(seconds) }),
      data: { file: args.out, task, ...learned.data, seed, seconds, ...(picture !== undefined && { picture }) },
    };
  },
});

/** The format of a picture that can be written. Errors (InputError). */
async function pictureFormat(picture: string, force: boolean | undefined): Promise<ImageFormat> {
  const { imageFormat, imageFormats } = await import("../../report/image-file.ts");
  const format = imageFormat(picture);
  if (!format) {
    throw new InputError(`--picture: expected a name that ends in ${imageFormats.join(", ")}, got "${picture}"`);
  }
  await requireWritable(picture, force);
  return format;
}

async function requireImages(shape: readonly number[]): Promise<void> {
  const { isPictureShape } = await import("../../report/picture.ts");
  if (isPictureShape(shape)) return;
  throw new InputError(`--picture: samples of shape ${shapeText(shape)} are no images; leave it out`);
}

/** What was learned as a grid of images; of several arrays, a row for each of the K. Directions are shown each in grey levels of its own. */
async function writePicture(
  file: string,
  format: ImageFormat,
  { arrays, shown }: Learned,
  shape: readonly number[],
): Promise<void> {
  const { encodePicture } = await import("../../report/image-file.ts");
  const { greyRange, grid, pictures } = await import("../../report/picture.ts");
  const { writeAtomic } = await import("../../data/files.ts");
  const lists = shown.map(({ name, directions }) => {
    const array = arrays[name]!;
    const images = fromHost(array.data, [array.size / sizeOf(shape), ...shape]);
    return pictures(images, directions ? "stretch" : greyRange(images));
  });
  const count = arrays[shown[0]!.name]!.shape[0]!;
  const rows = Array.from({ length: count }, (_, k) =>
    lists.flatMap((list) => list.slice((k * list.length) / count, ((k + 1) * list.length) / count)),
  );
  const picture = grid(rows.flat(), lists.length > 1 ? { columns: rows[0]!.length } : {});
  await writeAtomic(file, await encodePicture(picture, format));
}
