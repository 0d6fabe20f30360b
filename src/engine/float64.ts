import { cholesky, invertLower, solveLower } from "../data/cholesky.ts";
import { type Eigen, symmetricEigenSteps } from "../data/linalg.ts";
import { multiply, multiplyTransposed } from "../data/matmul.ts";
import { pauses } from "./events.ts";
import type { Value } from "./graph.ts";
import { encodeOnnx } from "./onnx.ts";
import { onnxRuntime, openSession } from "./session.ts";
import { engineSettings } from "./settings.ts";

/**
 * Products and factors of matrices in float64, row-major, for matrices whose float32 rounding a later inversion would magnify, and eigenvectors. ONNX Runtime
 * multiplies, 50 times as fast as JavaScript (600 × 3072 × 3072: 0.1 s). JavaScript computes small products, and all products with the
 * engine tfjs. Events run between the blocks of a factor.
 */

/** From this number of multiplications on, a run of ONNX Runtime costs less than JavaScript. */
const WORTH_A_RUN = 2 ** 18;

/** Rows and columns of one block of a factor. */
const BLOCK = 128;

/** AB, [rows, columns], of A [rows, inner] and B [inner, columns]. */
export const product = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  inner: number,
  columns: number,
): Promise<Float64Array> =>
  isSmall(rows * inner * columns)
    ? Promise.resolve(multiply(a, b, rows, inner, columns))
    : gemm(float64(a), [rows, inner], float64(b), [inner, columns], "AB");

/** ABᵀ, [rows, columns], of A [rows, inner] and B [columns, inner]. */
export function productTransposed(a: Float64Array, b: Float64Array, inner: number): Promise<Float64Array> {
  const [rows, columns] = [a.length / inner, b.length / inner];
  return isSmall(rows * inner * columns)
    ? Promise.resolve(multiplyTransposed(a, b, inner))
    : gemm(a, [rows, inner], b, [columns, inner], "ABᵀ");
}

/**
 * The lower triangular L [n, n] with A = LLᵀ, block column by block column; zeros above the diagonal. Only A's lower triangle is read.
 * Errors (RangeError): A is not positive definite to float64 rounding, or holds NaN or Inf. Ends with the signal's reason.
 */
export async function choleskyBlocked(a: ArrayLike<number>, n: number, signal?: AbortSignal): Promise<Float64Array> {
  if (isSmall(n ** 3)) return cholesky(a, n);
  const pause = pauses(signal);
  const l = new Float64Array(n * n);
  for (let from = 0; from < n; from += BLOCK) {
    await pause();
    const to = Math.min(n, from + BLOCK);
    const width = to - from;
    const known = columnsOf(l, n, from, 0, from);
    const rest = columnsOf(a, n, from, from, to);
    await subtractProduct(rest, known, known.subarray(0, width * from), from);
    const diagonal = pivoted(() => cholesky(rest.subarray(0, width * width), width), from, n);
    const below = solveLower(diagonal, width, rest.subarray(width * width));
    for (let i = from; i < n; i++) {
      const row = i < to ? diagonal.subarray((i - from) * width) : below.subarray((i - to) * width);
      l.set(row.subarray(0, width), i * n + from);
    }
  }
  return l;
}

/** `symmetricEigen`, with events between its steps: a second at n = 784. Ends with the signal's reason. */
export async function symmetricEigenPausing(
  matrix: ArrayLike<number>,
  n: number,
  count = n,
  signal?: AbortSignal,
): Promise<Eigen> {
  const pause = pauses(signal);
  const steps = symmetricEigenSteps(matrix, n, count);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
  }
}

