import type { NdArray } from "ndarray";
import type { Method } from "../../compare/method.ts";
import { InputError } from "../../data/errors.ts";
import type { Dataset } from "../../data/rows.ts";
import { defineCommand } from "../command.ts";
import { noiseFact, noiseWords, settingsOf } from "../compared-settings.ts";
import { type SignalArgs, signalsOf } from "../compared-signals.ts";
import { outOption, parseRange, requireFolder, requireInteger } from "../options.ts";
import { centred, centreOption, type OpenedMethod, openMethod, requireMeanShape } from "../recovering.ts";
import { secondsText, shapeText } from "../text.ts";

export const compare = defineCommand({
  usage: "compare <data>",
  description: "Measure signals, recover them with a prior and with baselines, and write a report.",
  examples: [
    [
      "sketchprior compare mnist:test --prior prior/ --operator gaussian:m=25 --operator gaussian:m=50 -o report/",
      "20 digits, four methods, two operators: report/index.html, report.json, report.csv",
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
    const { describeOpenPenalties } = await import("../../solve/penalised/open-penalty.ts");
    const { describeSolvers } = await import("../../solve/index.ts");
    return [describeOpenPenalties(), describeSolvers(), describeOpenOperators(), describeNoises()].join("\n\n");
  },
  options: (y) =>
    y
      .positional("data", { type: "string", demandOption: true, describe: "data set: a name or a path" })
      .option("operator", {
        ...{ type: "string", array: true, nargs: 1, demandOption: true },
        describe: "what is measured, name:key=value,…; may be given again",
      })
      .option("prior", {
        type: "string",
        array: true,
        nargs: 1,
        describe:
          "prior folder; :solver=NAME,key=value,… after it for a solver that is not its default, with its options and lambda; " +
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
          "noise of the measurements: a standard deviation, or name:key=value,…, see below; once for all operators, or once " +
          "for each --operator in their order",
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
      .option("out", outOption("folder to write the report to")),
  run: async (args, { seed, signal, progress, note }) => {
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
    const settings = settingsOf(args);
    await requireFolder(args.out, args.force);

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
    const priors: (OpenedMethod | Method)[] = [];
    for (const { option, spec } of wanted) {
      const constant = await constantOf(spec, shape);
      const opened = constant ? undefined : await openMethod(option, spec, shape);
      priors.push(constant ?? { ...opened!, prior: await centred(opened!.prior, args.centre) });
    }
    const [library, { methodOf }, { measure }, { chooseSolver, problemOf }] = await Promise.all([
      import("../../compare/compare.ts"),
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
      "prior" in one ? methodOf(one.title, one.prior, { ...options, ...one.named }) : one,
    );

    const started = performance.now();
    const problems = [];
    for (const setting of settings) {
      const draws = [];
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
    const table = await library.compare({
      ...{ truth, problems, methods, seed, signal },
      onRow: (row) => {
        const about = `${row.operator}, noise ${noiseText(row)}, ${row.method}`;
        note(`${about}: ${row.mse.toPrecision(3)}`);
        for (const warning of row.warnings) note(`warning: ${about}: ${warning}`);
      },
    });
    const { writeReport } = await import("../../report/write.ts");
    const { reportJson } = await import("../../report/data.ts");
    const about = aboutReport(dataset, args, seed, methods, learned, { tuned: tuning?.what, automatic, range });
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
async function constantOf(spec: string, shape: readonly number[]): Promise<Method | undefined> {
  if (spec !== "zero" && !spec.startsWith("mean:")) return undefined;
  const { constantMethod } = await import("../../compare/method.ts");
  if (spec === "zero") return constantMethod(spec, 0);
  const [{ loadSketch }, { mean }] = await Promise.all([
    import("../../sketch/files.ts"),
    import("../../sketch/index.ts"),
  ]);
  const sketch = await loadSketch(spec.slice("mean:".length));
  requireMeanShape("--baselines", spec, sketch.design.shape, shape);
  return constantMethod("mean", mean(sketch));
}

interface CompareArgs extends SignalArgs {
  readonly operator: readonly string[];
  readonly noise: readonly string[];
  readonly draws: number;
  readonly centre: string | undefined;
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

function aboutReport(
  dataset: Dataset,
  args: CompareArgs,
  seed: number,
  methods: readonly Method[],
  learned: readonly OpenedMethod[],
  {
    tuned,
    automatic,
    range,
  }: { tuned: string | undefined; automatic: boolean; range: readonly [number, number] | undefined },
) {
  const last = Math.min(dataset.count, args.from + args.limit) - 1;
  const count = args.shuffle ? args.limit : last - args.from + 1;
  const trained = learned.filter(({ about }) => about !== undefined);
  const namesOf = (data: boolean) =>
    [...new Set(trained.filter(({ fromData = false }) => fromData === data).map(({ name }) => name))].join(", ");
  const [bySketch, byData] = [namesOf(false), namesOf(true)];
  const every = learned.some(({ named }) => named?.lambda !== undefined) ? "Every λ that no name gives" : "Every λ";
  const which = args.shuffle ? `${args.limit} at random` : `signals ${args.from} to ${last}`;
  const settings = settingsOf(args);
  const priors = trained.map(({ name, about }) => [`prior ${name}`, about]);
  return {
    title: `${count} signals of ${dataset.name} recovered from few measurements`,
    paragraphs: [
      `${count} signals of ${shapeText(dataset.shape)} were measured by ${args.operator.length} operator${args.operator.length > 1 ? "s" : ""}` +
        `${noiseWords(settings)}, and recovered by ` +
        `${methods.map(({ name }) => name).join("; ")} from the same measurements` +
        `${args.draws > 1 ? `, in ${args.draws} draws of each operator and its noise` : ""}.`,
      ...(bySketch ? [`${bySketch}: learned from a sketch of the training data alone, not from the data.`] : []),
      ...(byData ? [`${byData}: trained on the training data themselves, in full.`] : []),
      tuned === undefined
        ? `${every} was ${automatic ? "chosen from the reported measurements themselves, without the truth" : "the default"}.`
        : `${every} was chosen for each operator on ${tuned}, none of which is reported here.`,
    ],
    facts: {
      data: `${dataset.name}, ${which}`,
      draws: args.draws,
      ...(args.centre !== undefined && { "penalties about": `the mean of ${args.centre}` }),
      operators: args.operator.join("; "),
      noise: noiseFact(settings),
      ...Object.fromEntries(priors),
      "estimates keep to": range ? `[${range.join(", ")}]` : "nothing",
      "λ chosen on": tuned ?? (automatic ? "the measurements themselves" : "nothing: defaults"),
      seed,
    },
    sketches: Object.fromEntries(learned.flatMap(({ name, sketch }) => (sketch ? [[name, sketch]] : []))),
  };
}
