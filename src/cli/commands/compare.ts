import type { NdArray } from "ndarray";
import { sameShape } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { Dataset } from "../../data/rows.ts";
import { defineCommand } from "../command.ts";
import { outOption, parseRange, requireFolder, requireInteger } from "../options.ts";
import { type OpenedPrior, openPrior } from "../recovering.ts";
import { firstRows } from "../signals.ts";
import { secondsText, shapeText } from "../text.ts";

export const compare = defineCommand({
  usage: "compare <data>",
  description: "Measure signals, recover them with a prior and with baselines, and write a report.",
  examples: [
    [
      "sketchprior compare mnist:test --prior prior/ --operator gaussian:m=25 --operator gaussian:m=50 -o report/",
      "20 digits, four methods, two operators: report/index.html, report.json, report.csv",
    ],
  ],
  details: async () => {
    const { describeNoises, describeOpenOperators } = await import("../../measure/index.ts");
    const { describePenalties } = await import("../../../priors/registry.ts");
    return [describeOpenOperators(), describeNoises(), describePenalties()].join("\n\n");
  },
  options: (y) =>
    y
      .positional("data", { type: "string", demandOption: true, describe: "data set: a name or a path" })
      .option("operator", {
        ...{ type: "string", array: true, nargs: 1, demandOption: true },
        describe: "what is measured, name:key=value,…; may be given again",
      })
      .option("prior", { type: "string", array: true, nargs: 1, describe: "prior folder; may be given again" })
      .option("baselines", {
        ...{ type: "string", requiresArg: true, defaultDescription: "those compared by default, see below" },
        describe: "baselines to compare with, gaussian:X.npz for the Gaussian of a sketch among them; or none",
      })
      .option("noise", {
        ...{ type: "string", default: "0", requiresArg: true },
        describe: "noise of the measurements: a standard deviation, or name:key=value,…; see below",
      })
      .option("limit", { type: "number", default: 20, requiresArg: true, describe: "number of signals" })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "first signal, counted from 0" })
      .option("tune", {
        ...{ type: "string", requiresArg: true, defaultDescription: "the signals after the reported ones" },
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
      .option("range", {
        ...{ type: "string", requiresArg: true, defaultDescription: "0,1 where all signals lie in it" },
        describe: "values that signals can have, which every estimate keeps to; or none",
      })
      .option("out", outOption("folder to write the report to")),
  run: async (args, { seed, signal, progress, note }) => {
    requireInteger("limit", args.limit);
    requireInteger("from", args.from, 0);
    requireInteger("tune-count", args["tune-count"], 0);
    const wanted = [
      ...(args.prior ?? []).map((spec) => ({ option: "--prior" as const, spec })),
      ...(await baselineList(args.baselines)).map((spec) => ({ option: "--baselines" as const, spec })),
    ];
    if (wanted.length === 0) throw new InputError("compare: no method; give --prior or --baselines");
    await requireFolder(args.out, args.force);

    const { openDataset } = await import("../../data/dataset.ts");
    const dataset = await openDataset(args.data);
    const { openOperator } = await import("../../measure/index.ts");
    const operators = [];
    for (const spec of args.operator) operators.push(await openOperator(spec, { shape: dataset.shape, seed }));
    const truth = await firstRows(dataset, args.from, args.limit);
    if (args.lambda !== undefined && args.tune !== undefined) {
      throw new InputError("--tune: chooses λ on other signals, and --lambda auto without; give one of the two");
    }
    const automatic = args.lambda !== undefined;
    const tuning = automatic ? undefined : await tuningSignals(dataset, args);
    const known = [truth, ...(tuning ? [tuning.signals] : [])];
    const range = args.range === undefined ? await unitRange(known) : parseRange(args.range);
    const priors: OpenedPrior[] = [];
    for (const { option, spec } of wanted) priors.push(await openPrior(option, spec, dataset.shape));
    const [library, { methodOf }, { measure, openNoise }, { problemOf }] = await Promise.all([
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
    const methods = priors.map(({ name, prior }) => methodOf(name, prior, options));

    const started = performance.now();
    const problems = [];
    for (const operator of operators) {
      const { y, noise } = await measure(truth, operator, { noise: await openNoise(args.noise), seed });
      problems.push(problemOf({ operator, y, noise, ...(range && { range }) }));
    }
    const table = await library.compare({
      ...{ truth, problems, methods, seed, signal },
      onRow: ({ operator, method, mse }) => note(`${operator}, ${method}: ${mse.toPrecision(3)}`),
    });
    const { writeReport } = await import("../../report/write.ts");
    const { comparisonText } = await import("../../report/table.ts");
    const { reportJson } = await import("../../report/data.ts");
    const about = aboutReport(dataset, args, seed, priors, { tuned: tuning?.what, automatic, range });
    signal.throwIfAborted();
    const files = await writeReport(args.out, table, about);
    const seconds = (performance.now() - started) / 1000;
    return {
      text: `${comparisonText(table)}\n\nwrote ${files[0]} in ${secondsText(seconds)}`,
      data: { files, seconds, ...reportJson(table, about) },
    };
  },
});

/**
 * The specs of --baselines. Commas part them, and also the options of one: a part key=value without a colon is an option of the
 * baseline before it. Errors (InputError): one that has no baseline before it.
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

interface CompareArgs {
  readonly data: string;
  readonly operator: readonly string[];
  readonly noise: string;
  readonly limit: number;
  readonly from: number;
  readonly tune: string | undefined;
  readonly "tune-count": number;
}

interface Tuning {
  readonly signals: NdArray<Float32Array>;
  readonly what: string;
}

/** Signals to choose λ on, none of which is reported. */
async function tuningSignals(dataset: Dataset, args: CompareArgs): Promise<Tuning | undefined> {
  const count = args["tune-count"];
  if (count === 0) return undefined;
  if (args.tune === undefined) {
    const from = args.from + args.limit;
    if (from + count > dataset.count) {
      throw new InputError(
        `--tune: ${dataset.name} has no ${count} signals after the reported ones to choose λ on; name another data set, ` +
          "or give --tune-count 0",
      );
    }
    return {
      signals: await firstRows(dataset, from, count),
      what: `signals ${from} to ${from + count - 1} of ${dataset.name}`,
    };
  }
  const { openDataset } = await import("../../data/dataset.ts");
  const other = await openDataset(args.tune);
  if (!sameShape(other.shape, dataset.shape)) {
    throw new InputError(
      `--tune: ${other.name} holds signals of [${other.shape.join(", ")}], those of ${dataset.name} are [${dataset.shape.join(", ")}]`,
    );
  }
  if (other.name === dataset.name && args.from < count) {
    throw new InputError(
      `--tune: the first ${count} signals of ${other.name} are among the reported ones; leave --tune out`,
    );
  }
  const signals = await firstRows(other, 0, count);
  return { signals, what: `the first ${signals.shape[0]} signals of ${other.name}` };
}

/** [0, 1] where all signals lie in it: the range of pictures. */
async function unitRange(signals: readonly NdArray<Float32Array>[]): Promise<readonly [0, 1] | undefined> {
  const { liesIn } = await import("../../data/range.ts");
  return signals.every((known) => liesIn(known, [0, 1])) ? [0, 1] : undefined;
}

function aboutReport(
  dataset: Dataset,
  args: CompareArgs,
  seed: number,
  methods: readonly OpenedPrior[],
  {
    tuned,
    automatic,
    range,
  }: { tuned: string | undefined; automatic: boolean; range: readonly [number, number] | undefined },
) {
  const last = Math.min(dataset.count, args.from + args.limit) - 1;
  const count = last - args.from + 1;
  const trained = methods.flatMap(({ name, about }) => (about ? [{ name, about }] : []));
  const priors = trained.map(({ name, about }) => [`prior ${name}`, about]);
  return {
    title: `${count} signals of ${dataset.name} recovered from few measurements`,
    paragraphs: [
      `${count} signals of ${shapeText(dataset.shape)} were measured by ${args.operator.length} operator${args.operator.length > 1 ? "s" : ""}` +
        `${args.noise === "0" ? " without noise" : ` with the noise ${args.noise}`}, and recovered by ` +
        `${methods.map(({ name }) => name).join(", ")} from the same measurements.`,
      ...(trained.length > 0
        ? [
            `${trained.map(({ name }) => name).join(", ")}: learned from a sketch of the training data alone, not from the data.`,
          ]
        : []),
      tuned === undefined
        ? `Every λ was ${automatic ? "chosen from the reported measurements themselves, without the truth" : "the default"}.`
        : `Every λ was chosen for each operator on ${tuned}, none of which is reported here.`,
    ],
    facts: {
      data: `${dataset.name}, signals ${args.from} to ${last}`,
      operators: args.operator.join("; "),
      noise: args.noise,
      ...Object.fromEntries(priors),
      "estimates keep to": range ? `[${range.join(", ")}]` : "nothing",
      "λ chosen on": tuned ?? (automatic ? "the measurements themselves" : "nothing: defaults"),
      seed,
    },
  };
}
