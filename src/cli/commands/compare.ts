import path from "node:path";
import type { NdArray } from "ndarray";
import type { Watch } from "../../compare/method.ts";
import type { RepresentationOptions } from "../../compare/representation.ts";
import { InputError } from "../../data/errors.ts";
import { isFolder } from "../../data/files.ts";
import { defineCommand } from "../command.ts";
import { cellsOf, openComparison } from "../opened-comparison.ts";
import { outOption, requireFolder } from "../options.ts";
import { centreOption, type OpenedMethod } from "../recovering.ts";
import { shardOption } from "../sharding.ts";
import { secondsText } from "../text.ts";

export const compare = defineCommand({
  usage: "compare <data>",
  description: "Measure signals, recover them with a prior and with baselines, and write a report.",
  examples: [
    [
      "sketchprior compare mnist:test --prior prior/ --operator gaussian:m=10,25,50,100 --noise 0.01,0.1 -o report/",
      "20 digits, four numbers of measurements with two noises each: report/index.html, report.json, report.csv",
    ],
    [
      "sketchprior compare mnist:test --prior prior/ --operator gaussian:m=10,25,50,100 --noise 0.01,0.1 -o report/ --resume",
      "the same again after it was stopped, without what was finished",
    ],
    [
      "sketchprior compare mnist:test --operator gaussian:m=100 --noise 0.01 --operator blur --noise poisson:peak=30 -o report/",
      "each operator with its own noise",
    ],
    [
      "sketchprior compare mnist:test --prior prior/ --prior prior/:solver=csgm --operator gaussian:m=25 -o report/",
      "one prior with two solvers",
    ],
  ],
  details: async () => {
    const { describeNoises, describeOpenOperators } = await import("../../measure/index.ts");
    const { describeOpenBaselines } = await import("../open-baseline.ts");
    const { describeSolvers } = await import("../../solve/index.ts");
    return [describeOpenBaselines(), describeSolvers(), describeOpenOperators(), describeNoises()].join("\n\n");
  },
  options: (y) =>
    y
      .positional("data", { type: "string", demandOption: true, describe: "data set: a name or a path" })
      .option("operator", {
        ...{ type: "string", array: true, nargs: 1, demandOption: true },
        describe:
          "what is measured, name:key=value,…; numbers may be several, m=10,25,50, each an operator of its own; may be given again",
      })
      .option("prior", {
        type: "string",
        array: true,
        nargs: 1,
        describe:
          "prior folder, or onnx:FILE, a generator or a denoiser of your own; :solver=NAME,key=value,… after it for a solver that is not its default, with its options and lambda; " +
          "may be given again",
      })
      .option("baselines", {
        ...{ type: "string", requiresArg: true, defaultDescription: "those compared by default, see below" },
        describe:
          "baselines to compare with, or none. gaussian:X.npz is the Gaussian of a sketch; mean:X.npz, the mean of a sketch, " +
          "and zero ignore the measurements",
      })
      .option("noise", {
        ...{ type: "string", array: true, nargs: 1, default: ["0"], defaultDescription: "none" },
        describe:
          "noise of the measurements: a standard deviation, or name:key=value,…, see below; numbers may be several, 0.01,0.1; once " +
          "for all operators, or once for each --operator in their order",
      })
      .option("draws", {
        ...{ type: "number", default: 1, requiresArg: true },
        describe: "draws of every operator and its noise; intervals and tests are over draws and signals",
      })
      .option("limit", { type: "number", default: 20, requiresArg: true, describe: "number of signals" })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "first signal, counted from 0" })
      .option("shuffle", {
        type: "boolean",
        describe: "take signals at random (drawn by --seed), not in order from --from on",
      })
      .option("tune", {
        ...{ type: "string", requiresArg: true },
        defaultDescription: "NAME of a NAME:test; else signals of the data that are not reported",
        describe: "data set whose first signals choose every method's λ",
      })
      .option("tune-count", {
        ...{ type: "number", default: 10, requiresArg: true },
        describe: "signals to choose λ on; 0 for fixed defaults",
      })
      .option("lambda", {
        ...{ type: "string", choices: ["auto"], requiresArg: true, defaultDescription: "chosen on the tuning signals" },
        describe: "auto: every method's λ from the measurements alone, without tuning signals",
      })
      .option("centre", centreOption)
      .option("range", {
        ...{ type: "string", requiresArg: true, defaultDescription: "0,1 where all signals lie in it" },
        describe: "range of the values that signals can have; every estimate keeps to it; or none",
      })
      .option("representation", {
        type: "boolean",
        describe: "also find how near the signals themselves G(z) of a generator can come: a descent more for each",
      })
      .option("resume", {
        type: "boolean",
        describe: "take what an earlier run finished from --out, and compute the rest",
      })
      .option("shard", shardOption("results, each of one method on one problem; it writes no report, --merge does"))
      .option("merge", {
        type: "boolean",
        describe:
          "write the report of what every --shard of the same command has computed, and refuse if some is missing",
      })
      .option("out", outOption("folder to write the report to")),
  run: async (args, { seed, words, signal, progress, note }) => {
    const folder = path.join(args.out, "cells");
    if (args.shard !== undefined && args.merge) {
      throw new InputError("--merge: puts together what every --shard computed; give one of the two");
    }
    const shared = args.shard !== undefined || Boolean(args.merge);
    const instead = (await isFolder(folder)) ? "give --resume to go on from what an earlier run finished, " : "";
    await requireFolder(args.out, args.force || args.resume || shared, instead);
    const opened = await openComparison(args, { seed, signal, progress });
    const { dataset, truth, tuning, range, learned, methods, automatic } = opened;
    const [library, { cellsIn, removeCells }] = await Promise.all([
      import("../../compare/compare.ts"),
      import("../../compare/cell-file.ts"),
    ]);
    const started = performance.now();
    if (!args.resume && !shared) await removeCells(folder);
    signal.addEventListener("abort", () => note("compare: repeat the command with --resume to go on"));
    const store = cellsIn(folder, { resume: Boolean(args.resume || args.merge) });
    const options = { ...opened, seed, signal, cells: { store, measured: opened.measured } };
    if (args.shard !== undefined) {
      const { from, to } = cellsOf(opened, args.shard);
      await library.compareShare(options, { from, to }, (name, reused) =>
        note(`${name}${reused ? ", finished before" : ""}`),
      );
      const seconds = (performance.now() - started) / 1000;
      const cells = library.cellCount(opened);
      return {
        text: `wrote ${to - from} of ${cells} results in ${folder} in ${secondsText(seconds)}`,
        data: { folder, from, to, cells, seconds },
      };
    }
    const missing = args.merge ? await library.missingCells(options) : [];
    if (missing.length > 0) {
      throw new InputError(`--merge: ${folder} lacks ${missing.join("; ")}; the --shard that has it computes it`);
    }
    const { comparisonText, noiseText } = await import("../../report/table.ts");
    const found = await library.compare({
      ...options,
      onRow: (row, reused) => {
        const about = `${row.operator}, noise ${noiseText(row)}, ${row.method}`;
        note(`${about}: ${row.mse.toPrecision(3)}${reused ? ", finished before" : ""}`);
        for (const warning of row.warnings) note(`warning: ${about}: ${warning}`);
      },
    });
    const representation = args.representation
      ? await representationOf(learned, truth, { seed, signal, watch: progress, ...(range && { range }) })
      : undefined;
    const table = { ...found, ...(representation && { representation }) };
    const { writeReport } = await import("../../report/write.ts");
    const { reportJson } = await import("../../report/data.ts");
    const { aboutReport } = await import("../compared-about.ts");
    const about = aboutReport(dataset, args, seed, methods, learned, {
      tuned: tuning?.what,
      automatic,
      range,
      reused: table.reused,
      words,
    });
    signal.throwIfAborted();
    const files = await writeReport(args.out, table, about);
    const seconds = (performance.now() - started) / 1000;
    return {
      text: `${comparisonText(table)}${learnedText(learned)}\n\nwrote ${files[0]} in ${secondsText(seconds)}`,
      data: { files, seconds, ...reportJson(table, about) },
    };
  },
});

/** The representation errors of the methods that are generators, by their titles. */
async function representationOf(
  methods: readonly OpenedMethod[],
  truth: NdArray<Float32Array>,
  { watch, ...options }: Omit<RepresentationOptions, "onProgress"> & { readonly watch: Watch },
): Promise<Readonly<Record<string, readonly number[]>>> {
  const { representationErrors } = await import("../../compare/representation.ts");
  const found: Record<string, readonly number[]> = {};
  for (const { prior, title } of methods) {
    if (prior.kind !== "generator") continue;
    const errors = await watch(`${title}, representation`, (onProgress) =>
      representationErrors(prior, truth, { ...options, onProgress }),
    );
    found[title] = [...errors];
  }
  return found;
}

/** What was learned from which sketch, and its size: a line for each such method, under the table. */
function learnedText(priors: readonly OpenedMethod[]): string {
  const lines = [...new Set(priors.flatMap(({ name, about }) => (about === undefined ? [] : [`${name}: ${about}`])))];
  return lines.length > 0 ? `\n\n${lines.join("\n")}` : "";
}
