import type { Outcome, Raised } from "../solve/index.ts";
import type { Cell } from "./cell.ts";
import { type Coverage, coverageLevels } from "./coverage.ts";
import { psnr } from "./metrics.ts";
import { average, meansOverDraws, type SummariseOptions, type Summary, summarise, summarisePaired } from "./summary.ts";
import { wilcoxonSignedRank } from "./wilcoxon.ts";

/** What a row is about. */
export interface Setting {
  readonly operator: string;
  /** Measurements per signal. */
  readonly m: number;
  /** Standard deviation of the noise of each measurement; if there are several draws, that of the first. */
  readonly noise: number;
  /** The noise with its parameters, `gaussian(sigma=0.05)`; of several draws, that of the first. */
  readonly noiseName: string;
  /** The noise as it was asked for, `gaussian:snr=30`, which has one σ for one operator and another for the next. */
  readonly noiseSpec: string;
}

/** One method on one problem. */
export interface ComparisonRow extends Setting {
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
  /** Mean structural similarity, peak 1; absent if the signals are no images or are below 11 × 11 pixels. */
  readonly ssim?: number;
  readonly ssimInterval?: readonly [number, number];
  /** Mean of ‖x̂ − x‖/‖x‖ over the signals that are not 0; absent if all are. */
  readonly relativeError?: number;
  /** Mean over the signals of the root mean square of y − Φ(x̂), in the units of the measurements: of the truth, about σ. */
  readonly residual: number;
  /** Wall time for all signals and draws together, without the choice of λ on tuning signals. */
  readonly seconds: number;
  /** The largest resident memory of the whole process meanwhile, in bytes. */
  readonly memory: number;
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
   * The fraction of the truth's numbers inside the posterior's central intervals of 10 to 99 %, if the method knows them. Numbers
   * that are known almost exactly are not counted (`calibrationOf`).
   */
  readonly coverage?: Coverage;
  /** The mean squared error of every signal, in order; the draws follow one another. So are the three lists below. */
  readonly errors: readonly number[];
  readonly relativeErrors: readonly number[];
  readonly residuals: readonly number[];
  readonly ssims?: readonly number[];
  /** Paired differences of `errors` from the first method's. Positive: this method is worse. Absent for the first method. */
  readonly difference?: Summary;
  /**
   * Two-sided p of Wilcoxon's signed-rank test of the paired errors against the first method's, over the signals. Each signal's error is
   * its mean over the draws. Absent for the first method.
   */
  readonly wilcoxon?: number;
  /** `wilcoxon` with Holm's correction for all the tests of the table. */
  readonly holm?: number;
}

/** The row of a cell; `reference` are the errors of the first method. */
export function rowOf(
  setting: Setting,
  method: string,
  cell: Cell,
  { seed, reference }: { readonly seed: number; readonly reference: readonly number[] | undefined },
): ComparisonRow {
  const { draws } = cell;
  const all = (name: "errors" | "relativeErrors" | "residuals") => draws.flatMap((draw) => [...draw[name]]);
  const ssims = draws.flatMap((draw) => [...(draw.ssims ?? [])]);
  const options = { seed, draws: draws.length };
  const relative = all("relativeErrors");
  const known = relative.filter((value) => !Number.isNaN(value));
  const [errors, residuals] = [all("errors"), all("residuals")];
  const similarity = ssims.length > 0 ? summarise(ssims, options) : undefined;
  return {
    ...{ ...setting, method, draws: draws.length },
    ...summariseErrors(errors, options, reference),
    ...(similarity && { ssim: similarity.mean, ssimInterval: similarity.interval, ssims }),
    ...(known.length > 0 && { relativeError: average(known) }),
    ...{ relativeErrors: relative, residual: average(residuals), residuals },
    seconds: draws.reduce((sum, { seconds }) => sum + seconds, 0),
    memory: cell.memory,
    outcome: outcomeText(draws.flatMap(({ outcomes }) => outcomes)),
    warnings: [...new Set(draws.flatMap(({ warnings }) => warnings))],
    ...meanFacts(draws),
  };
}

/** λ and a raised σ of the first draw, the signals that were clipped, and the mean coverage, if a method has them. */
function meanFacts(draws: Cell["draws"]): Pick<ComparisonRow, "lambda" | "raised" | "clipped" | "coverage"> {
  const { lambda, raised } = draws[0]!;
  const clipped = draws.reduce((sum, draw) => sum + draw.clipped, 0);
  const known = draws.flatMap(({ coverage }) => (coverage ? [coverage] : []));
  const coverage = coverageLevels.map((level) => [level, average(known.map((one) => one[level]))]);
  return {
    ...(lambda !== undefined && { lambda }),
    ...(raised && { raised }),
    ...(clipped > 0 && { clipped }),
    ...(known.length > 0 && { coverage: Object.fromEntries(coverage) as Coverage }),
  };
}

/** `converged` if all signals ended so, else each outcome with its number of signals. */
export function outcomeText(outcomes: readonly Outcome[]): string {
  const counts = new Map<Outcome, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (counts.size === 1) return outcomes[0]!;
  return [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
}

function summariseErrors(errors: readonly number[], options: SummariseOptions, reference?: readonly number[]) {
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
    errors,
    ...(reference && {
      difference: summarisePaired(errors, reference, options),
      wilcoxon: wilcoxonSignedRank(
        meansOverDraws(
          errors.map((error, i) => error - reference[i]!),
          options.draws ?? 1,
        ),
      ).p,
    }),
  };
}
