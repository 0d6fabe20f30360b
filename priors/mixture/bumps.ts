import { sizeOf } from "../../src/data/array.ts";
import { transpose } from "../../src/data/matmul.ts";
import { dot } from "../../src/data/vector.ts";
import { product } from "../../src/engine/float64.ts";

/** Covariances B diag(γ) Bᵀ of signals [n] that are sums of the columns of a B [n, size]. */
export interface CovarianceForm {
  readonly size: number;
  /** B diag(γ) Bᵀ, [n, n], for γ [size]. */
  covariance(gamma: Float64Array): Promise<Float64Array>;
  /** diag BᵀMB, [size], for M [n, n]. */
  diagonal(matrix: Float64Array): Promise<Float64Array>;
}

export interface Bumps extends CovarianceForm {
  /** γ [size] of signals whose numbers have the mean square 1, far from the borders, of which bumps of all choices of widths have the same part. */
  readonly even: Float64Array;
  /** 1 for each bump [size] that has the same width along all axes, those of one place aside, and 0 for the others. */
  readonly round: Float64Array;
}

/**
 * Gaussian bumps at each of the n places of a shape, products over the axes of exp(−(i − j)²/2w²), with every choice of a standard deviation w of `widths` for each axis, in places; 0 is a single place. With all their numbers on an axis of s places as one matrix B [s, columns], `widths` times s of them (one where s is 1), B of
 * all axes needs not be made: with the pairs (p, q) of places as one tensor of axes s², (B diag(γ) Bᵀ)_pq = Σ_j γ_j Π L(p, q; j), L = B_pj B_qj, is a product of small matrices along each axis. Where L of all
 * axes have more numbers than B, as of signals with one axis, B it is.
 */
export function bumpsOf(shape: readonly number[], widths: readonly number[]): Bumps {
  const axes = shape.map((size) => bumpsOnAxis(size, widths));
  const overAxes = (of: (own: AxisBumps) => Float64Array) =>
    axes.reduce((all, own) => outer(all, of(own)), Float64Array.of(1));
  const even = overAxes((own) => own.even);
  const round = new Float64Array(even.length);
  for (const width of widths) {
    const all = overAxes((own) => own.widthOf.map((v) => Number(own.size === 1 || v === width)));
    for (let j = 0; j < round.length; j++) round[j] = Math.max(round[j]!, all[j]!);
  }
  const numbersOfPairs = axes.reduce((sum, { size, columns }) => sum + size ** 2 * columns, 0);
  if (sizeOf(shape) * even.length < numbersOfPairs) return { ...explicitForm(axes), size: even.length, even, round };
  const order = pairOrder(shape);
  const squares = axes.map(pairsOnAxis);
  return {
    size: even.length,
    even,
    round,
    covariance: async (gamma) => {
      const pairs = await alongAxes(
        gamma,
        squares.map(({ from, to, matrix }) => ({ from: to, to: from, matrix: transpose(matrix, from, to) })),
      );
      const out = new Float64Array(order.length);
      for (let at = 0; at < order.length; at++) out[at] = pairs[order[at]!]!;
      return out;
    },
    diagonal: (matrix) => {
      const pairs = new Float64Array(matrix.length);
      for (let at = 0; at < order.length; at++) pairs[order[at]!] = matrix[at]!;
      return alongAxes(pairs, squares);
    },
  };
}

interface AxisBumps {
  readonly size: number;
  readonly columns: number;
  /** B of the axis, [size, columns]: all places of the first width, then of the next. */
  readonly b: Float64Array;
  /** [columns] */
  readonly even: Float64Array;
  /** [columns] */
  readonly widthOf: Float64Array;
}

