import ndarray, { type NdArray } from "ndarray";
import { cholesky, solveLower, solveLowerTransposed } from "../../src/data/cholesky.ts";
import { pauses } from "../../src/engine/events.ts";
import { diagonalAt, triangleSize } from "../../src/sketch/index.ts";

/** Pairs of all cells that each cell is given, with its own contrast. Chosen on training images. */
const LEANING = 100;
/** What is added to the variance of every given number, as a part of their mean, against singular sums. */
const RAISE = 1e-6;

/**
 * The least-squares regression of the last `wanted` numbers of a pair on the first `given` in each cell, from its sums Σ aaᵀ of pairs a (lower triangles
 * [K, w(w+1)/2]): M_k = (A_k + λA)⁻¹(B_k + λB), A of the given with the given, B of the given with the wanted, and λ the weight of those of all
 * cells. Matrices [K, given, wanted].
 */
export async function regressions(
  counts: Float64Array,
  sums: Float64Array,
  { given, wanted }: { readonly given: number; readonly wanted: number },
  signal?: AbortSignal,
): Promise<NdArray<Float32Array>> {
  const cells = counts.length;
  const size = sums.length / cells;
  const total = counts.reduce((a, b) => a + b, 0);
  const pooled = new Float64Array(size);
  for (let at = 0; at < sums.length; at++) pooled[at % size]! += sums[at]! / total;
  const traceOf = (triangle: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < given; i++) sum += triangle[diagonalAt(i)]!;
    return sum;
  };
  const power = traceOf(pooled);
  const out = new Float32Array(cells * given * wanted);
  const pause = pauses(signal);
  for (let k = 0; k < cells; k++) {
    await pause();
    const own = sums.subarray(k * size, (k + 1) * size);
    // the pairs of all cells, of this cell's contrast as far as the cell has pairs to know it by
    const lean = (LEANING * (traceOf(own) + power)) / ((counts[k]! + 1) * power);
    const at = (i: number, j: number) => {
      const place = triangleSize(i) + j;
      return own[place]! + lean * pooled[place]!;
    };
    const raise = (RAISE * (traceOf(own) + lean * power)) / given;
    const a = new Float64Array(given * given);
    for (let i = 0; i < given; i++) {
      for (let j = 0; j <= i; j++) a[i * given + j] = a[j * given + i] = at(i, j);
      a[i * (given + 1)]! += raise;
    }
    const factor = cholesky(a, given);
    for (let w = 0; w < wanted; w++) {
      const b = Float64Array.from({ length: given }, (_, i) => at(given + w, i));
      const solved = solveLowerTransposed(factor, given, solveLower(factor, given, b));
      for (let i = 0; i < given; i++) out[(k * given + i) * wanted + w] = solved[i]!;
    }
  }
  return ndarray(out, [cells, given, wanted]);
}
