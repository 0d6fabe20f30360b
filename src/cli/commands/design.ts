import { defineCommand } from "../command.ts";
import { dataArguments, designOf, designOptions, seedDetails, sketchedOf } from "../designing.ts";
import { designFacts } from "../facts.ts";
import { outOption, requireWritable } from "../options.ts";
import { factLines } from "../text.ts";

export const design = defineCommand({
  usage: "design [data..]",
  description: "Make a design. Machines that share it make sketches that can be merged.",
  examples: [["sketchprior design mnist -o D.npz", "4096 frequencies for 28×28 digits, scales from the first 5000"]],
  details: seedDetails,
  options: (y) => designOptions(dataArguments(y).option("out", outOption("file to write the design to, .npz"))),
  run: async (args, context) => {
    await requireWritable(args.out, args.force);
    const sketched = await sketchedOf({ ...args, signal: context.signal });
    const { saveDesign } = await import("../../sketch/files.ts");
    const made = await designOf(sketched, args, context);
    await saveDesign(args.out, made);
    const { data, words } = await designFacts(made);
    return { text: factLines({ wrote: `design ${args.out}`, ...words }), data: { file: args.out, ...data } };
  },
});
