import path from "node:path";
import { defineCommand } from "../command.ts";
import { dataArguments, datasetOf } from "../designing.ts";
import { measurementFacts } from "../facts.ts";
import { outOption, requireInteger, requireWritable } from "../options.ts";
import { firstRows } from "../signals.ts";
import { factLines } from "../text.ts";

export const measure = defineCommand({
  usage: "measure <data..>",
  description: "Measure signals with a forward operator and noise.",
  examples: [
    ["sketchprior measure mnist:test --operator gaussian:m=100 --noise 0.1 -o y.npz", "10 digits, 100 numbers each"],
    [
      "sketchprior measure mnist:test --operator mask:block=10 --from 50 --limit 5 -o y.npz",
      "digits 50 to 54 with a hole",
    ],
    [
      "sketchprior measure mnist:test --operator blur --noise poisson:peak=30 --noise poisson:peak=100 -o y.npz",
      "a sweep: y-1.npz and y-2.npz",
    ],
    [
      "sketchprior measure x.npy --shape 28,28 --operator matrix:file=A.npy --noise gaussian:snr=30 -o y.npz",
      "your own signals and matrix",
    ],
  ],
  details: async () => {
    const { describeNoises, describeOpenOperators } = await import("../../measure/index.ts");
    return `${describeOpenOperators()}\n\n${describeNoises()}`;
  },
  options: (y) =>
    dataArguments(y)
      .option("operator", {
        ...{ type: "string", array: true, nargs: 1, demandOption: true },
        describe: "what is measured, name:key=value,…, see below; given again, each makes a file",
      })
      .option("noise", {
        ...{ type: "string", array: true, nargs: 1, default: ["0"], defaultDescription: "none" },
        describe:
          "a noise model, see below, or the standard deviation of Gaussian noise; given again, each makes a file",
      })
      .option("limit", { type: "number", default: 10, requiresArg: true, describe: "number of signals" })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "first signal, counted from 0" })
      .option("out", outOption("file to write the measurements to, .npz; of several: y-1.npz, y-2.npz, …")),
  run: async (args, { seed }) => {
    requireInteger("limit", args.limit);
    requireInteger("from", args.from, 0);
    const pairs = args.operator.flatMap((operator) => args.noise.map((noise) => ({ operator, noise })));
    const files = pairs.map((_, i) => (pairs.length === 1 ? args.out : numbered(args.out, i + 1)));
    for (const file of files) await requireWritable(file, args.force);
    const library = await import("../../measure/index.ts");
    const dataset = await datasetOf(args);
    const { shape } = dataset;
    const problems = [];
    for (const { operator, noise } of pairs) {
      const opened = await library.openOperator(operator, { shape, seed });
      problems.push({ operator: opened, noise: await library.openNoise(noise) });
    }
    const signals = await firstRows(dataset, args.from, args.limit);
    const measured = [];
    for (const { operator, noise } of problems)
      measured.push(await library.measure(signals, operator, { noise, seed }));
    const made = [];
    for (const [i, measurements] of measured.entries()) {
      const file = files[i]!;
      await library.saveMeasurements(file, measurements);
      const { words, data } = measurementFacts(measurements);
      made.push({ text: factLines({ wrote: `measurements ${file}`, ...words }), data: { file, ...data } });
    }
    if (made.length === 1) return made[0]!;
    return { text: made.map(({ text }) => text).join("\n\n"), data: { files: made.map(({ data }) => data) } };
  },
});

/** y.npz as y-2.npz */
function numbered(file: string, number: number): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-${number}${ext}`);
}
