import { dot } from "./vector.ts";

/** Eigenvalues in falling order and their orthonormal eigenvectors, one per row: `vectors[i * n + k]`. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** The sum of the diagonal of a matrix [n, n]. */
export function trace(matrix: ArrayLike<number>, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += matrix[i * (n + 1)]!;
  return sum;
}

/**
 * The `count` largest eigenvalues of a symmetric matrix A [n, n] (row-major, float64) with their eigenvectors.
 *
 * Householder reduction to a tridiagonal T = QᵀAQ, implicit QL on T, then Q applied to the wanted vectors (Golub, Van
 * Loan, Matrix Computations, sections 8.3.1 and 8.3.3). Every inner loop runs along rows, which makes it fast: about 1 s at n = 784.
 * The sign of each vector is chosen so that its largest entry is positive; so results can be compared.
 * Errors: NaN or Inf in the matrix.
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number, count = n): Eigen {
  const steps = symmetricEigenSteps(matrix, n, count);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in some 3n steps, of which none takes long: a caller may do something else between them. */
export function* symmetricEigenSteps(
  matrix: ArrayLike<number>,
  n: number,
  count = n,
): Generator<undefined, Eigen, undefined> {
  const a = Float64Array.from(matrix);
  if (a.length !== n * n) throw new RangeError(`symmetricEigen: expected ${n * n} numbers, got ${a.length}`);
  if (!a.every(Number.isFinite)) throw new RangeError("symmetricEigen: the matrix holds NaN or Inf");
  const { diagonal, off, factors } = yield* tridiagonalise(a, n);
  const rows = yield* implicitQl(diagonal, off, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => diagonal[j]! - diagonal[i]!);
  const values = new Float64Array(count);
  const vectors = new Float64Array(count * n);
  for (const [i, from] of order.slice(0, count).entries()) {
    values[i] = diagonal[from]!;
    const v = vectors.subarray(i * n, (i + 1) * n);
    v.set(rows.subarray(from * n, (from + 1) * n));
    for (let k = n - 3; k >= 0; k--) reflect(v, a.subarray(k * n, (k + 1) * n), factors[k]!, k + 1);
    orient(v);
    yield;
  }
  return { values, vectors };
}

/** T = QᵀAQ with Q = H_0 H_1 …, H_k = I - β_k v_k v_kᵀ. v_k is left in row k of `a`, right of the diagonal; β in `factors`. */
function* tridiagonalise(a: Float64Array, n: number) {
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const factors = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    yield;
    const v = a.subarray(k * n, (k + 1) * n);
    diagonal[k] = v[k]!;
    if (k === n - 1) break;
    let norm = 0;
    for (let i = k + 1; i < n; i++) norm = Math.hypot(norm, v[i]!);
    if (k === n - 2 || norm === 0) {
      off[k] = v[k + 1]!;
      continue;
    }
    const alpha = v[k + 1]! > 0 ? -norm : norm;
    off[k] = alpha;
    for (let i = k + 1; i < n; i++) v[i]! /= norm; // else squares of tiny numbers would become 0
    v[k + 1]! -= alpha / norm;
    const beta = -norm / (alpha * v[k + 1]!);
    factors[k] = beta;
    // A ← A - v wᵀ - w vᵀ with p = β A v and w = p - (β pᵀv / 2) v
    let pv = 0;
    for (let i = k + 1; i < n; i++) {
      p[i] = beta * dot(a, i * n + k + 1, v, k + 1, n - k - 1);
      pv += p[i]! * v[i]!;
    }
    for (let i = k + 1; i < n; i++) p[i]! -= 0.5 * beta * pv * v[i]!;
    for (let i = k + 1; i < n; i++) {
      const [vi, wi] = [v[i]!, p[i]!];
      const row = i * n;
      for (let j = k + 1; j < n; j++) a[row + j]! -= vi * p[j]! + wi * v[j]!;
    }
  }
  return { diagonal, off, factors };
}

/** v ← v - β u (uᵀv), over the entries from `from` on. */
function reflect(v: Float64Array, u: Float64Array, beta: number, from: number): void {
  if (beta === 0) return;
  const scaled = beta * dot(u, from, v, from, v.length - from);
  for (let i = from; i < v.length; i++) v[i]! -= scaled * u[i]!;
}

/** Diagonalises the tridiagonal matrix (d, e) in place: d becomes its eigenvalues; returns the eigenvectors as rows. */
function* implicitQl(d: Float64Array, e: Float64Array, n: number) {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]!) + Math.abs(e[i]!));
  const negligible = Number.EPSILON * norm; // about as large as the rounding errors so far
  for (let l = 0; l < n; l++) {
    yield;
    for (let round = 0; ; round++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > negligible) m++;
      if (m === l) break;
      if (round === 60) throw new Error("symmetricEigen: did not converge"); // 2 rounds are usual
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      g = d[m]! - d[l]! + e[l]! / (g + (g < 0 ? -1 : 1) * Math.hypot(g, 1));
      let [s, c, shift] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i]!;
        const b = c * e[i]!;
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= shift; // an off-diagonal entry vanished: the block splits here
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - shift;
        const t = (d[i]! - g) * s + 2 * c * b;
        shift = s * t;
        d[i + 1] = g + shift;
        g = c * t - b;
        rotate(rows, i * n, n, c, s);
      }
      if (i >= l) continue;
      d[l]! -= shift;
      e[l] = g;
      e[m] = 0;
    }
  }
  return rows;
}

/** Rotates the row that begins at `row` and the one after it. */
function rotate(rows: Float64Array, row: number, n: number, c: number, s: number): void {
  for (let k = row; k < row + n; k++) {
    const below = rows[k + n]!;
    const above = rows[k]!;
    rows[k + n] = s * above + c * below;
    rows[k] = c * above - s * below;
  }
}

/** Changes the sign of a vector, if needed, so that its largest entry is positive. */
export function orient(v: Float64Array): void {
  let largest = 0;
  for (const x of v) if (Math.abs(x) > Math.abs(largest)) largest = x;
  if (largest < 0) for (let i = 0; i < v.length; i++) v[i] = -v[i]!;
}
