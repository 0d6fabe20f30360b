import { dot } from "./vector.ts";

/**
 * Rotates vectors so that the first `count` of them become triangular: QᵀA = [B; 0] by Householder reflections (Golub, Van Loan,
 * Matrix Computations, section 5.2), applied to all vectors, in place.
 *
 * `vectors` [rows, m] holds one vector per row; count ≤ m. Afterwards row a < count is zero beyond its entry a. The inner products
 * between rows do not change.
 */
export function triangularise(vectors: Float64Array, m: number, count: number): void {
  const rows = vectors.length / m;
  for (let a = 0; a < Math.min(count, m - 1); a++) {
    const pivot = vectors.subarray(a * m, (a + 1) * m);
    let norm = 0;
    for (let q = a; q < m; q++) norm = Math.hypot(norm, pivot[q]!);
    if (norm === 0) continue;
    const end = pivot[a]! > 0 ? -norm : norm;
    const v = pivot.slice(a);
    v[0]! -= end;
    const scale = -1 / (end * v[0]!); // 2/|v|²
    for (let row = a + 1; row < rows; row++) {
      const from = row * m + a;
      const along = scale * dot(v, 0, vectors, from, v.length);
      for (let q = 0; q < v.length; q++) vectors[from + q]! -= along * v[q]!;
    }
    pivot.fill(0, a);
    pivot[a] = end;
  }
}
