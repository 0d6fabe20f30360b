import { InputError } from "../../data/errors.ts";
import { readNpz } from "../../data/npz-file.ts";
import type { Provenance } from "../../sketch/index.ts";
import { defineCommand, type Outcome } from "../command.ts";
import { reconstructionFacts, sketchFacts } from "../facts.ts";
import { outOption, requireWritable } from "../options.ts";
import { factLines } from "../text.ts";

export const merge = defineCommand({
  usage: "merge <parts..>",
  description: "Add sketches of one design, or put the parts of a reconstruction together.",
  examples: [
    [
      "sketchprior merge X1.npz X2.npz -o X.npz",
      "the sketch of both halves together, with the bits of one pass over all",
    ],
    ["sketchprior merge X1.npz X2.npz -o half.npz --partial", "of the first two of four parts, to be merged further"],
    ["sketchprior merge x1.npz x2.npz -o xhat.npz", "the signals of reconstruct --shard 1/2 and 2/2"],
  ],
  options: (y) =>
    y
      .positional("parts", {
        ...{ type: "string", demandOption: true },
        describe: "sketch files, all of one design, or all parts of one reconstruction, in any order",
      })
      .option("partial", { type: "boolean", describe: "sketches need not make up whole data sets" })
      .option("out", outOption("file to write the sum to, .npz")),
  details: async () =>
    "A part that would count twice, data of one name that differ, and missing parts are refused; --force " +
    "adds sketches all the same.",
  run: async (args) => {
    await requireWritable(args.out, args.force);
    const given = args.parts as unknown as [string, ...string[]];
    const { RECONSTRUCTION_FORMAT } = await import("../../compare/reconstruction.ts");
    if ((await readNpz(given[0])).metadata?.format === RECONSTRUCTION_FORMAT.format) {
      if (args.partial) throw new InputError("--partial: is for sketches; a reconstruction needs all its parts");
      return mergeParts(given, args.out);
    }
    const { loadSketch, saveSketch } = await import("../../sketch/files.ts");
    const { describeDifference, mergeSketches, missingRows, whyNotMerge } = await import("../../sketch/index.ts");
    const [firstFile, ...files] = given;
    const { arePrivate, mergePrivately } = await import("../private-sketching.ts");
    if (await arePrivate("merge", given)) return mergePrivately(given, args.out);
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

/** The parts that reconstruct --shard wrote, as one reconstruction. */
async function mergeParts(files: readonly string[], out: string): Promise<Outcome> {
  const { loadReconstruction, saveReconstruction } = await import("../../compare/reconstruction.ts");
  const { mergeReconstructions } = await import("../../compare/reconstruction-parts.ts");
  const parts = [];
  for (const file of files) parts.push({ file, made: await loadReconstruction(file) });
  const whole = mergeReconstructions(parts);
  await saveReconstruction(out, whole);
  const { words, data } = await reconstructionFacts(whole);
  return { text: factLines({ wrote: `reconstruction ${out}`, ...words }), data: { file: out, ...data } };
}
