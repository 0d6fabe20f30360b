import { InputError } from "../../data/errors.ts";
import { defineCommand } from "../command.ts";
import { outOption, requireInteger, requireWritable } from "../options.ts";
import { shapeText } from "../text.ts";

export const sample = defineCommand({
  usage: "sample <prior>",
  description: "Draw signals from a prior: an image grid (.png), or numbers (.npy; .npz with their labels).",
  examples: [
    ["sketchprior sample prior/ -n 64 -o samples.png", "64 images in a grid"],
    [
      "sketchprior sample digits/ -n 1000 -o samples.npz",
      "data [1000, 28, 28] and, of a prior by label, labels [1000]",
    ],
  ],
  options: (y) =>
    y
      .positional("prior", { type: "string", demandOption: true, describe: "prior folder" })
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
      .option("out", outOption("file to write, .png, .npy or .npz")),
  run: async (args, { seed }) => {
    requireInteger("count", args.count);
    if (args.columns !== undefined) requireInteger("columns", args.columns);
    const kind = /\.(png|npy|npz)$/i.exec(args.out)?.[1]?.toLowerCase();
    if (kind === undefined) {
      throw new InputError(`--out: expected a name that ends in .png, .npy or .npz, got "${args.out}"`);
    }
    await requireWritable(args.out, args.force);
    const [
      { loadPrior },
      { drawLabelled, withoutResidual },
      { isPictureShape, gridPng },
      { encodeNpy },
      { encodeNpz },
      { writeAtomic },
    ] = await Promise.all([
      import("../../../priors/load.ts"),
      import("../../../priors/samples.ts"),
      import("../../report/png.ts"),
      import("../../data/npy.ts"),
      import("../../data/npz.ts"),
      import("../../data/files.ts"),
    ]);
    const prior = await loadPrior(args.prior);
    if (kind === "png" && !isPictureShape(prior.shape)) {
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
    const grid = args.columns === undefined ? {} : { columns: args.columns };
    const content = {
      png: () => gridPng(signals, grid),
      npy: () => encodeNpy(signals),
      npz: () => encodeNpz({ arrays: { data: signals, ...(labels && { labels }) }, metadata: undefined }),
    }[kind as "png" | "npy" | "npz"];
    await writeAtomic(args.out, content());
    return {
      text: `wrote ${args.count} signals of ${shapeText(prior.shape)} to ${args.out}`,
      data: { file: args.out, count: args.count, shape: prior.shape, seed },
    };
  },
});
