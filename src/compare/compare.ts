import type { NdArray } from "ndarray";
import { clipped } from "../data/range.ts";
import type { Outcome, Problem, Raised } from "../solve/index.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import { type MeasuredPicture, measuredPicture } from "./measured-picture.ts";
import type { Method } from "./method.ts";
import { meanSquaredErrors, psnr } from "./metrics.ts";
import { type SummariseOptions, type Summary, summarise, summarisePaired } from "./summary.ts";
import { wilcoxonSignedRank } from "./wilcoxon.ts";

/** One method on one problem. */
export interface ComparisonRow {
  readonly operator: string;
  /** Measurements per signal. */
  readonly m: number;
  /** Standard deviation of the noise of each measurement; if there are several draws, that of the first. */
  readonly noise: number;
  /** The noise with its parameters, `gaussian(sigma=0.05)`; of several draws, that of the first. */
  readonly noiseName: string;
  readonly method: string;
  /** Number of draws of Φ and of the noise behind the numbers. */
  readonly draws: number;
  /** Mean over the signals and draws of the mean squared error per pixel. */
  readonly mse: number;
  readonly mseMedian: number;
  /** 95 % confidence interval of `mse` over signals, and over draws if there are several (`summarise`). */
  readonly mseInterval: readonly [number, number];
  /** Mean over the signals of each signal's PSNR, dB, peak 1. */
  readonly psnr: number;
  readonly psnrInterval: readonly [number, number];
  /** PSNR of the mean squared error `mse`, dB, peak 1; at most `psnr`. */
  readonly psnrOfMean: number;
  /** Wall time for all signals and draws together, without the choice of λ on tuning signals. */
  readonly seconds: number;
  /** How the signals ended: `converged`, or `converged 18, max-steps 2`. */
  readonly outcome: string;
  /** σ that the method raised to its floor; of several draws, that of the first. */
  readonly raised?: Raised;
  /** How many signals had to be clipped to the range, over all draws; absent if none. */
  readonly clipped?: number;
  /** Doubts about the estimates or the choice of λ, each sentence once. */
  readonly warnings: readonly string[];
  readonly lambda?: number;
  /**
   * The fraction of the truth's numbers inside the posterior's central intervals of 50, 90 and 99 %, if the method knows them. Numbers
   * that are known almost exactly are not counted (`coverageOf`).
   */
  readonly coverage?: Coverage;
  /** The mean squared error of every signal, in order; the draws follow one another. */
  readonly errors: readonly number[];
  /** Paired differences of `errors` from the first method's. Positive: this method is worse. Absent for the first method. */
  readonly difference?: Summary;
  /**
   * Two-sided p of Wilcoxon's signed-rank test of the paired errors against the first method's, over the signals. Each signal's error is
   * its mean over the draws. Absent for the first method.
   */
  readonly wilcoxon?: number;
}

/** Pictures of one problem: the measurement as an image, if it can be one, and every method's estimate. Of several draws, the first. */
export interface ComparisonCase extends MeasuredPicture {
  readonly operator: string;
  readonly m: number;
  readonly noise: number;
  readonly noiseName: string;
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
  /** The problems to solve. Every method gets the same Φ, y and range. Several draws of one Φ and its noise are a list. */
  readonly problems: readonly (Problem | readonly Problem[])[];
  /** The methods; all others are compared with the first. */
  readonly methods: readonly Method[];
  /** Seeds the confidence intervals; default 1. */
  readonly seed?: number;
  readonly onStart?: (method: string, operator: string) => void;
  readonly onRow?: (row: ComparisonRow) => void;
  readonly signal?: AbortSignal;
}

