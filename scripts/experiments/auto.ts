import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { NdArray } from "ndarray";
import { parseOperator } from "../../operators/registry.ts";
import { mixturePrior, trainMixture } from "../../priors/mixture/index.ts";
import type { Prior } from "../../priors/prior.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { meanSquaredErrors } from "../../src/compare/metrics.ts";
import { openDataset, readRows, writeAtomic } from "../../src/data/index.ts";
import { measure } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { textTable } from "../../src/report/table.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";
import { estimateSigma, type Problem, problemOf, recover } from "../../src/solve/index.ts";
import { repeatRows } from "../../src/solve/rows.ts";

const OPERATORS = [
  "gaussian:m=100",
  "gaussian:m=200",
  "mask:keep=0.5",
  "mask:block=10",
  "blur:sigma=1.5",
  "mask:keep=1",
];
const SIGMAS = [0.01, 0.03, 0.1, 0.3];

/** The best λ in hindsight is searched among these multiples of the default. */
const FACTORS = Array.from({ length: 17 }, (_, i) => 2 ** ((i - 8) / 2));

/** The most steps, of 20 iterations each, of the solves in hindsight. The smallest λ would take thousands. */
const MOST_STEPS = 150;

/** One operator, one noise and one prior: mean squared errors. */
interface Cell {
  readonly operator: string;
  readonly sigma: number;
  /** σ as it was estimated, over the true one. */
  readonly found: number;
  readonly prior: string;
  /** Errors with the true σ: for the best λ in hindsight (for a mixture, which has no λ: its only estimate), and for the default λ. */
  readonly best: number;
  readonly usual: number;
  /** Error with σ and λ from the measurements. */
  readonly automatic: number;
}

export const auto = defineCommand({
  usage: "auto",
  description: "σ and λ from the measurements alone, against the best λ in hindsight with the true σ, on test digits.",
  examples: [["npm run experiment -- auto --priors tv", "24 cells of one penalty"]],
  options: (y) =>
    y
      .option("limit", { type: "number", default: 20, requiresArg: true, describe: "test digits" })
      .option("priors", {
        ...{ type: "string", default: "tikhonov,tv,wavelet,mixture", requiresArg: true },
        describe: "penalties, and mixture",
      })
      .option("operators", {
        ...{ type: "string", default: OPERATORS.join(","), requiresArg: true },
        describe: "operators, with four noises each",
      })
      .option("out", { type: "string", default: "auto-report", requiresArg: true, describe: "folder of auto.json" }),
  run: async (args, { seed, signal, note }) => {
    requireInteger("limit", args.limit);
    const truth = await readRows(await openDataset("mnist:test"), 0, args.limit);
    const shape = truth.shape.slice(1);
    const priors: Prior[] = [];
    for (const name of args.priors.split(",")) {
      priors.push(name === "mixture" ? await learnedMixture(signal) : parsePenalty(name, shape));
    }
    const cells: Cell[] = [];
    for (const spec of args.operators.split(",")) {
      const operator = parseOperator(spec, shape, seed);
      for (const sigma of SIGMAS) {
        const { y, noise } = await measure(truth, operator, { noise: sigma, seed });
        const known = problemOf({ operator, y, noise });
        for (const prior of priors) {
          signal.throwIfAborted();
          const estimated = await estimateSigma(known, prior, { seed, signal });
          const unknown = { ...known, noise: gaussianNoise(estimated.sigma) };
          const { best, usual } = await knowing(known, prior, truth);
          const { estimate } = await recover(unknown, prior, { lambda: "auto", seed, signal });
          const names = { operator: spec, sigma, prior: prior.name };
          cells.push({ ...names, found: estimated.sigma / sigma, best, usual, automatic: meanError(estimate, truth) });
          note(line(cells.at(-1)!).join("  "));
        }
      }
    }
    await mkdir(args.out, { recursive: true });
    await writeAtomic(
      path.join(args.out, "auto.json"),
      `${JSON.stringify({ seed, limit: args.limit, cells }, null, 2)}\n`,
    );
    const titles = ["operator", "σ", "prior", "σ found / true", "best", "default / best", "automatic / best"];
    const columns = titles.map((title) => ({ title }));
    return { text: `${textTable(columns, cells.map(line))}\n\n${summary(cells).join("\n")}`, data: { cells } };
  },
});

/** With the true σ: the least error, and the error of the default λ. */
async function knowing(problem: Problem, prior: Prior, truth: NdArray<Float32Array>) {
  const first = await recover(problem, prior);
  const usual = meanError(first.estimate, truth);
  const { lambda } = first.chosen;
  if (typeof lambda !== "number") return { best: usual, usual };
  const count = truth.shape[0]!;
  const { estimate } = await recover({ ...problem, y: repeatRows(problem.y, FACTORS.length) }, prior, {
    lambda: Array.from({ length: count }, () => FACTORS.map((factor) => factor * lambda)).flat(),
    own: { steps: MOST_STEPS },
  });
  const each = meanSquaredErrors(repeatRows(truth, FACTORS.length), estimate);
  const errors = FACTORS.map((_, at) => {
    let sum = 0;
    for (let row = at; row < each.length; row += FACTORS.length) sum += each[row]!;
    return sum / count;
  });
  return { best: Math.min(...errors), usual };
}

async function learnedMixture(signal: AbortSignal): Promise<Prior> {
  const digits = await openDataset("mnist:train");
  const design = await designFor(digits, { byLabel: true, sketchSize: 1_160_000, poses: "none" });
  return mixturePrior("mixture", (await trainMixture(await sketchDataset(digits, design, { signal }))).model);
}

const meanError = (estimate: NdArray<Float32Array>, truth: NdArray<Float32Array>): number => {
  const errors = meanSquaredErrors(truth, estimate);
  return errors.reduce((sum, error) => sum + error / errors.length, 0);
};

const line = ({ operator, sigma, prior, found, best, usual, automatic }: Cell): string[] => [
  ...[operator, `${sigma}`, prior, found.toFixed(2), best.toPrecision(3)],
  ...[(usual / best).toFixed(2), (automatic / best).toFixed(2)],
];

const summary = (cells: readonly Cell[]): string[] =>
  [...new Set(cells.map(({ prior }) => prior))].map((name) => {
    const own = cells.filter(({ prior }) => prior === name);
    const count = (ratio: (cell: Cell) => number) => {
      const near = own.filter((cell) => ratio(cell) <= 1.1).length;
      return `${near} of ${own.length} within 10 %, worst ${Math.max(...own.map(ratio)).toFixed(2)}`;
    };
    return `${name}: automatic ${count((c) => c.automatic / c.best)}; default ${count((c) => c.usual / c.best)}`;
  });
