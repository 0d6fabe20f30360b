import { defineCommand } from "../command.ts";
import { measurementFacts } from "../facts.ts";
import { outOption, requireInteger, requireNonNegative, requireWritable } from "../options.ts";
import { firstRows } from "../signals.ts";
import { factLines } from "../text.ts";

export const measure = defineCommand({
  usage: "measure <data>",
  description: "Measure signals with a forward operator and Gaussian noise.",
  examples: [
    ["sketchprior measure mnist:test --operator gaussian:m=100 --noise 0.1 -o y.npz", "10 digits, 100 numbers each"],
    [
      "sketchprior measure mnist:test --operator mask:block=10 --from 50 --limit 5 -o y.npz",
      "digits 50 to 54 with a hole",
    ],
  ],
  details: async () => (await import("../../../operators/registry.ts")).describeOperators(),
  options: (y) =>
    y
      .positional("data", { type: "string", demandOption: true, describe: "data set: a name or a path" })
      .option("operator", {
        ...{ type: "string", demandOption: true, requiresArg: true },
        describe: "what is measured: name:key=value,…; see below",
      })
      .option("noise", {
        ...{ type: "number", default: 0, requiresArg: true },
        describe: "standard deviation of the noise of each measurement",
      })
      .option("limit", { type: "number", default: 10, requiresArg: true, describe: "number of signals" })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "first signal, counted from 0" })
      .option("out", outOption("file to write the measurements to, .npz")),
  run: async (args, { seed }) => {
    requireInteger("limit", args.limit);
    requireInteger("from", args.from, 0);
    requireNonNegative("noise", args.noise);
    await requireWritable(args.out, args.force);
    const { openDataset } = await import("../../data/dataset.ts");
    const dataset = await openDataset(args.data);
    const { parseOperator } = await import("../../../operators/registry.ts");
    const operator = parseOperator(args.operator, dataset.shape, seed);
    const library = await import("../../measure/index.ts");
    const signals = await firstRows(dataset, args.from, args.limit);
    const made = await library.measure(signals, operator, { noise: args.noise, seed });
    await library.saveMeasurements(args.out, made);
    const { words, data } = measurementFacts(made);
    return { text: factLines({ wrote: `measurements ${args.out}`, ...words }), data: { file: args.out, ...data } };
  },
});
