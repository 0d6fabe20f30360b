import { blur } from "../../operators/blur.ts";
import { gaussian } from "../../operators/gaussian.ts";
import { mask } from "../../operators/mask.ts";
import type { LinearOperator } from "../../operators/operator.ts";
import type { PenaltyPrior } from "../../priors/prior.ts";
import { type Recovery, recover } from "../../src/solve/index.ts";
import type { PenalisedRecovery } from "../../src/solve/penalised/penalised.ts";
import type { SolveOptions } from "../../src/solve/solver.ts";
import { apply, draw, type Floats, floats } from "../operators/draws.ts";

/** Small problems that every baseline must solve: 8×8 scenes of two squares, measured with a little noise. */
export const shape = [8, 8] as const;

const square = (top: number, left: number, side: number, value: number) => (_: unknown, i: number) => {
  const [row, column] = [Math.floor(i / 8) - top, (i % 8) - left];
  return row >= 0 && row < side && column >= 0 && column < side ? value : 0;
};

export const scenes: Floats = floats(
  [
    ...Array.from({ length: 64 }, square(1, 1, 4, 1)),
    ...Array.from({ length: 64 }, square(2, 3, 3, 0.7)),
    ...Array.from({ length: 64 }, square(0, 0, 6, 0.2)),
  ],
  [3, ...shape],
);

export const operators: readonly LinearOperator[] = [
  gaussian({ inShape: shape, m: 30, seed: 4 }),
  mask({ inShape: shape, keep: 0.5, seed: 4 }),
  blur({ inShape: shape, sigma: 1 }),
];

export async function measured(operator: LinearOperator, noise = 0.02): Promise<Floats> {
  const y = await apply(operator.forward, scenes);
  const w = draw(9, y.shape);
  y.data.forEach((_, i) => {
    y.data[i]! += noise * w.data[i]!;
  });
  return y;
}

/** The operator as a matrix, row-major, m×64. */
export async function matrixOf(operator: LinearOperator): Promise<number[][]> {
  const identity = floats(
    Array.from({ length: 64 * 64 }, (_, i) => Number(i % 65 === 0)),
    [64, ...shape],
  );
  const columns = await apply(operator.forward, identity);
  const m = columns.size / 64;
  return Array.from({ length: m }, (_, i) => Array.from({ length: 64 }, (_, j) => columns.data[j * m + i]!));
}

/** Signal i of a batch, in double precision. */
export const signalOf = (batch: Floats, i: number): number[] => {
  const width = batch.size / batch.shape[0]!;
  return Array.from(batch.data.subarray(i * width, (i + 1) * width));
};

export const multiply = (matrix: readonly number[][], x: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((sum, a, j) => sum + a * x[j]!, 0));

export const transposeMultiply = (matrix: readonly number[][], y: readonly number[]): number[] =>
  matrix[0]!.map((_, j) => matrix.reduce((sum, row, i) => sum + row[j]! * y[i]!, 0));

/** Steps of a run whose objective stands for the lowest, to judge one of so many: four times as long, and 50. Its own gap was 4e-5 or less. */
export const judging = (steps: number): number => 50 + 4 * steps;

/** `recover` with a penalty, its options flat. */
export async function withPenalty(
  operator: LinearOperator,
  prior: PenaltyPrior,
  y: Floats,
  options: SolveOptions & { readonly tolerance?: number; readonly maxSteps?: number },
): Promise<PenalisedRecovery> {
  const { tolerance, maxSteps, ...rest } = options;
  const own = { ...(tolerance !== undefined && { tolerance }), ...(maxSteps !== undefined && { steps: maxSteps }) };
  return (await recover({ operator, y, noise: 0.02 }, prior, { ...rest, own })) as Recovery & PenalisedRecovery;
}
