/** Columns of one panel, so few that the sums stay in the processor's cache. */
const PANEL = 512;

/**
 * AB in float64 for A [rows, inner] and B [inner, columns], row-major. Use it where a later inversion would magnify float32 rounding;
 * everything else is multiplied in the engine. It takes two rows of A and four of B at a time, about 4 times as fast as one by one.
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
  const [left, right] = [float64(a), float64(b)];
  const out = new Float64Array(rows * columns);
  for (let from = 0; from < columns; from += PANEL) {
    const to = Math.min(columns, from + PANEL);
    for (let k = 0; k < inner; k += 4) {
      for (let i = 0; i < rows; i += 2) addProducts(out, left, right, { i, k, rows, inner, columns, from, to });
    }
  }
  return out;
}

interface Place {
  readonly i: number;
  readonly k: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly from: number;
  readonly to: number;
}

/** Rows i, i+1 of A times rows k to k+3 of B, in the columns `from` to `to`. Rows past the last one count as 0. */
function addProducts(out: Float64Array, a: Float64Array, b: Float64Array, place: Place): void {
  const { i, k, rows, inner, columns, from, to } = place;
  const at = (row: number, q: number) => (row < rows && q < inner ? a[row * inner + q]! : 0);
  const [v0, v1, v2, v3] = [at(i, k), at(i, k + 1), at(i, k + 2), at(i, k + 3)];
  const [w0, w1, w2, w3] = [at(i + 1, k), at(i + 1, k + 1), at(i + 1, k + 2), at(i + 1, k + 3)];
  if (v0 === 0 && v1 === 0 && v2 === 0 && v3 === 0 && w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0) return; // masks
  const rowOf = (q: number) => Math.min(q, inner - 1) * columns;
  const [p0, p1, p2, p3] = [rowOf(k), rowOf(k + 1), rowOf(k + 2), rowOf(k + 3)];
  const first = i * columns;
  if (i + 1 === rows) {
    for (let j = from; j < to; j++) {
      out[first + j]! += v0 * b[p0 + j]! + v1 * b[p1 + j]! + v2 * b[p2 + j]! + v3 * b[p3 + j]!;
    }
    return;
  }
  const second = first + columns;
  for (let j = from; j < to; j++) {
    const x0 = b[p0 + j]!;
    const x1 = b[p1 + j]!;
    const x2 = b[p2 + j]!;
    const x3 = b[p3 + j]!;
    out[first + j]! += v0 * x0 + v1 * x1 + v2 * x2 + v3 * x3;
    out[second + j]! += w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3;
  }
}

/** Converts to one array type, so that the inner loops are compiled for that type only. */
const float64 = (numbers: ArrayLike<number>): Float64Array =>
  numbers instanceof Float64Array ? numbers : Float64Array.from(numbers);

/** Aᵀ [columns, rows] in float64 of A [rows, columns]. */
export function transpose(a: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j]!;
  return out;
}

/** How many rows of B are taken together with every row of A. */
const ROWS = 64;

/** ABᵀ in float64 for A [rows, inner] and B [columns, inner], two rows of each at a time. Of AAᵀ one half is computed and mirrored. */
export function multiplyTransposed(a: Float64Array, b: Float64Array, inner: number): Float64Array {
  const [rows, columns] = [a.length / inner, b.length / inner];
  const out = new Float64Array(rows * columns);
  for (let from = 0; from < columns; from += ROWS) {
    const to = Math.min(columns, from + ROWS);
    for (let i = 0; i < rows; i += 2) {
      const [p0, p1] = [i * inner, Math.min(i + 1, rows - 1) * inner];
      for (let j = from; j < to; j += 2) {
        if (a === b && j > i) break;
        const [q0, q1] = [j * inner, Math.min(j + 1, columns - 1) * inner];
        let s00 = 0;
        let s01 = 0;
        let s10 = 0;
        let s11 = 0;
        for (let k = 0; k < inner; k++) {
          const x0 = a[p0 + k]!;
          const x1 = a[p1 + k]!;
          const y0 = b[q0 + k]!;
          const y1 = b[q1 + k]!;
          s00 += x0 * y0;
          s01 += x0 * y1;
          s10 += x1 * y0;
          s11 += x1 * y1;
        }
        out[i * columns + j] = s00;
        if (j + 1 < columns) out[i * columns + j + 1] = s01;
        if (i + 1 < rows) out[(i + 1) * columns + j] = s10;
        if (i + 1 < rows && j + 1 < columns) out[(i + 1) * columns + j + 1] = s11;
      }
    }
  }
  if (a === b) {
    for (let i = 0; i < rows; i++) for (let j = 0; j < i; j++) out[j * rows + i] = out[i * rows + j]!;
  }
  return out;
}
