import { pauses } from "../src/engine/events.ts";
import { choleskyBlocked } from "../src/engine/float64.ts";
import { submatrix } from "./submatrix.ts";

/**
 * The lower triangular L [n, n] with A + diag(a) = LLᵀ, for the first of several raises a that makes the sum positive definite.
 * `raises` are functions of the row. Rows of zeros in A stay zeros in L.
 * Errors (RangeError): no raise is enough. Ends with the signal's reason.
 */
export async function raisedCholesky(
  matrix: ArrayLike<number>,
  n: number,
  raises: readonly ((row: number) => number)[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const rows: number[] = [];
  for (let i = 0; i < n; i++) if (!isZero(matrix, i * n, n)) rows.push(i);
  const size = rows.length;
  const raised = await submatrix(matrix, n, rows, signal);
  const l = await firstFactor(
    raised,
    rows.map((row) => matrix[row * (n + 1)]!),
    raises.map((raise) => (i: number) => raise(rows[i]!)),
    signal,
  );
  if (size === n) return l;
  const pause = pauses(signal);
  const out = new Float64Array(n * n);
  for (let i = 0; i < size; i++) {
    await pause();
    for (let j = 0; j <= i; j++) out[rows[i]! * n + rows[j]!] = l[i * size + j]!;
  }
  return out;
}

/** The factor of a matrix whose diagonal is replaced by `diagonal` with the first raise that is enough. */
async function firstFactor(
  matrix: Float64Array,
  diagonal: readonly number[],
  [raise, ...others]: readonly ((row: number) => number)[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const n = diagonal.length;
  for (const [i, v] of diagonal.entries()) matrix[i * (n + 1)] = v + raise!(i);
  try {
    return await choleskyBlocked(matrix, n, signal);
  } catch (error) {
    if (!(error instanceof RangeError) || others.length === 0) throw error;
  }
  return firstFactor(matrix, diagonal, others, signal);
}

function isZero(values: ArrayLike<number>, from: number, count: number): boolean {
  for (let at = from; at < from + count; at++) if (values[at] !== 0) return false;
  return true;
}
