import { sizeOf } from "../data/array.ts";
import { type SketchDesign, sumShapes } from "./design.ts";
import type { Sketch, Sums } from "./sketch.ts";

/**
 * Sums that do not depend on the order of what is added. Every block's sum is rounded once to a multiple of a grid (`sumGrids`). From then on all is exact: a sum is
 * held as the nearest float64 and, in `rest`, what that leaves out. Multiples of one grid that are below 2⁵³ of it have no rest.
 */
export interface ExactSums {
  readonly sums: Sums;
  readonly rest: Sums;
}

/**
 * Adds a number to the exact sum sum[i] + rest[i]; all are multiples of one grid (Knuth's TwoSum, twice). So sum[i] stays the float64 nearest to the exact
 * sum, and the pair depends on that sum alone. It holds 106 bits.
 */
export function addExactly(sum: Float64Array, rest: Float64Array, i: number, value: number): void {
  const before = sum[i]!;
  const s = before + value;
  const b = s - before;
  const lost = before - (s - b) + (value - b);
  sum[i] = s;
  if (lost === 0 && rest[i] === 0) return;
  const left = rest[i]! + lost;
  const t = s + left;
  const c = t - s;
  sum[i] = t;
  rest[i] = s - (t - c) + (left - c);
}

/** The multiple of a grid, a power of two, that is nearest to a number. */
export const onGrid = (value: number, grid: number): number => Math.round(value / grid) * grid;

/** Adds sums of a block, rounded to the grid. */
export function addRounded(sum: Float64Array, rest: Float64Array, part: ArrayLike<number>, grid: number): void {
  for (let i = 0; i < sum.length; i++) addExactly(sum, rest, i, onGrid(part[i]!, grid));
}

/** Adds a sketch, or takes it away. */
export function addSketch({ sums, rest }: ExactSums, other: Pick<Sketch, "sums" | "rest">, sign: 1 | -1 = 1): void {
  for (const [name, sum] of Object.entries(sums)) {
    const left = rest[name]!;
    for (const part of [other.sums[name]!, other.rest?.[name]]) {
      if (part) for (let i = 0; i < sum.length; i++) addExactly(sum, left, i, sign * part[i]!);
    }
  }
}

/** The sums of a design before the first sample. */
export function noSums(design: SketchDesign): ExactSums {
  const zeros = (): Sums =>
    Object.fromEntries(
      Object.entries(sumShapes(design)).map(([name, shape]) => [name, new Float64Array(sizeOf(shape))]),
    );
  return { sums: zeros(), rest: zeros() };
}

/** A copy of sums as a sketch holds them: of the rests only those that are not 0. */
export function heldSums({ sums, rest }: ExactSums): Pick<Sketch, "sums" | "rest"> {
  const copy = (given: readonly [string, Float64Array][]): Sums =>
    Object.fromEntries(given.map(([name, sum]) => [name, sum.slice()]));
  const left = Object.entries(rest).filter(([, own]) => own.some((v) => v !== 0));
  return { sums: copy(Object.entries(sums)), ...(left.length > 0 && { rest: copy(left) }) };
}