/** Solves Lx = b for every row b of b [rows, n], in place, block by block, and returns it. Ends with the signal's reason. */
export async function solveLowerBlocked(
  l: Float64Array,
  n: number,
  b: Float64Array,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const rows = b.length / n;
  if (isSmall(rows * n * n)) return solveLower(l, n, b);
  const pause = pauses(signal);
  for (let from = 0; from < n; from += BLOCK) {
    await pause();
    const to = Math.min(n, from + BLOCK);
    const width = to - from;
    const rest = columnsOf(b, n, 0, from, to);
    const known = columnsOf(l, n, from, 0, from).subarray(0, width * from);
    await subtractProduct(rest, columnsOf(b, n, 0, 0, from), known, from);
    const diagonal = columnsOf(l, n, from, from, to).subarray(0, width * width);
    // many right-hand sides are multiplied by the inverse, which ONNX Runtime does; it is as accurate (Higham 2002, section 14.2)
    const solved =
      rows > width
        ? await productTransposed(rest, invertLower(diagonal, width), width)
        : solveLower(diagonal, width, rest);
    for (let i = 0; i < rows; i++) b.set(solved.subarray(i * width, (i + 1) * width), i * n + from);
  }
  return b;
}

/** C − ABᵀ in place of C, for A and B with `inner` columns. */
async function subtractProduct(c: Float64Array, a: Float64Array, b: Float64Array, inner: number): Promise<void> {
  if (inner === 0) return;
  const change = await productTransposed(a, b, inner);
  for (let at = 0; at < c.length; at++) c[at]! -= change[at]!;
}

/** Columns `left` to `right` of the rows from `first` on, of a matrix with n columns. */
function columnsOf(a: ArrayLike<number>, n: number, first: number, left: number, right: number): Float64Array {
  const width = right - left;
  const rows = a.length / n - first;
  const out = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const at = (first + i) * n + left;
    for (let j = 0; j < width; j++) out[i * width + j] = a[at + j]!;
  }
  return out;
}

/** Runs the factorisation of a block; its error names the pivot of the whole matrix. */
function pivoted(factor: () => Float64Array, from: number, n: number): Float64Array {
  try {
    return factor();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = error.message.replace(/pivot (\d+) of \d+/, (_, i) => `pivot ${from + Number(i)} of ${n}`);
    throw new RangeError(message);
  }
}

const isSmall = (multiplications: number): boolean =>
  multiplications < WORTH_A_RUN || engineSettings().engine === "tfjs";

const float64 = (numbers: ArrayLike<number>): Float64Array =>
  numbers instanceof Float64Array ? numbers : Float64Array.from(numbers);

const ANY = -1;

/** A graph of one product of matrices of any size. */
function modelOf(form: "AB" | "ABᵀ"): Uint8Array {
  const matrix = (name: string): Value => ({ name, shape: [ANY, ANY], dtype: "float64" });
  const [a, b, c] = [matrix("a"), matrix("b"), matrix("c")];
  const attributes = { transB: form === "ABᵀ" ? 1 : 0 };
  const node = { op: "Gemm", inputs: ["a", "b"], outputs: ["c"], attributes };
  return encodeOnnx({ inputs: [a, b], nodes: [node], inline: [], hidden: [] }, [c]);
}
const models = { AB: modelOf("AB"), ABᵀ: modelOf("ABᵀ") };

async function gemm(
  a: Float64Array,
  aShape: readonly number[],
  b: Float64Array,
  bShape: readonly number[],
  form: "AB" | "ABᵀ",
): Promise<Float64Array> {
  if (a.length !== aShape[0]! * aShape[1]! || b.length !== bShape[0]! * bShape[1]!) {
    throw new RangeError(`product: expected [${aShape}] and [${bShape}], got ${a.length} and ${b.length} numbers`);
  }
  const { Tensor } = await onnxRuntime();
  const session = await openSession(models[form], { ...engineSettings(), device: "cpu" });
  try {
    const out = await session.run({ a: new Tensor("float64", a, aShape), b: new Tensor("float64", b, bShape) });
    return out.out0!.data as Float64Array;
  } finally {
    await session.release();
  }
}
