import ndarray from "ndarray";
import { defineCommand } from "../../src/cli/command.ts";
import { outOption, requireWritable } from "../../src/cli/options.ts";
import { factLines, grouped, shapeText } from "../../src/cli/text.ts";
import { InputError, writeNpz } from "../../src/data/index.ts";
import { cifar10 } from "./images/cifar10.ts";
import { lfw } from "./images/lfw.ts";
import { quickdraw } from "./images/quickdraw.ts";

const sources = { cifar10, lfw, quickdraw };
type SourceName = keyof typeof sources;
const sourceNames = Object.keys(sources) as SourceName[];

/** Sets of images that are published in forms of their own, as .npz files that every command reads. */
export const images = defineCommand({
  usage: "images <set>",
  description: "Write a set of images as .npz, from an unpacked package.",
  examples: [
    ["npm run experiment -- images cifar10 --from package --grey -o cifar-grey.npz", "50 000 grey photographs"],
    ["npm run experiment -- images quickdraw --from package --test -o quickdraw-test.npz", "6900 drawings held out"],
  ],
  details: async () =>
    [
      "Sets, with the sizes of their two parts:",
      ...sourceNames.map((name) => `  ${name.padEnd(10)} ${sources[name].summary}`),
    ].join("\n"),
  options: (y) =>
    y
      .positional("set", { choices: sourceNames, demandOption: true, describe: "which images" })
      .option("from", {
        ...{ type: "string", demandOption: true, requiresArg: true },
        describe: "folder of the unpacked package",
      })
      .option("test", { type: "boolean", describe: "the part held out: the published one, or drawn by --seed" })
      .option("grey", { type: "boolean", describe: "colours as grey: .299 red + .587 green + .114 blue" })
      .option("out", outOption("file to write, .npz")),
  run: async ({ set, from, test = false, grey = false, out, force }, { seed, signal }) => {
    await requireWritable(out, force);
    const source = sources[set];
    if (grey && !source.colour) throw new InputError(`--grey: the images of ${set} are grey; leave it out`);
    const { images, labels } = await source.read(from, { test, grey, seed, signal });
    await writeNpz(out, { arrays: { data: images, ...(labels && { labels: ndarray(labels) }) }, metadata: undefined });
    const [count = 0, ...shape] = images.shape;
    return {
      text: factLines({
        wrote: `images ${out}`,
        images: `${grouped(count)} of ${shapeText(shape)}`,
        labels: labels ? "yes" : "none",
      }),
      data: { file: out, count, shape, labels: labels !== undefined },
    };
  },
});