/** Runs every method on every draw of every problem and summarises the errors. If the signal aborts, its reason is thrown. */
export async function compare(options: CompareOptions): Promise<ComparisonTable> {
  const { truth, methods } = options;
  const problems = options.problems.map((given) => ("operator" in given ? [given] : given));
  const names = methods.map((method) => method.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`compare: expected methods of different names, got "${twice}" twice`);
  const settings = problems.map(([first]) => `"${first!.operator.name}" with ${first!.noise.name}`);
  const repeated = settings.find((setting, i) => settings.indexOf(setting) !== i);
  if (repeated !== undefined) throw new RangeError(`compare: expected different problems, got ${repeated} twice`);
  const rows: ComparisonRow[] = [];
  const cases: ComparisonCase[] = [];
  for (const draws of problems) {
    const { operator, y, noise } = draws[0]!;
    const about = { operator: operator.name, m: y.size / y.shape[0]!, noise: noise.sigma, noiseName: noise.name };
    const estimates: Record<string, NdArray<Float32Array>> = {};
    let reference: Float64Array | undefined;
    for (const method of methods) {
      options.onStart?.(method.name, operator.name);
      const found = [];
      for (const problem of draws) found.push(await recovered(truth, problem, method, options.signal));
      const errors = Float64Array.from(found.flatMap((one) => [...one.errors]));
      const row: ComparisonRow = {
        ...{ ...about, method: method.name, draws: draws.length },
        ...summariseErrors(errors, { seed: options.seed ?? 1, draws: draws.length }, reference),
        seconds: found.reduce((sum, { seconds }) => sum + seconds, 0),
        outcome: outcomeText(found.flatMap(({ outcomes }) => outcomes)),
        warnings: [...new Set(found.flatMap(({ warnings }) => warnings))],
        ...meanFacts(found),
      };
      reference ??= errors;
      estimates[method.name] = found[0]!.estimate;
      rows.push(row);
      options.onRow?.(row);
    }
    cases.push({ ...about, ...(await measuredPicture(operator, y)), estimates });
  }
  return { methods: names, rows, truth, cases };
}

type Recovered = Awaited<ReturnType<typeof recovered>>;

async function recovered(truth: NdArray<Float32Array>, problem: Problem, method: Method, signal?: AbortSignal) {
  signal?.throwIfAborted();
  const { estimate: raw, marginals, outcomes, warnings, seconds, chosen } = await method.recover(problem);
  signal?.throwIfAborted();
  const estimate = problem.range ? clipped(raw, problem.range) : raw;
  return {
    ...{
      estimate,
      outcomes,
      warnings,
      seconds,
      lambda: chosen.lambda,
      raised: chosen.raised,
      clipped: chosen.clipped ?? 0,
    },
    errors: meanSquaredErrors(truth, estimate),
    coverage: marginals && (await coverageOf(truth, marginals)),
  };
}

/** λ and a raised σ of the first draw, the signals that were clipped, and the mean coverage, if a method has them. */
function meanFacts(found: readonly Recovered[]): Pick<ComparisonRow, "lambda" | "raised" | "clipped" | "coverage"> {
  const { lambda, raised } = found[0]!;
  const clipped = found.reduce((sum, one) => sum + one.clipped, 0);
  const known = found.flatMap(({ coverage }) => (coverage ? [coverage] : []));
  const meanOf = (level: keyof Coverage) => known.reduce((sum, one) => sum + one[level] / known.length, 0);
  return {
    ...(typeof lambda === "number" && { lambda }),
    ...(raised && { raised }),
    ...(clipped > 0 && { clipped }),
    ...(known.length > 0 && { coverage: { 50: meanOf(50), 90: meanOf(90), 99: meanOf(99) } }),
  };
}

/** `converged` if all signals ended so, else each outcome with its number of signals. */
export function outcomeText(outcomes: readonly Outcome[]): string {
  const counts = new Map<Outcome, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (counts.size === 1) return outcomes[0]!;
  return [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
}

function summariseErrors(errors: Float64Array, options: SummariseOptions, reference?: Float64Array) {
  const mse = summarise(errors, options);
  const decibel = summarise(
    errors.map((e) => psnr(e)),
    options,
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
      difference: summarisePaired(errors, reference, options),
      wilcoxon: wilcoxonSignedRank(meansOfDraws(errors, reference, options.draws ?? 1)).p,
    }),
  };
}

/** Paired differences a − b of every signal, the mean over the draws. */
function meansOfDraws(a: Float64Array, b: Float64Array, draws: number): Float64Array {
  const signals = a.length / draws;
  const out = new Float64Array(signals);
  for (let at = 0; at < a.length; at++) out[at % signals]! += (a[at]! - b[at]!) / draws;
  return out;
}
