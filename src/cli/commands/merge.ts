import { InputError } from "../../data/errors.ts";
import { defineCommand } from "../command.ts";
import { sketchFacts } from "../facts.ts";
import { outOption, requireWritable } from "../options.ts";
import { factLines } from "../text.ts";

export const merge = defineCommand({
  usage: "merge <sketches..>",
  description: "Add sketches of one design to the sketch of all their data.",
  examples: [["sketchprior merge X1.npz X2.npz -o X.npz", "the sketch of both halves together"]],
  options: (y) =>
    y
      .positional("sketches", {
        ...{ type: "string", demandOption: true },
        describe: "sketch files, all of one design",
      })
      .option("out", outOption("file to write the sum to, .npz")),
  run: async (args) => {
    await requireWritable(args.out, args.force);
    const { loadSketch, saveSketch } = await import("../../sketch/files.ts");
    const { describeDifference, mergeSketches } = await import("../../sketch/index.ts");
    const [firstFile, ...files] = args.sketches as unknown as [string, ...string[]];
    let merged = await loadSketch(firstFile);
    for (const file of files) {
      const next = await loadSketch(file);
      const difference = describeDifference(merged.design, next.design);
      if (difference !== "") {
        throw new InputError(
          `merge: ${firstFile} and ${file} are of different designs (${difference}); make both with --design`,
        );
      }
      merged = mergeSketches(merged, next);
    }
    await saveSketch(args.out, merged);
    const { data, words } = await sketchFacts(merged);
    return { text: factLines({ wrote: `sketch ${args.out}`, ...words }), data: { file: args.out, ...data } };
  },
});
