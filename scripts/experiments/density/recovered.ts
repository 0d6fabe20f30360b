import type { NdArray } from "ndarray";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { meanSquaredErrors } from "../../../src/compare/metrics.ts";
import { average, type Summary, summarise } from "../../../src/compare/summary.ts";
import { wilcoxonSignedRank } from "../../../src/compare/wilcoxon.ts";
import { fromHost } from "../../../src/data/array.ts";
import { measure, openNoise, openOperator } from "../../../src/measure/index.ts";
import { generate, type Problem, problemOf } from "../../../src/solve/index.ts";
import { plainTerm } from "../../../src/solve/latent/data-term.ts";
import { descend, type Schedule } from "../../../src/solve/latent/descent.ts";
import { chooseStarts, type Starts } from "../../../src/solve/latent/starts.ts";
import { takeRows } from "../../../src/solve/rows.ts";
import { type ModeName, modeNames, modes } from "./modes.ts";

type Signals = NdArray<Float32Array>;

/** Starts of the first descent, and how many of its ends each signal goes on from. */
const [STARTS, KEPT] = [10, 3];

const cosine: Schedule = "cosine";
/** The first descent, and the second one, to either mode. */
const first = { steps: 200, learningRate: 0.3, schedule: cosine, tolerance: 1e-4 };
const second = { steps: 100, learningRate: 0.1, schedule: cosine, tolerance: 0 };

export interface Recovered {
  readonly operator: string;
  readonly of: ModeName;
  /** Chosen of those given, on the tuning signals. */
  readonly lambda: number;
  readonly errors: readonly number[];
  readonly summary: Summary;
  /** Wilcoxon's p of the errors against those of the mode of z. */
  readonly p?: number;
  readonly estimate: Signals;
}

export interface RecoveredOptions {
  readonly noise: string;
  readonly lambdas: readonly number[];
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * Both modes of test signals behind one operator. They know the same: each has its λ with the least mean error on the tuning signals, behind the
 * same Φ, and goes on from the same ends of one descent to the mode of z, for as many steps.
 */
export async function recoveredBy(
  spec: string,
  prior: GeneratorPrior,
  { tuning, truth }: { readonly tuning: Signals; readonly truth: Signals },
  { noise, lambdas, seed, signal }: RecoveredOptions,
): Promise<Recovered[]> {
  const operator = await openOperator(spec, { shape: prior.shape, seed });
  const model = await openNoise(noise);
  const problemFor = async (signals: Signals, own: number): Promise<Problem> => {
    const { y, noise } = await measure(signals, operator, { noise: model, seed: own });
    return problemOf({ operator, y, noise });
  };
  const trial = await problemFor(tuning, seed + 1);
  const problem = await problemFor(truth, seed);
  const run = async (of: ModeName, problem: Problem, lambda: number) => {
    const starts = await endsOf(problem, prior, lambda, seed, signal);
    return generate(prior, (await modes(of, problem, prior, starts, { ...second, lambda, signal })).best);
  };
  const rows: Recovered[] = [];
  for (const of of modeNames) {
    const trials: { readonly lambda: number; readonly error: number }[] = [];
    for (const lambda of lambdas) {
      trials.push({ lambda, error: average(meanSquaredErrors(tuning, await run(of, trial, lambda))) });
    }
    const { lambda } = trials.reduce((a, b) => (b.error < a.error ? b : a));
    const estimate = await run(of, problem, lambda);
    const errors = [...meanSquaredErrors(truth, estimate)];
    const [before] = rows;
    const p = before && wilcoxonSignedRank(errors.map((v, i) => v - before.errors[i]!)).p;
    rows.push({
      operator: spec,
      of,
      lambda,
      errors,
      summary: summarise(errors, { seed }),
      ...(p !== undefined && { p }),
      estimate,
    });
  }
  return rows;
}

/** The lowest ends of a descent to the mode of z, some a signal. */
async function endsOf(
  problem: Problem,
  prior: GeneratorPrior,
  lambda: number,
  seed: number,
  signal: AbortSignal,
): Promise<Starts> {
  const signals = problem.y.shape[0]!;
  const starts = await chooseStarts(prior, signals, { restarts: STARTS, seed }, noRanking, true);
  const lambdas = fromHost(new Float32Array(signals).fill(lambda), [signals]);
  const { z, objectives } = await descend(prior, plainTerm(problem), starts, lambdas, { ...first, signal });
  const kept = Array.from({ length: signals }, (_, i) =>
    Array.from({ length: STARTS }, (_, restart) => i * STARTS + restart)
      .sort((a, b) => objectives.data[a]! - objectives.data[b]!)
      .slice(0, KEPT),
  ).flat();
  return { z: takeRows(z, kept), c: fromHost(new Int32Array(kept.length), [kept.length]), perSignal: KEPT };
}

/** Generators here take no conditions, which alone are ranked. */
export const noRanking = async () => ({ conditions: new Int32Array(0) });
