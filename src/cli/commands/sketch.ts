import { type Dataset, firstRows, type Range } from "../../data/rows.ts";
import type { SketchDesign } from "../../sketch/index.ts";
import { type Context, defineCommand } from "../command.ts";
import {
  type DataArgs,
  type DesignArgs,
  dataArguments,
  designOf,
  designOptions,
  requireNoDesignOptions,
  type Sketched,
  seedDetails,
  sketchedOf,
} from "../designing.ts";
import { scaleFacts, sizeText, sketchFacts } from "../facts.ts";
import { type LossyArgs, requireLossyDesign } from "../lossy-design.ts";
import { outOption, requireInteger, requireNonNegative, requireWritable } from "../options.ts";
import type { PairArgs } from "../pair-design.ts";
import { isPrivate, privateOptions, sketchPrivately } from "../private-sketching.ts";
import { piecesOf, shardOption } from "../sharding.ts";
import { factLines, secondsText } from "../text.ts";

export const sketch = defineCommand({
  usage: "sketch [data..]",
  description: "Make a sketch of data in one pass.",
  examples: [
    ["sketchprior sketch mnist -o X.npz", "60 000 digits become one file of moments"],
    ["sketchprior sketch mnist --by-label --sketch-size 1M -o X.npz", "moments in cells, for a mixture prior"],
    ["sketchprior sketch photos.npz --windows 8 -o X.npz", "moments of windows, for a prior of windows"],
    [
      "sketchprior sketch patches:photos/ -o P.npz",
      "all 8 × 8 patches of a folder of images, for a prior of images of any size; patches:photos/:side=6,stride=2",
    ],
    [
      "sketchprior sketch patches:photos/:stride=2 --denoiser patches/ --sigma 0.1 -o N.npz",
      "sums for a denoiser, by train N.npz; again with that denoiser for its next stage",
    ],
    [
      "sketchprior sketch mnist --through mask:keep=.2 -o A.npz",
      "of images of which each shows a fifth of its pixels; then again with --cells-of the prior of A.npz",
    ],
    ["sketchprior sketch mnist --design D.npz --shard 1/4 -o X1.npz", "the first quarter, to be merged later"],
    ["sketchprior sketch a.npy b.npy --by-label -o X.npz --resume", "go on after an interruption, with the same bits"],
    [
      "sketchprior sketch mnist --labels 10 --epsilon 1 --delta 1e-5 --clip 5 -o P.npz",
      "a private sketch: noise on every sum",
    ],
    [
      "sketchprior sketch images.npz --by-label --features onnx:features.onnx -o X.npz",
      "moments of the features of a network of yours, for a generator",
    ],
    ["sketchprior sketch - --shape 28,28 -o X.npz < numbers.f32", "float32 numbers from standard input"],
  ],
  details: seedDetails,
  options: (y) =>
    privateOptions(designOptions(dataArguments(y).option("out", outOption("file to write the sketch to, .npz"))))
      .option("design", { type: "string", requiresArg: true, describe: "use the design in this file" })
      .option("shard", shardOption("blocks"))
      .option("limit", { type: "number", requiresArg: true, describe: "sketch only this many samples, the first ones" })
      .option("resume", { type: "boolean", describe: "go on from the checkpoint beside --out, if there is one" })
      .option("checkpoint-every", {
        ...{ type: "number", requiresArg: true, defaultDescription: "30" },
        describe: "seconds between checkpoints, which --resume goes on from",
      }),
  run: async (args, context) => {
    const { progress, signal, note } = context;
    await requireWritable(args.out, args.force);
    if (isPrivate(args)) return sketchPrivately(args, context);
    const checkpoint = `${args.out.replace(/\.npz$/i, "")}.checkpoint.npz`;
    if (!args.resume) await requireWritable(checkpoint, args.force, "give --resume to go on from it, or ");
    const every = args["checkpoint-every"] ?? 30;
    requireNonNegative("checkpoint-every", every);
    const { removeCheckpoint, saveSketch, sketchResumably } = await import("../../sketch/files.ts");
    const { whole, dataset, design } = await sketchOf(args, context);
    const range = args.shard === undefined ? undefined : rangeOf(dataset, design.block, args.shard);
    signal.addEventListener("abort", () => note(`sketch: repeat the command with --resume to go on`));
    const started = performance.now();
    const made = await progress("sketch", (onProgress) =>
      sketchResumably(dataset, design, checkpoint, {
        ...(range && { range }),
        ...{ signal, resume: args.resume ?? false, checkpointSeconds: every },
        onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }),
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    await saveSketch(args.out, made);
    await removeCheckpoint(checkpoint);
    const { data, words } = await sketchFacts(made, whole);
    const scale = await scaleFacts(made);
    return {
      text: factLines({
        wrote: `sketch ${args.out}, ${await sizeText(args.out)}`,
        ...{ ...words, ...scale.words },
        time: secondsText(seconds),
      }),
      data: { file: args.out, ...data, ...scale.data, seconds },
    };
  },
});

/** What a command line of `sketch` says of its data and design. */
export interface SketchArgs extends DataArgs, DesignArgs, LossyArgs {
  readonly limit: number | undefined;
  readonly design: string | undefined;
}

/** The data set, the samples of it that are sketched, and their design: read, or learned from them. */
export async function sketchOf(
  args: SketchArgs,
  context: Pick<Context, "progress" | "signal">,
): Promise<{ readonly whole: Dataset; readonly dataset: Dataset; readonly design: SketchDesign }> {
  if (args.design !== undefined) requireNoDesignOptions(args);
  const { loadDesign } = await import("../../sketch/files.ts");
  const given = args.design === undefined ? undefined : await loadDesign(args.design);
  const { dataset: whole, ...source } = await sourceOf({ ...args, signal: context.signal }, given);
  if (given) requireLossyDesign(given, source.lossy);
  const dataset = limited(whole, args.limit);
  return { whole, dataset, design: given ?? (await designOf({ dataset, ...source }, args, context)) };
}

/** What is sketched: of a design of pairs, those of the patches that are given. */
async function sourceOf(args: DataArgs & PairArgs & LossyArgs, design: SketchDesign | undefined): Promise<Sketched> {
  if (!design?.families.some(({ kind }) => kind === "paired-moments")) return sketchedOf(args);
  const { pairsOfDesign } = await import("../pair-design.ts");
  return { dataset: (await pairsOfDesign(args.data, design, args.signal))! };
}

/** The samples that `--limit` leaves. */
function limited(dataset: Dataset, limit: number | undefined): Dataset {
  if (limit === undefined) return dataset;
  requireInteger("limit", limit);
  return limit < dataset.count ? firstRows(dataset, limit) : dataset;
}

/** The rows of part i of n: whole blocks, about as many in each part. */
export function rangeOf({ count, name }: Dataset, block: number, shard: string): Range {
  const blocks = Math.ceil(count / block);
  const { from, to } = piecesOf(
    shard,
    blocks,
    (parts) =>
      `${name} has ${count} samples, which are ${blocks} blocks of ${block} that are summed together: at most ${blocks} parts; ` +
      `give fewer, or a design with --block ${Math.max(1, Math.floor(count / parts))} or less`,
  );
  return { from: from * block, to: Math.min(count, to * block) };
}
