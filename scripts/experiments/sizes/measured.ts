import type { NdArray } from "ndarray";
import { randomRows } from "../../../src/cli/signals.ts";
import { sameShape } from "../../../src/data/array.ts";
import { type Dataset, datasetNames, InputError, openDataset } from "../../../src/data/index.ts";
import { liesIn } from "../../../src/data/range.ts";
import { measure, openNoise, openOperator } from "../../../src/measure/index.ts";
import { type Problem, problemOf } from "../../../src/solve/index.ts";

export interface SignalArgs {
  readonly data: string;
  readonly test: string | undefined;
  readonly limit: number;
}

/** Signals of the test set at random, those that `compare --shuffle` takes. */
export async function testSignals(dataset: Dataset, args: SignalArgs, seed: number): Promise<NdArray<Float32Array>> {
  const spec = args.test ?? datasetNames.find((name) => name === `${args.data}:test`);
  if (spec === undefined) {
    throw new InputError(`--test: ${args.data} has no test part; name the data set of the signals to recover`);
  }
  const test = await openDataset(spec);
  if (!sameShape(test.shape, dataset.shape)) {
    throw new InputError(
      `--test: ${test.name} holds signals of [${test.shape.join(", ")}], those of ${dataset.name} are [${dataset.shape.join(", ")}]`,
    );
  }
  if (args.limit > test.count) {
    throw new InputError(`--limit: ${test.name} has ${test.count} signals, got ${args.limit}; take fewer`);
  }
  return randomRows(test, args.limit, seed);
}

export interface MeasuredArgs {
  readonly operator: readonly string[];
  readonly noise: string;
  readonly draws: number;
}

/** The draws of every operator, as `compare` draws them, within [0, 1] where all signals lie in it. */
export async function problemsOf(truth: NdArray<Float32Array>, args: MeasuredArgs, seed: number): Promise<Problem[][]> {
  const shape = truth.shape.slice(1);
  const range = liesIn(truth, [0, 1]) ? ([0, 1] as const) : undefined;
  const model = await openNoise(args.noise);
  const problems: Problem[][] = [];
  for (const spec of args.operator) {
    const draws: Problem[] = [];
    for (let own = seed; own < seed + args.draws; own++) {
      const operator = await openOperator(spec, { shape, seed: own });
      const { y, noise } = await measure(truth, operator, { noise: model, seed: own });
      draws.push(problemOf({ operator, y, noise, ...(range && { range }) }));
    }
    problems.push(draws);
  }
  return problems;
}
