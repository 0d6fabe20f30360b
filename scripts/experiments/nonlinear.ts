import type { NdArray } from "ndarray";
import { type LinearOperator, requireLinear } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { numberList, requireInteger } from "../../src/cli/options.ts";
import { openMethod } from "../../src/cli/recovering.ts";
import { meanSquaredErrors } from "../../src/compare/metrics.ts";
import { fromHost } from "../../src/data/array.ts";
import { openDataset, readRows } from "../../src/data/index.ts";
import { median } from "../../src/data/vector.ts";
import { measure } from "../../src/measure/index.ts";
import { short, textTable } from "../../src/report/table.ts";
import { recover } from "../../src/solve/index.ts";
import { amplitudeFlow } from "./simple/amplitude-flow.ts";
import { backProjection, binaryThresholding } from "./simple/binary-iht.ts";

type Signals = NdArray<Float32Array>;
type Simple = (a: LinearOperator, y: Signals) => Promise<Signals>;

/** Mean number of pixels of a training digit that are not black. */
const LIT = 150;

const simple: { readonly [measured: string]: { readonly [method: string]: Simple } } = {
  magnitude: { "amplitude flow": amplitudeFlow },
  sign: {
    "back-projection": backProjection,
    "binary thresholding": (a, y) => binaryThresholding(a, y, LIT),
  },
};

/** One way to recover from one kind of measurement: the errors of all digits. */
interface Row {
  readonly operator: string;
  readonly method: string;
  readonly errors: readonly number[];
}

export const nonlinear = defineCommand({
  usage: "nonlinear",
  description:
    "Phase retrieval and 1-bit measurements of test digits by learned priors, beside simple methods that know no prior.",
  examples: [["npm run experiment -- nonlinear --prior mixture --prior vae", "moduli and signs of random projections"]],
  options: (y) =>
    y
      .option("prior", {
        type: "string",
        array: true,
        nargs: 1,
        demandOption: true,
        describe: "a prior's folder; may be given again",
      })
      .option("limit", { type: "number", default: 10, requiresArg: true, describe: "test digits" })
      .option("moduli", { type: "string", default: "200,400,1600", requiresArg: true, describe: "numbers of moduli" })
      .option("signs", { type: "string", default: "200,400,1600", requiresArg: true, describe: "numbers of signs" }),
  run: async (args, { seed, signal, note }) => {
    requireInteger("limit", args.limit);
    const truth = await readRows(await openDataset("mnist:test"), 0, args.limit);
    const shape = truth.shape.slice(1);
    const rows: Row[] = [];
    const counts = { magnitude: numberList("moduli", args.moduli), sign: numberList("signs", args.signs) };
    for (const [kind, sizes] of Object.entries(counts)) {
      for (const m of sizes) {
        const spec = `${kind}*gaussian:m=${m}`;
        const operator = parseOperator(spec, shape, seed);
        const { y } = await measure(truth, operator, { noise: 0, seed });
        const add = (method: string, estimate: Signals) => {
          const found = kind === "sign" ? rescaled(estimate, truth) : estimate;
          rows.push({ operator: spec, method, errors: [...meanSquaredErrors(truth, found)] });
          note(line(rows.at(-1)!).join("  "));
        };
        const a = requireLinear("nonlinear", parseOperator(`gaussian:m=${m}`, shape, seed));
        for (const [method, run] of Object.entries(simple[kind]!)) add(method, await run(a, y));
        for (const name of args.prior) {
          const { prior, named } = await openMethod("--prior", name, shape);
          add(
            name,
            (await recover({ operator, y, noise: 0, range: [0, 1] }, prior, { seed, signal, ...named })).estimate,
          );
        }
      }
    }
    const columns = ["operator", "method", "mean error", "median"].map((title) => ({ title }));
    return { text: textTable(columns, rows.map(line)), data: { limit: args.limit, rows } };
  },
});

/** Each estimate times the number that brings it nearest to its truth: signs tell no size. */
function rescaled(estimate: Signals, truth: Signals): Signals {
  const signals = truth.shape[0]!;
  const width = truth.size / signals;
  const out = Float32Array.from(estimate.data);
  for (let from = 0; from < out.length; from += width) {
    let [along, own] = [0, 0];
    for (let p = from; p < from + width; p++) {
      along += out[p]! * truth.data[p]!;
      own += out[p]! ** 2;
    }
    for (let p = from; p < from + width; p++) out[p]! *= own > 0 ? along / own : 0;
  }
  return fromHost(out, truth.shape);
}

const line = ({ operator, method, errors }: Row): string[] => {
  const mean = errors.reduce((sum, v) => sum + v, 0) / errors.length;
  return [operator, method, short(mean, 3), short(median(errors), 3)];
};
