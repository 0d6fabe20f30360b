import type { NdArray } from "ndarray";
import { contiguous } from "../../data/array.ts";
import { symmetricEigen } from "../../data/linalg.ts";
import { multiplyTransposed, transpose } from "../../data/matmul.ts";

/** What one Φ leaves unseen of every signal. */
export interface NullSpace {
  /** Dimension of the null space: of n directions, those with a singular value below a thousandth of the largest. */
  readonly dimension: number;
  readonly of: number;
  /** The number of the signal that lies most in the null space, and which part of its square does. */
  readonly largest: { readonly at: number; readonly share: number };
}

/** Singular values below this part of the largest count as 0. */
const NEGLIGIBLE = 1e-3;

interface Directions {
  /** s², falling. */
  readonly values: Float64Array;
  /** Right singular vectors, a row each, [r, n]. */
  readonly rows: Float64Array;
}

/** All squared singular values of Φ [m, n], with those right singular vectors whose value is not negligible. */
function directions(matrix: NdArray<Float32Array>): Directions {
  const [m, n] = matrix.shape as [number, number];
  const phi = transpose(contiguous(matrix), m, n);
  const { values, vectors } = symmetricEigen(multiplyTransposed(phi, phi, m), n);
  const rank = values.filter((v) => v > NEGLIGIBLE ** 2 * values[0]!).length;
  return { values: values.slice(0, rank), rows: vectors.slice(0, rank * n) };
}

/**
 * The right singular directions of Φ in which a covariance can be told: s² is not negligible, and `noise`/s², the noise of the estimated
 * variance, is at most a tenth of `variance`, that of a typical direction.
 */
export function seenDirections(matrix: NdArray<Float32Array>, noise: number, variance: number): Directions {
  const n = matrix.shape[1]!;
  const { values, rows } = directions(matrix);
  const count = Math.max(1, values.filter((v) => noise / v <= 0.1 * variance).length);
  return { values: values.slice(0, count), rows: rows.slice(0, count * n) };
}

/** The null space of Φ [m, n]. */
export function nullSpace(matrix: NdArray<Float32Array>): NullSpace {
  const n = matrix.shape[1]!;
  const { values, rows } = directions(matrix);
  const share = new Float64Array(n).fill(1);
  for (const [at, v] of rows.entries()) share[at % n]! -= v * v;
  let at = 0;
  for (let i = 1; i < n; i++) if (share[i]! > share[at]! + 1e-9) at = i;
  return { dimension: n - values.length, of: n, largest: { at, share: Math.max(0, share[at]!) } };
}

/** A null space for people. */
export const nullSpaceWords = ({ dimension, of, largest }: NullSpace): string =>
  dimension === 0
    ? `one Φ for all samples, which sees all ${of} directions`
    : `one Φ for all samples identifies ΦCΦᵀ alone: ${dimension} of ${of} directions are unseen, ` +
      `most of number ${largest.at}, ${(100 * largest.share).toFixed(0)} %`;
