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

export interface Directions {
  /** s², falling. */
  readonly values: Float64Array;
  /** Right singular vectors, a row each, [r, n]. */
  readonly rows: Float64Array;
}

/** The squared singular values of Φ [m, n] that are not negligible, with their right singular vectors. */
export function directionsOf(matrix: NdArray<Float32Array>): Directions {
  const [m, n] = matrix.shape as [number, number];
  const phi = Float64Array.from(contiguous(matrix));
  const columns = transpose(phi, m, n);
  const wide = m < n;
  const { values, vectors } = wide
    ? symmetricEigen(multiplyTransposed(phi, phi, n), m)
    : symmetricEigen(multiplyTransposed(columns, columns, m), n);
  const rank = values.filter((v) => v > NEGLIGIBLE ** 2 * values[0]!).length;
  const kept = { values: values.slice(0, rank), rows: vectors.slice(0, rank * (wide ? m : n)) };
  if (!wide) return kept;
  const rows = multiplyTransposed(kept.rows, columns, m); // Φᵀu is sv
  for (let at = 0; at < rows.length; at++) rows[at]! /= Math.sqrt(values[Math.floor(at / n)]!);
  return { values: kept.values, rows };
}

/**
 * The directions in which a covariance can be told: s² is not negligible, and `noise`/s², the noise of the estimated
 * variance, is at most a tenth of `variance`, that of a typical direction.
 */
export function seenDirections({ values, rows }: Directions, noise: number, variance: number): Directions {
  const n = rows.length / values.length;
  const count = Math.max(1, values.filter((v) => noise / v <= 0.1 * variance).length);
  return { values: values.slice(0, count), rows: rows.slice(0, count * n) };
}

/** The null space that is left by all directions of a Φ. */
export function nullSpace({ values, rows }: Directions): NullSpace {
  const n = rows.length / values.length;
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
