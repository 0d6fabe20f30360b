import type { NdArray } from "ndarray";
import type { ForwardOperator, LinearOperator } from "../../operators/operator.ts";
import type { PenaltyPrior } from "../../priors/prior.ts";
import { contiguous, sameShape } from "../data/array.ts";
import { clipped, type ValueRange } from "../data/range.ts";
import { type BaselineOptions, recoverWithPenalty, sizeOfOperator } from "./baseline.ts";
import { repeatRows } from "./rows.ts";

export interface ChooseOptions extends Pick<BaselineOptions, "signal"> {
  /** Values of λ tried in each of the two rounds; default 11. */
  readonly points?: number;
  /** The grid of the first round; default: from 1 to 1e-5 times the natural scale of λ (1e-7 for quadratic penalties). */
  readonly grid?: readonly number[];
  /** As in `recoverWithPenalty`; default 1e-2 (1e-4 for quadratic penalties), enough to rank λ. */
  readonly tolerance?: number;
  /** Values that signals are known to have: estimates are clipped to it before their errors count. Default: they are not. */
  readonly range?: ValueRange;
  /** Most compiled steps of 20 iterations; default 100. */
  readonly maxSteps?: number;
}

export interface LambdaChoice {
  readonly lambda: number;
  /** Mean squared error per pixel at every λ tried, ascending in λ. */
  readonly errors: readonly LambdaError[];
}

export interface LambdaError {
  readonly lambda: number;
  /** Mean over the training signals. */
  readonly mse: number;
  /** Whether every signal was solved to the tolerance. */
  readonly converged: boolean;
}

/**
 * Chooses λ on training signals, never on those that are reported: the λ with the lowest mean squared error on a
 * logarithmic grid, refined once between the neighbours of the best. All (signal, λ) pairs of a round are one batch. A λ
 * that was not solved to the tolerance is passed over where another was: a run cut short is another method.
 *
 * The natural scale of λ: ‖Φ‖² for quadratic penalties, ‖Φ‖²a for norms, with a = ‖y‖/‖Φ‖_F the typical amplitude of the
 * signals; with it, 8-bit and unit images get grids that match.
 *
 * truth: [n, ...inShape], y: [n, ...outShape]. Errors: another number of signals than measurements, an empty grid.
 */
export async function chooseLambda(
  operator: LinearOperator,
  prior: PenaltyPrior,
  truth: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  options: ChooseOptions = {},
): Promise<LambdaChoice> {
  const quadratic = prior.form === "quadratic";
  const { points = 11, tolerance = quadratic ? 1e-4 : 1e-2, maxSteps = 100, signal } = options;
  checkTraining(operator, truth, y, points, options.grid);
  const scale = await naturalScale(operator, prior, y);
  const coarse = options.grid ?? logGrid(scale * (quadratic ? 1e-7 : 1e-5), scale, points);
  const settings = { tolerance, maxSteps, ...(signal && { signal }) };
  return searchLambda(coarse, (grid) =>
    errorsAt(truth, y, grid, options.range, async (rows, lambda) => {
      const { estimate, gaps } = await recoverWithPenalty(operator, prior, rows, { ...settings, lambda });
      return { estimate, solved: (row) => gaps[row]! <= tolerance };
    }),
  );
}

/** The best λ of a coarse grid, refined once between its neighbours. */
export async function searchLambda(
  coarse: readonly number[],
  errors: (grid: readonly number[]) => Promise<LambdaError[]>,
): Promise<LambdaChoice> {
  const first = await errors(coarse);
  const best = first.indexOf(lowest(first));
  const low = first[Math.max(0, best - 1)]!.lambda;
  const high = first[Math.min(first.length - 1, best + 1)]!.lambda;
  const intervals = coarse.length + 1 + (coarse.length % 2); // an odd number: the best itself, halfway, is not tried again
  const fine = logGrid(low, high, intervals + 1).slice(1, coarse.length + 1);
  const second = low < high ? await errors(fine) : [];
  const all = [...first, ...second].sort((a, b) => a.lambda - b.lambda);
  return { lambda: lowest(all).lambda, errors: all };
}

function lowest(errors: readonly LambdaError[]): LambdaError {
  const solved = errors.filter((e) => e.converged);
  return (solved.length > 0 ? solved : errors).reduce((a, b) => (b.mse < a.mse ? b : a));
}

/** Recovers rows of measurements [rows, ...outShape], each with its own λ; `solved` says which reached their end. */
type RecoverRows = (
  y: NdArray<Float32Array>,
  lambda: readonly number[],
) => Promise<{ readonly estimate: NdArray<Float32Array>; readonly solved: (row: number) => boolean }>;

/** The mean squared error per pixel at every λ. A row is a pair of a signal and a λ, the λ of a signal side by side. */
export async function errorsAt(
  truth: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  grid: readonly number[],
  range: ValueRange | undefined,
  recover: RecoverRows,
): Promise<LambdaError[]> {
  const signals = truth.shape[0]!;
  const lambda = Array.from({ length: signals }, () => grid).flat();
  const { estimate: raw, solved } = await recover(repeatRows(y, grid.length), lambda);
  const estimate = range ? clipped(raw, range) : raw;
  const actual = contiguous(truth) as Float32Array;
  const width = truth.size / signals;
  const totals = new Float64Array(grid.length);
  for (let row = 0; row < lambda.length; row++) {
    const from = Math.floor(row / grid.length) * width;
    for (let i = 0; i < width; i++)
      totals[row % grid.length]! += (estimate.data[row * width + i]! - actual[from + i]!) ** 2;
  }
  const rowsOf = (i: number) => Array.from({ length: signals }, (_, signal) => signal * grid.length + i);
  return grid.map((value, i) => ({ lambda: value, mse: totals[i]! / truth.size, converged: rowsOf(i).every(solved) }));
}

async function naturalScale(operator: LinearOperator, prior: PenaltyPrior, y: NdArray<Float32Array>): Promise<number> {
  const { norm, frobenius } = await sizeOfOperator(operator);
  const energy = (contiguous(y) as Float32Array).reduce((sum, v) => sum + v * v, 0) / y.shape[0]!;
  const amplitude = Math.sqrt(energy) / frobenius || 1; // silent or blind measurements: any scale will do
  return norm ** 2 * (prior.form === "quadratic" ? 1 : amplitude) || 1;
}

/** `points` values from low to high, both included, in equal ratios. */
export const logGrid = (low: number, high: number, points: number): number[] =>
  Array.from({ length: points }, (_, i) => low * (high / low) ** (i / (points - 1)));

export function checkTraining(
  operator: ForwardOperator,
  truth: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  points: number,
  grid: readonly number[] | undefined,
): void {
  if (!(Number.isInteger(points) && points >= 3)) {
    throw new RangeError(`chooseLambda: points: expected an integer of at least 3, got ${points}`);
  }
  if (grid?.length === 0) throw new RangeError("chooseLambda: grid: expected at least one λ, got none");
  if (!sameShape(truth.shape, [y.shape[0]!, ...operator.inShape])) {
    throw new RangeError(
      `chooseLambda: expected training signals [${[y.shape[0], ...operator.inShape].join(", ")}], one for every ` +
        `measurement, got [${truth.shape.join(", ")}]`,
    );
  }
}
