import { InputError } from "../../data/errors.ts";
import { defineCommand } from "../command.ts";
import { outOption, requireInteger, requireWritable } from "../options.ts";
import { counted, shapeText } from "../text.ts";

export const sample = defineCommand({
  usage: "sample <prior>",
  description: "Draw signals from a prior: a picture, or numbers (.npy; .npz with their labels).",
  examples: [
    ["sketchprior sample prior/ -n 64 -o samples.png", "64 images in a grid"],
    [
      "sketchprior sample digits/ -n 1000 -o samples.npz",
      "data [1000, 28, 28] and, of a prior by label, labels [1000]",
    ],
  ],
  options: (y) =>
    y
      .positional("prior", {
        type: "string",
        demandOption: true,
        describe: "prior folder, or onnx:FILE, your own generator",
      })
      .option("count", { alias: "n", type: "number", default: 64, requiresArg: true, describe: "signals to draw" })
      .option("columns", { type: "number", requiresArg: true, describe: "images a row; default: a square grid" })
      .option("label", {
        ...{ type: "number", requiresArg: true, defaultDescription: "drawn by their probabilities" },
        describe: "the label of all signals, of a prior by label",
      })
      .option("no-residual", {
        type: "boolean",
        describe: "draw G(z) alone, without the Gaussian residual that recovery adds to it",
      })
      .option("out", outOption("file to write: an image (.png, .jpg, .tiff, .webp), .npy or .npz")),
  run: async (args, { seed }) => {
    requireInteger("count", args.count);
    if (args.columns !== undefined) requireInteger("columns", args.columns);
    const { encodePicture, imageFormat, imageFormats } = await import("../../report/image-file.ts");
    const image = imageFormat(args.out);
    const array = /\.np[yz]$/i.exec(args.out)?.[0].toLowerCase();
    if (!image && !array) {
      const ends = [...imageFormats, ".npy"].join(", ");
      throw new InputError(`--out: expected a name that ends in ${ends} or .npz, got "${args.out}"`);
    }
    await requireWritable(args.out, args.force);
    const [
      { loadDrawable },
      { drawLabelled, withoutResidual },
      { grid, isPictureShape, pictures },
      { encodeNpy },
      { encodeNpz },
      { writeAtomic },
    ] = await Promise.all([
      import("../prior-folder.ts"),
      import("../../../priors/samples.ts"),
      import("../../report/picture.ts"),
      import("../../data/npy.ts"),
      import("../../data/npz.ts"),
      import("../../data/files.ts"),
    ]);
    const prior = await loadDrawable(args.prior);
    if (image && !isPictureShape(prior.shape)) {
      throw new InputError(
        `--out: signals of shape ${shapeText(prior.shape)} are no images; write a .npy file instead`,
      );
    }
    const { signals, labels } = await drawLabelled(
      args["no-residual"] ? withoutResidual(prior) : prior,
      args.count,
      seed,
      args.label,
    );
    const columns = args.columns === undefined ? {} : { columns: args.columns };
    const bytes = image
      ? await encodePicture(grid(pictures(signals), columns), image)
      : array === ".npy"
        ? encodeNpy(signals)
        : encodeNpz({ arrays: { data: signals, ...(labels && { labels }) }, metadata: undefined });
    await writeAtomic(args.out, bytes);
    return {
      text: `wrote ${counted(args.count, "signal")} of ${shapeText(prior.shape)} to ${args.out}`,
      data: { file: args.out, count: args.count, shape: prior.shape, seed },
    };
  },
});
