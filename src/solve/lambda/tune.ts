import type { NdArray } from "ndarray";
import type { Prior } from "../../../priors/prior.ts";
import { contiguous, sameShape } from "../../data/array.ts";
import { clipped } from "../../data/range.ts";
import type { Problem } from "../problem.ts";
import type { Outcome } from "../recovery.ts";
import { repeatRows } from "../rows.ts";
import type { SolveOptions, Solver } from "../solver.ts";
import { solvedAtOnce } from "./batches.ts";
import { logGrid, type Score, type Searched, searchGrid } from "./search.ts";

export interface TuneOptions extends Pick<SolveOptions, "signal" | "seed" | "onProgress"> {
  /** Values of λ tried in each of the two rounds; default 9. */
  readonly points?: number;
  /** The grid of the first round; default: between the solver's own bounds. */
  readonly grid?: readonly number[];
  /** The solver's own options. */
  readonly own?: SolveOptions["own"];
}

export interface LambdaChoice {
  readonly lambda: number;
  /** Mean squared error per pixel at every λ tried, ascending in λ. */
  readonly errors: readonly Score[];
  /** Doubts about the choice, one sentence each: λ is the end of the grid, or other λ were passed over because they were not solved. */
  readonly warnings: readonly string[];
}

/**
 * Chooses λ on training signals, never on reported ones. It is the λ with the lowest mean squared error on a logarithmic grid, which is
 * refined once between the neighbours of the best. Each λ is solved to the rough tolerance `LambdaRules.rough`. A λ that did not reach
 * it is passed over if another did: a run that is cut short is another method. Without rough settings a solver is tuned as it is, and its
 * most steps are part of the method. Estimates are clipped to the problem's range before their errors are computed.
 *
 * problem: that of the training signals; truth: [n, ...inShape]. Errors (RangeError): the number of signals differs from that of the
 * measurements, an empty grid, a solver without λ.
 */
export async function tuneLambda(
  solver: Solver,
  problem: Problem,
  prior: Prior,
  truth: NdArray<Float32Array>,
  { points = 9, grid, signal, seed, own, onProgress }: TuneOptions = {},
): Promise<LambdaChoice> {
  const { operator, y, range } = problem;
  if (!solver.lambda) throw new RangeError(`tuneLambda: ${solver.name} has no λ`);
  const { rough } = solver.lambda;
  if (!(Number.isInteger(points) && points >= 3)) {
    throw new RangeError(`tuneLambda: points: expected an integer of at least 3, got ${points}`);
  }
  if (grid?.length === 0) throw new RangeError("tuneLambda: grid: expected at least one λ, got none");
  const signals = y.shape[0]!;
  if (!sameShape(truth.shape, [signals, ...operator.inShape])) {
    throw new RangeError(
      `tuneLambda: expected training signals [${[signals, ...operator.inShape].join(", ")}], one for every ` +
        `measurement, got [${truth.shape.join(", ")}]`,
    );
  }
  const solvedAs: readonly Outcome[] = [
    "converged",
    "settled",
    "discrepancy",
    ...(rough ? [] : ["max-steps" as const]),
  ];
  const isSolved = (outcome: Outcome) => solvedAs.includes(outcome);
  const [low, high] = await solver.lambda.range(problem, prior);
  const actual = contiguous(truth) as Float32Array;
  const width = truth.size / signals;
  const coarse = grid ?? logGrid(low, high, points);
  let [step, maxSteps] = [0, 2 * coarse.length];
  const report = () => onProgress?.({ task: "choosing λ", step, maxSteps, objective: Number.NaN });
  const scoresOf = async (values: readonly number[]): Promise<Score[]> => {
    const lambda = Array.from({ length: signals }, () => values).flat(); // the λ of a signal side by side
    const { estimate: raw, outcomes } = await solver.solve({ ...problem, y: repeatRows(y, values.length) }, prior, {
      lambda,
      ...(signal && { signal }),
      ...(seed !== undefined && { seed }),
      own: { ...rough, ...own },
    });
    signal?.throwIfAborted();
    const estimate = range ? clipped(raw, range) : raw;
    step += values.length;
    report();
    return values.map((value, i) => {
      const rows = Array.from({ length: signals }, (_, s) => s * values.length + i);
      let sum = 0;
      for (const [s, row] of rows.entries()) {
        for (let p = 0; p < width; p++) sum += (estimate.data[row * width + p]! - actual[s * width + p]!) ** 2;
      }
      return { lambda: value, score: sum / truth.size, solved: rows.every((row) => isSolved(outcomes[row]!)) };
    });
  };
  report();
  const found = await searchGrid(coarse, async (values) => {
    maxSteps = Math.max(maxSteps, step + values.length);
    const scores: Score[] = [];
    for (const part of solvedAtOnce(values, truth.size)) scores.push(...(await scoresOf(part)));
    return scores;
  });
  return { lambda: found.best.lambda, errors: found.scores, warnings: warningsOf(found) };
}

function warningsOf({ best, scores, atEdge }: Searched): string[] {
  const end = best === scores[0] ? "smallest" : "largest";
  const passed = best.solved ? scores.filter(({ score, solved }) => !solved && !(score > best.score)).length : 0;
  return [
    ...(atEdge ? [`λ = ${best.lambda.toPrecision(2)} is the ${end} that was tried; a better one may lie beyond`] : []),
    ...(passed > 0
      ? [`${passed} of ${scores.length} λ that looked better were passed over, for they were not solved`]
      : []),
    ...(best.solved
      ? []
      : [`no λ was solved to the tolerance of the choice; λ = ${best.lambda.toPrecision(2)} is the best of them`]),
  ];
}
