import path from "node:path";
import type { NdArray } from "ndarray";
import type { Method, Watch } from "../../compare/method.ts";
import type { RepresentationOptions } from "../../compare/representation.ts";
import { InputError } from "../../data/errors.ts";
import { isFolder } from "../../data/files.ts";
import { defineCommand } from "../command.ts";
import { settingsOf, sweptSettings } from "../compared-settings.ts";
import { signalsOf } from "../compared-signals.ts";
import { outOption, parseRange, requireFolder, requireInteger } from "../options.ts";
import { centred, centreOption, type OpenedMethod, openMethod, requireMeanShape } from "../recovering.ts";
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
      .option("out", outOption("folder to write the report to")),
  run: async (args, { seed, words, signal, progress, note }) => {
    requireInteger("limit", args.limit);
    requireInteger("from", args.from, 0);
    requireInteger("tune-count", args["tune-count"], 0);
    requireInteger("draws", args.draws);
    if (args.shuffle && args.from > 0)
      throw new InputError("--from: signals at random have no first one; leave it out");
    const wanted = [
      ...(args.prior ?? []).map((spec) => ({ option: "--prior" as const, spec })),
      ...(await baselineList(args.baselines)).map((spec) => ({ option: "--baselines" as const, spec })),
    ];
    if (wanted.length === 0) throw new InputError("compare: no method; give --prior or --baselines");
    const settings = sweptSettings(settingsOf(args));
    const folder = path.join(args.out, "cells");
    const instead = (await isFolder(folder)) ? "give --resume to go on from what an earlier run finished, " : "";
    await requireFolder(args.out, args.force || args.resume, instead);

    const { openDataset } = await import("../../data/dataset.ts");
    const dataset = await openDataset(args.data);
    const { openNoise, openOperator } = await import("../../measure/index.ts");
    const { shape } = dataset;
    for (const { operator, noise } of settings) {
      await openOperator(operator, { shape, seed }); // reports errors before anything is read
      await openNoise(noise);
    }
    if (args.lambda !== undefined && args.tune !== undefined) {
      throw new InputError("--tune: chooses λ on other signals, and --lambda auto without; give one of the two");
    }
    const automatic = args.lambda !== undefined;
    const { truth, tuning } = await signalsOf(dataset, args, automatic ? 0 : args["tune-count"], seed);
    const known = [truth, ...(tuning ? [tuning.signals] : [])];
    const range = args.range === undefined ? await unitRange(known) : parseRange(args.range);
    const { measuredIdentity, methodIdentity } = await import("../identities.ts");
    const priors: ((OpenedMethod & { readonly identity: string }) | Method)[] = [];
    for (const { option, spec } of wanted) {
      const identity = await methodIdentity({ spec, seed, automatic, centre: args.centre, tuning: tuning?.signals });
      const constant = await constantOf(spec, shape, identity);
      const opened = constant ? undefined : await openMethod(option, spec, shape);
      priors.push(constant ?? { ...opened!, identity, prior: await centred(opened!.prior, args.centre) });
    }
    const [library, { cellsIn, removeCells }, { methodOf }, { measure }, { chooseSolver, problemOf }] =
      await Promise.all([
        import("../../compare/compare.ts"),
        import("../../compare/cell-file.ts"),
        import("../../compare/method.ts"),
        import("../../measure/index.ts"),
        import("../../solve/index.ts"),
      ]);
    const options = {
      ...{ seed, signal, watch: progress },
      ...(tuning && { tuning: tuning.signals }),
      ...(automatic && { lambda: "auto" as const }),
    };
    const methods = priors.map((one) =>
      "prior" in one ? methodOf(one.title, one.prior, { ...options, ...one.named, identity: one.identity }) : one,
    );

    const started = performance.now();
    const problems = [];
    const measured: string[] = [];
    for (const setting of settings) {
      const draws = [];
      measured.push(await measuredIdentity(setting, seed, args.draws));
      for (let own = seed; own < seed + args.draws; own++) {
        const operator = await openOperator(setting.operator, { shape, seed: own });
        const { y, noise } = await measure(truth, operator, { noise: await openNoise(setting.noise), seed: own });
        draws.push(problemOf({ operator, y, noise, ...(range && { range }) }));
      }
      problems.push(draws);
    }
    const { comparisonText, noiseText } = await import("../../report/table.ts");
    const learned = priors.flatMap((one) => ("prior" in one ? [one] : []));
    for (const [problem] of problems) {
      for (const { prior, named } of learned)
        chooseSolver(prior, problem!, { name: named?.solver, withLambda: typeof named?.lambda === "number" }); // before anything is solved
    }
    if (!args.resume) await removeCells(folder);
    signal.addEventListener("abort", () => note("compare: repeat the command with --resume to go on"));
    const found = await library.compare({
      ...{ truth, problems, methods, seed, signal },
      cells: { store: cellsIn(folder, { resume: args.resume ?? false }), measured },
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

/**
 * The specs of --baselines. Commas separate baselines, and also the options of one baseline. A part key=value without a colon is an
 * option of the baseline before it. Errors (InputError): an option without a baseline before it.
 */
async function baselineList(text: string | undefined): Promise<readonly string[]> {
  if (text === undefined) return (await import("../../../priors/registry.ts")).defaultBaselines;
  if (text === "none") return [];
  const specs: string[] = [];
  for (const part of text.split(",").map((name) => name.trim())) {
    if (part === "") continue;
    if (!/^[^:]*=/.test(part)) {
      specs.push(part);
      continue;
    }
    const before = specs.pop();
    if (before === undefined) {
      throw new InputError(
        `--baselines: ${part} is an option without a baseline; write wavelet:${part}, or leave it out`,
      );
    }
    specs.push(`${before}${before.includes(":") ? "," : ":"}${part}`);
  }
  return specs;
}

/** The methods that ignore the measurements: `zero`, and `mean:X.npz`, the mean of a sketch. Undefined for another spec. */
async function constantOf(spec: string, shape: readonly number[], identity: string): Promise<Method | undefined> {
  if (spec !== "zero" && !spec.startsWith("mean:")) return undefined;
  const { constantMethod } = await import("../../compare/method.ts");
  if (spec === "zero") return constantMethod(spec, 0, identity);
  const [{ loadSketch }, { mean }] = await Promise.all([
    import("../../sketch/files.ts"),
    import("../../sketch/index.ts"),
  ]);
  const sketch = await loadSketch(spec.slice("mean:".length));
  requireMeanShape("--baselines", spec, sketch.design.shape, shape);
  return constantMethod("mean", mean(sketch), identity);
}

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

/** [0, 1], the range of pictures, if all signals lie in it. */
async function unitRange(signals: readonly NdArray<Float32Array>[]): Promise<readonly [0, 1] | undefined> {
  const { liesIn } = await import("../../data/range.ts");
  return signals.every((known) => liesIn(known, [0, 1])) ? [0, 1] : undefined;
}
