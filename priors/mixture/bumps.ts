import { sizeOf } from "../../src/data/array.ts";
import { transpose } from "../../src/data/matmul.ts";
import { dot, squaredNorm } from "../../src/data/vector.ts";
import { product } from "../../src/engine/float64.ts";

/** Covariances B diag(γ) Bᵀ of signals [n] that are sums of the columns of a B [n, size]. */
export interface CovarianceForm {
  readonly size: number;
  /** The mean square of a signal's number where all columns have the weight 1, far from the borders. */
  readonly power: number;
  /** B diag(γ) Bᵀ, [n, n], for γ [size]. */
  covariance(gamma: Float64Array): Promise<Float64Array>;
  /** diag BᵀMB, [size], for M [n, n]. */
  diagonal(matrix: Float64Array): Promise<Float64Array>;
}

/** The longest axis that is multiplied on its own. */
const LONG = 100;

/**
 * Gaussian bumps, one at each of the n places of a shape, a product over the axes of exp(−(i − j)²/2w²) with w = `width`, in places; of 0 single places. A product over axes with sizes s needs no B: with the pairs (p, q) of places as one tensor of axes s²,
 * (B diag(γ) Bᵀ)_pq = Σ_j γ_j Π L(p, q; j), L = exp(−((p − j)² + (q − j)²)/2w²), is a product of small matrices along each axis.
 */
export function bumpsOf(shape: readonly number[], width: number): CovarianceForm {
  if (Math.max(...shape) > LONG) return longBumps(shape, width);
  const axes = shape.map((size) => pairsOnAxis(size, width));
  const order = pairOrder(shape);
  return {
    size: sizeOf(shape),
    power: axes.reduce((all, { middle }) => all * middle, 1),
    covariance: async (gamma) => {
      const pairs = await alongAxes(
        gamma,
        axes.map(({ size, l }) => ({ from: size, to: size * size, matrix: transpose(l, size * size, size) })),
      );
      const out = new Float64Array(order.length);
      for (let at = 0; at < order.length; at++) out[at] = pairs[order[at]!]!;
      return out;
    },
    diagonal: (matrix) => {
      const pairs = new Float64Array(matrix.length);
      for (let at = 0; at < order.length; at++) pairs[order[at]!] = matrix[at]!;
      return alongAxes(
        pairs,
        axes.map(({ size, l }) => ({ from: size * size, to: size, matrix: l })),
      );
    },
  };
}

const bump = (apart: number, width: number): number =>
  width === 0 ? Number(apart === 0) : Math.exp(-(apart ** 2) / (2 * width ** 2));

/** Bumps as an explicit B [n, n]: an axis of s places has s³ numbers in L. */
function longBumps(shape: readonly number[], width: number): CovarianceForm {
  const n = sizeOf(shape);
  const b = new Float64Array(n * n).fill(1);
  let stride = n;
  for (const size of shape) {
    stride /= size;
    const place = (i: number) => Math.floor(i / stride) % size;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) b[i * n + j]! *= bump(place(i) - place(j), width);
  }
  return {
    size: n,
    power: squaredNorm(b, Math.floor(n / 2) * n, n),
    covariance: (gamma) => {
      const weighted = b.map((v, at) => v * gamma[at % n]!);
      return product(weighted, b, n, n, n); // B is symmetric
    },
    diagonal: async (matrix) => {
      const moved = await product(b, matrix, n, n, n);
      return Float64Array.from({ length: n }, (_, i) => dot(moved, i * n, b, i * n, n));
    },
  };
}

/** L [s², s] of one axis, and the sum of the squares of the bump in its middle. */
function pairsOnAxis(size: number, width: number) {
  const l = new Float64Array(size ** 3);
  for (let p = 0, at = 0; p < size; p++)
    for (let q = 0; q < size; q++) for (let j = 0; j < size; j++) l[at++] = bump(p - j, width) * bump(q - j, width);
  const j = Math.floor(size / 2);
  let middle = 0;
  for (let p = 0; p < size; p++) middle += bump(p - j, width) ** 2;
  return { size, l, middle };
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
