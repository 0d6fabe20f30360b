import { InputError } from "../../data/errors.ts";
import type { Provenance } from "../../sketch/index.ts";
import { defineCommand } from "../command.ts";
import { sketchFacts } from "../facts.ts";
import { outOption, requireWritable } from "../options.ts";
import { factLines } from "../text.ts";

export const merge = defineCommand({
  usage: "merge <sketches..>",
  description: "Add sketches of one design to the sketch of all their data.",
  examples: [
    [
      "sketchprior merge X1.npz X2.npz -o X.npz",
      "the sketch of both halves together, with the bits of one pass over all",
    ],
    ["sketchprior merge X1.npz X2.npz -o half.npz --partial", "of the first two of four parts, to be merged further"],
  ],
  options: (y) =>
    y
      .positional("sketches", {
        ...{ type: "string", demandOption: true },
        describe: "sketch files, all of one design, in any order",
      })
      .option("partial", { type: "boolean", describe: "the parts need not make up whole data sets" })
      .option("out", outOption("file to write the sum to, .npz")),
  details: async () =>
    "A part that would count twice, data of one name that differ, and missing parts are refused; --force adds them all the same.",
  run: async (args) => {
    await requireWritable(args.out, args.force);
    const { loadSketch, saveSketch } = await import("../../sketch/files.ts");
    const { describeDifference, mergeSketches, missingRows, whyNotMerge } = await import("../../sketch/index.ts");
    const [firstFile, ...files] = args.sketches as unknown as [string, ...string[]];
    const { arePrivate, mergePrivately } = await import("../private-sketching.ts");
    if (await arePrivate("merge", [firstFile, ...files])) return mergePrivately([firstFile, ...files], args.out);
    let merged = await loadSketch(firstFile);
    const parts: [file: string, provenance: Provenance | undefined][] = [[firstFile, merged.provenance]];
    for (const file of files) {
      const next = await loadSketch(file);
      const difference = describeDifference(merged.design, next.design);
      if (difference !== "") {
        throw new InputError(
          `merge: ${firstFile} and ${file} are of different designs (${difference}); make both with --design`,
        );
      }
      for (const [other, provenance] of parts) {
        const reason = !args.force && provenance && next.provenance && whyNotMerge(provenance, next.provenance);
        if (reason) throw new InputError(`merge: ${other} and ${file} ${reason}; leave one out, or give --force`);
      }
      parts.push([file, next.provenance]);
      merged = mergeSketches(merged, next);
    }
    const missing = !args.force && !args.partial && merged.provenance && missingRows(merged.provenance);
    if (missing) {
      throw new InputError(`merge: no part holds ${missing}; add what is missing, or give --partial to merge these`);
    }
    await saveSketch(args.out, merged);
    const { data, words } = await sketchFacts(merged);
    return { text: factLines({ wrote: `sketch ${args.out}`, ...words }), data: { file: args.out, ...data } };
  },
});