function bumpsOnAxis(size: number, allWidths: readonly number[]): AxisBumps {
  const widths = size === 1 ? [0] : allWidths; // bumps of all widths are the same on one place
  const columns = widths.length * size;
  const b = new Float64Array(size * columns);
  const even = new Float64Array(columns);
  const widthOf = new Float64Array(columns);
  const middle = Math.floor(size / 2);
  for (const [k, width] of widths.entries()) {
    let power = 0;
    for (let p = 0; p < size; p++) {
      for (let j = 0; j < size; j++) b[p * columns + k * size + j] = bump(p - j, width);
      power += bump(p - middle, width) ** 2;
    }
    even.fill(1 / power / widths.length, k * size, (k + 1) * size);
    widthOf.fill(width, k * size, (k + 1) * size);
  }
  return { size, columns, b, even, widthOf };
}

const bump = (apart: number, width: number): number =>
  width === 0 ? Number(apart === 0) : Math.exp(-(apart ** 2) / (2 * width ** 2));

/** a_i b_j, row-major. */
const outer = (a: Float64Array, b: Float64Array) =>
  Float64Array.from({ length: a.length * b.length }, (_, at) => a[Math.floor(at / b.length)]! * b[at % b.length]!);

/** The form by B [n, columns] itself. */
function explicitForm(axes: readonly AxisBumps[]): Pick<CovarianceForm, "covariance" | "diagonal"> {
  let [b, n, size] = [Float64Array.of(1), 1, 1];
  for (const own of axes) {
    b = kronecker(b, n, size, own);
    n *= own.size;
    size *= own.columns;
  }
  const columns = transpose(b, n, size);
  return {
    covariance: (gamma) => {
      const weighted = b.map((v, at) => v * gamma[at % size]!);
      return product(weighted, columns, n, size, n);
    },
    diagonal: async (matrix) => {
      const moved = await product(columns, matrix, size, n, n);
      return Float64Array.from({ length: size }, (_, j) => dot(moved, j * n, columns, j * n, n));
    },
  };
}

/** A ⊗ B for A [rows, columns] and B of an axis. */
function kronecker(a: Float64Array, rows: number, columns: number, own: AxisBumps): Float64Array<ArrayBuffer> {
  const out = new Float64Array(a.length * own.b.length);
  for (let i = 0, at = 0; i < rows; i++)
    for (let p = 0; p < own.size; p++)
      for (let j = 0; j < columns; j++)
        for (let q = 0; q < own.columns; q++) out[at++] = a[i * columns + j]! * own.b[p * own.columns + q]!;
  return out;
}

/** L [s², columns] of one axis. */
function pairsOnAxis({ size, columns, b }: AxisBumps): AxisMap {
  const matrix = new Float64Array(size * size * columns);
  for (let p = 0, at = 0; p < size; p++)
    for (let q = 0; q < size; q++)
      for (let j = 0; j < columns; j++) matrix[at++] = b[p * columns + j]! * b[q * columns + j]!;
  return { from: size * size, to: columns, matrix };
}

/** For each pair (p, q) of places, row-major [n, n], its place in the tensor [s₀², s₁², …] of pairs on each axis. */
function pairOrder(shape: readonly number[]): Int32Array {
  let of = Int32Array.of(0);
  let n = 1;
  for (const size of shape) {
    const next = new Int32Array((n * size) ** 2);
    for (let p = 0, at = 0; p < n * size; p++) {
      for (let q = 0; q < n * size; q++) {
        const before = of[Math.floor(p / size) * n + Math.floor(q / size)]!;
        next[at++] = before * size * size + (p % size) * size + (q % size);
      }
    }
    of = next;
    n *= size;
  }
  return of;
}

interface AxisMap {
  readonly from: number;
  readonly to: number;
  /** [from, to] */
  readonly matrix: Float64Array;
}

/** A tensor whose axes have the sizes `from`, multiplied along each of them: the axes of the result have the sizes `to`. */
async function alongAxes(tensor: Float64Array, axes: readonly AxisMap[]): Promise<Float64Array> {
  let now = tensor;
  // the last axis is multiplied and becomes the first, so that the order is the old one after all of them
  for (const { from, to, matrix } of axes.toReversed()) {
    const rest = now.length / from;
    now = transpose(await product(now, matrix, rest, from, to), rest, to);
  }
  return now;
}
