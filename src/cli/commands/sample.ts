import { InputError } from "../../data/errors.ts";
import { defineCommand } from "../command.ts";
import { outOption, requireWhole, requireWritable } from "../options.ts";
import { shapeText } from "../text.ts";

export const sample = defineCommand({
  usage: "sample <prior>",
  description: "Draw signals from a generator prior: an image grid (.png) or the numbers (.npy).",
  examples: [["sketchprior sample prior/ -n 64 -o samples.png", "64 images in a grid"]],
  options: (y) =>
    y
      .positional("prior", { type: "string", demandOption: true, describe: "prior folder" })
      .option("count", { alias: "n", type: "number", default: 64, requiresArg: true, describe: "signals to draw" })
      .option("columns", { type: "number", requiresArg: true, describe: "images a row; default: a square grid" })
      .option("out", outOption("file to write, .png or .npy")),
  run: async (args, { seed }) => {
    requireWhole("count", args.count);
    if (args.columns !== undefined) requireWhole("columns", args.columns);
    const kind = /\.(png|npy)$/i.exec(args.out)?.[1]?.toLowerCase();
    if (kind === undefined) throw new InputError(`--out: expected a name that ends in .png or .npy, got "${args.out}"`);
    await requireWritable(args.out);
    const [{ loadPrior }, { drawSamples }, { isPictureShape, gridPng }, { encodeNpy }, { writeAtomic }] =
      await Promise.all([
        import("../../../priors/load.ts"),
        import("../../../priors/samples.ts"),
        import("../../report/png.ts"),
        import("../../data/npy.ts"),
        import("../../data/files.ts"),
      ]);
    const prior = await loadPrior(args.prior);
    if (kind === "png" && !isPictureShape(prior.shape)) {
      throw new InputError(
        `--out: signals of shape ${shapeText(prior.shape)} are no images; write a .npy file instead`,
      );
    }
    const signals = await drawSamples(prior, args.count, seed);
    const grid = args.columns === undefined ? {} : { columns: args.columns };
    await writeAtomic(args.out, kind === "png" ? gridPng(signals, grid) : encodeNpy(signals));
    return {
      text: `wrote ${args.count} signals of ${shapeText(prior.shape)} to ${args.out}`,
      data: { file: args.out, count: args.count, shape: prior.shape, seed },
    };
  },
});
