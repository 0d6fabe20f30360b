import { InputError } from "../../data/errors.ts";
import { defineCommand } from "../command.ts";
import { sketchFacts } from "../facts.ts";
import { outOption, requireWritable } from "../options.ts";
import { factLines } from "../text.ts";

export const subtract = defineCommand({
  usage: "subtract <whole> <parts..>",
  description: "Forget a part of the data: take the sketch of that part out of the sketch of the whole.",
  examples: [["sketchprior subtract X.npz X2.npz -o rest.npz", "the sketch of the data of X without those of X2"]],
  options: (y) =>
    y
      .positional("whole", { type: "string", demandOption: true, describe: "sketch file" })
      .positional("parts", {
        ...{ type: "string", demandOption: true },
        describe: "sketch files of parts of its data, of the same design",
      })
      .option("out", outOption("file to write what is left to, .npz")),
  run: async (args) => {
    await requireWritable(args.out, args.force);
    const { arePrivate } = await import("../private-sketching.ts");
    if (await arePrivate("subtract", [args.whole, ...(args.parts as unknown as readonly string[])])) {
      throw new InputError(
        "subtract: a private sketch stays as it was released: taking a part out would give back nothing of what was spent, " +
          "and its noise would count twice; to forget people, sketch the others again, which spends anew",
      );
    }
    const { loadSketch, saveSketch } = await import("../../sketch/files.ts");
    const { describeDifference, subtractSketch, whyNotSubtract } = await import("../../sketch/index.ts");
    let left = await loadSketch(args.whole);
    for (const file of args.parts as unknown as readonly string[]) {
      const part = await loadSketch(file);
      const difference = describeDifference(left.design, part.design);
      if (difference !== "") {
        throw new InputError(
          `subtract: ${args.whole} and ${file} are of different designs (${difference}); one is no part of the other`,
        );
      }
      const { provenance } = part;
      const reason =
        !args.force && left.provenance && provenance && whyNotSubtract(left.provenance, provenance, left.design.block);
      if (reason) {
        throw new InputError(
          `subtract: ${file} is no part of ${args.whole}: ${reason}; subtract only what was added and is still there, or give --force`,
        );
      }
      left = subtractSketch(left, part, { foreign: args.force ?? false });
    }
    await saveSketch(args.out, left);
    const { data, words } = await sketchFacts(left);
    return { text: factLines({ wrote: `sketch ${args.out}`, ...words }), data: { file: args.out, ...data } };
  },
});
