import { choleskyBlocked } from "../src/engine/float64.ts";

/**
 * The lower triangular L [n, n] with A + diag(a) = LLᵀ, for the first of several raises a that makes the sum positive definite.
 * `raises` are functions of the row. Rows of zeros in A stay zeros in L.
 * Errors (RangeError): no raise is enough.
 */
export async function raisedCholesky(
  matrix: ArrayLike<number>,
  n: number,
  raises: readonly ((row: number) => number)[],
): Promise<Float64Array> {
  const rows = Array.from({ length: n }, (_, i) => i).filter((i) => !isZero(matrix, i * n, n));
  const size = rows.length;
  const l = await firstFactor(
    Float64Array.from({ length: size * size }, (_, at) => matrix[rows[Math.floor(at / size)]! * n + rows[at % size]!]!),
    size,
    raises.map((raise) => (i: number) => raise(rows[i]!)),
  );
  const out = new Float64Array(n * n);
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j <= i; j++) out[row * n + rows[j]!] = l[i * size + j]!;
  }
  return out;
}

async function firstFactor(matrix: Float64Array, n: number, [raise, ...others]: readonly ((row: number) => number)[]) {
  const raised = matrix.slice();
  for (let i = 0; i < n; i++) raised[i * (n + 1)]! += raise!(i);
  try {
    return await choleskyBlocked(raised, n);
  } catch (error) {
    if (!(error instanceof RangeError) || others.length === 0) throw error;
  }
  return firstFactor(matrix, n, others);
}

function isZero(values: ArrayLike<number>, from: number, count: number): boolean {
  for (let at = from; at < from + count; at++) if (values[at] !== 0) return false;
  return true;
}
