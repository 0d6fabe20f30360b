import { dot } from "./vector.ts";

/**
 * AB in float64 for A [rows, inner] and B [inner, columns], row-major; along rows, and past the zeros of A. For sums whose
 * rounding must not grow with what is inverted later; everything else multiplies in the engine.
 */
export function multiply(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  if (a.length !== rows * inner || b.length !== inner * columns) {
    throw new RangeError(
      `multiply: expected ${rows * inner} and ${inner * columns} numbers, got ${a.length} and ${b.length}`,
    );
  }
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const v = a[i * inner + k]!;
      if (v === 0) continue;
      const [to, from] = [i * columns, k * columns];
      for (let j = 0; j < columns; j++) out[to + j]! += v * b[from + j]!;
    }
  }
  return out;
}

/** Aᵀ [columns, rows] in float64 of A [rows, columns]. */
export function transpose(a: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j]!;
  return out;
}

/** ABᵀ for A [rows, inner] and B [columns, inner]. */
export function multiplyTransposed(a: Float64Array, b: Float64Array, inner: number): Float64Array {
  const [rows, columns] = [a.length / inner, b.length / inner];
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[i * columns + j] = dot(a, i * inner, b, j * inner, inner);
  }
  return out;
}
