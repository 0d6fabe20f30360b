type Numbers = Float64Array | Float32Array;

/**
 * Σ aᵢbᵢ over `count` numbers of a from `fromA` and of b from `fromB`, in float64. It keeps four sums, because with one sum each addition
 * would wait for the one before.
 */
export function dot(a: Numbers, fromA: number, b: Numbers, fromB: number, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < count; k += 4) {
    s0 += a[fromA + k]! * b[fromB + k]!;
    s1 += a[fromA + k + 1]! * b[fromB + k + 1]!;
    s2 += a[fromA + k + 2]! * b[fromB + k + 2]!;
    s3 += a[fromA + k + 3]! * b[fromB + k + 3]!;
  }
  for (; k < count; k++) s0 += a[fromA + k]! * b[fromB + k]!;
  return s0 + s1 + (s2 + s3);
}

/** Σ aᵢ² over `count` numbers from `from`; default all. */
export const squaredNorm = (a: Numbers, from = 0, count = a.length - from): number => dot(a, from, a, from, count);

/** The median. For an even count, the lower of the two middle numbers; NaN for no numbers. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? Number.NaN : sorted[(sorted.length - 1) >> 1]!;
}
