import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { type ForwardOperator, isLinear } from "../../operators/operator.ts";
import { clipped } from "../data/range.ts";
import { compile } from "../engine/index.ts";
import type { Outcome, Problem } from "../solve/index.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import type { Method } from "./method.ts";
import { meanSquaredErrors, psnr } from "./metrics.ts";
import { type Summary, summarise, summarisePaired } from "./summary.ts";
import { wilcoxonSignedRank } from "./wilcoxon.ts";

/** One method on one problem. */
export interface ComparisonRow {
  readonly operator: string;
  /** Measurements per signal. */
  readonly m: number;
  /** Standard deviation of the noise of each measurement. */
  readonly noise: number;
  readonly method: string;
  /** Mean over the signals of the mean squared error per pixel. */
  readonly mse: number;
  readonly mseMedian: number;
  /** 95 % confidence interval of `mse` over signals (for this one draw of Φ and noise). */
  readonly mseInterval: readonly [number, number];
  /** Mean over the signals of each signal's PSNR, dB, peak 1. */
  readonly psnr: number;
  readonly psnrInterval: readonly [number, number];
  /** PSNR of the mean squared error `mse`, dB, peak 1; at most `psnr`. */
  readonly psnrOfMean: number;
  /** Wall time for all signals together, of everything but the choice of λ on tuning signals. */
  readonly seconds: number;
  /** How the signals ended: `converged`, or `converged 18, max-steps 2`. */
  readonly outcome: string;
  readonly lambda?: number;
  /**
   * Which fraction of the truth's numbers lies inside the posterior's central intervals of 50, 90 and 99 %; where the method knows
   * them. Numbers that are known exactly are not counted (`coverageOf`).
   */
  readonly coverage?: Coverage;
  /** The mean squared error of every signal, in order. */
  readonly errors: readonly number[];
  /** Paired differences of `errors` from the first method's, absent for the first method; positive: this one is worse. */
  readonly difference?: Summary;
  /** p of the paired `errors` against the first method's, absent for it: Wilcoxon's signed-rank test, two-sided. */
  readonly wilcoxon?: number;
}

/** One problem with its pictures: the measurement as an image where it can be one, and every method's estimate. */
export interface ComparisonCase {
  readonly operator: string;
  readonly m: number;
  readonly noise: number;
  /** y itself where Φ keeps the signal's shape, else Φ'y; absent where Φ is neither. [batch, ...shape] */
  readonly measured?: NdArray<Float32Array>;
  /** Whether `measured` is Φ'y rather than y. */
  readonly backProjected: boolean;
  /** By method name. */
  readonly estimates: Readonly<Record<string, NdArray<Float32Array>>>;
}

export interface ComparisonTable {
  readonly methods: readonly string[];
  readonly rows: readonly ComparisonRow[];
  readonly truth: NdArray<Float32Array>;
  readonly cases: readonly ComparisonCase[];
}

export interface CompareOptions {
  /** [batch, ...shape] */
  readonly truth: NdArray<Float32Array>;
  /** What is recovered: every method gets the same Φ, y and range, to which all estimates are clipped. */
  readonly problems: readonly Problem[];
  /** The first is the one that the others are compared with. */
  readonly methods: readonly Method[];
  /** Seeds the confidence intervals; default 1. */
  readonly seed?: number;
  readonly onStart?: (method: string, operator: string) => void;
  readonly onRow?: (row: ComparisonRow) => void;
  readonly signal?: AbortSignal;
}

/** Runs every method on every problem and sums up the errors. An aborted signal throws its reason. */
export async function compare(options: CompareOptions): Promise<ComparisonTable> {
  const { truth, problems, methods } = options;
  const names = methods.map((method) => method.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`compare: expected methods of different names, got "${twice}" twice`);
  const settings = problems.map(({ operator, noise }) => `"${operator.name}" with ${noise.name}`);
  const repeated = settings.find((setting, i) => settings.indexOf(setting) !== i);
  if (repeated !== undefined) throw new RangeError(`compare: expected different problems, got ${repeated} twice`);
  const rows: ComparisonRow[] = [];
  const cases: ComparisonCase[] = [];
  for (const problem of problems) {
    const { operator, y, range } = problem;
    const noise = problem.noise.sigma;
    const m = y.size / y.shape[0]!;
    const estimates: Record<string, NdArray<Float32Array>> = {};
    let reference: Float64Array | undefined;
    for (const method of methods) {
      options.signal?.throwIfAborted();
      options.onStart?.(method.name, operator.name);
      const result = await method.recover(problem);
      options.signal?.throwIfAborted();
      const estimate = range ? clipped(result.estimate, range) : result.estimate;
      const errors = meanSquaredErrors(truth, estimate);
      const coverage = result.marginals && (await coverageOf(truth, result.marginals));
      const row: ComparisonRow = {
        ...{ operator: operator.name, m, noise, method: method.name },
        ...summariseErrors(errors, options.seed ?? 1, reference),
        ...{ seconds: result.seconds, outcome: outcomeText(result.outcomes) },
        ...(typeof result.chosen.lambda === "number" && { lambda: result.chosen.lambda }),
        ...(coverage && { coverage }),
      };
      reference ??= errors;
      estimates[method.name] = estimate;
      rows.push(row);
      options.onRow?.(row);
    }
    cases.push({ operator: operator.name, m, noise, ...(await picture(operator, y)), estimates });
  }
  return { methods: names, rows, truth, cases };
}

/** `converged`, or how many signals ended how. */
export function outcomeText(outcomes: readonly Outcome[]): string {
  const counts = new Map<Outcome, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (counts.size === 1) return outcomes[0]!;
  return [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
}

function summariseErrors(errors: Float64Array, seed: number, reference?: Float64Array) {
  const mse = summarise(errors, { seed });
  const decibel = summarise(
    errors.map((e) => psnr(e)),
    { seed },
  );
  return {
    mse: mse.mean,
    mseMedian: mse.median,
    mseInterval: mse.interval,
    psnr: decibel.mean,
    psnrInterval: decibel.interval,
    psnrOfMean: psnr(mse.mean),
    errors: [...errors],
    ...(reference && {
      difference: summarisePaired(errors, reference, { seed }),
      wilcoxon: wilcoxonSignedRank(errors.map((e, i) => e - reference[i]!)).p,
    }),
  };
}

/** What was measured, as an image: y where it has the signal's shape, Φ'y for other linear Φ. */
async function picture(
  operator: ForwardOperator,
  y: NdArray<Float32Array>,
): Promise<Pick<ComparisonCase, "measured" | "backProjected">> {
  if (operator.outShape.join() === operator.inShape.join()) return { measured: y, backProjected: false };
  if (!isLinear(operator)) return { backProjected: false };
  const adjoint = await compile((input: { y: tf.Tensor }) => operator.adjoint(input.y), { y });
  const measured = await adjoint.run({ y });
  await adjoint.dispose();
  return { measured, backProjected: true };
}
