import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { cholesky, solveLower } from "../data/cholesky.ts";
import { symmetricEigen } from "../data/linalg.ts";
import { transpose } from "../data/matmul.ts";
import { stream } from "../data/random.ts";
import { squaredNorm } from "../data/vector.ts";
import { compile } from "../engine/index.ts";

/** Principal directions of rows: what `principalComponents` returns. */
export interface PrincipalComponents {
  /** Eigenvalues of XᵀX in falling order, [count]. */
  readonly values: Float64Array;
  /** Orthonormal eigenvectors, one a row, [count, d]; the largest entry of each is positive. */
  readonly vectors: Float64Array;
}

/** Rows of at most so many numbers take the exact way: an eigenproblem of this size takes 1 to 3 s. */
export const MOST_EXACT = 1024;

/** Directions beyond the wanted ones, and rounds of the iteration: see the accuracy in the docstring. */
const OVERSAMPLING = 20;
const ROUNDS = 3;

/**
 * The `count` leading eigenpairs of XᵀX for centred rows X [P, d]; products run in the engine.
 *
 * Up to d = 1024 the eigenproblem of XᵀX itself. Beyond, block subspace iteration from random directions (Halko,
 * Martinsson, Tropp 2011, algorithms 4.4 and 5.3): nothing of size d × d is made. Directions whose eigenvalues lie well above
 * those left out are exact to float32; among the last ones the variance that is kept is within 0.1 % of the most possible.
 * Aborts between two rounds with the signal's reason.
 */
export async function principalComponents(
  x: NdArray<Float32Array>,
  count: number,
  signal?: AbortSignal,
): Promise<PrincipalComponents> {
  const [rows, d] = x.shape as [number, number];
  return d <= MOST_EXACT ? exact(x, count) : iterated(x, Math.min(rows, d, count + OVERSAMPLING), count, signal);
}

async function exact(x: NdArray<Float32Array>, count: number): Promise<PrincipalComponents> {
  const scatter = await compile((rows) => tf.matMul(rows, rows, true, false), x, { name: "pca" });
  const { data } = await scatter.run(x);
  await scatter.dispose();
  return symmetricEigen(data, x.shape[1]!, count);
}

async function iterated(
  x: NdArray<Float32Array>,
  width: number,
  count: number,
  signal?: AbortSignal,
): Promise<PrincipalComponents> {
  const d = x.shape[1]!;
  const start = stream(1, "principal components").fillNormal(new Float32Array(width * d));
  let q: NdArray<Float32Array> = ndarray(start, [width, d]);
  const products = await compile(
    (given: { x: tf.Tensor; q: tf.Tensor }) => {
      const seen = tf.matMul(given.q, given.x, false, true); // QXᵀ [width, P]
      return { next: tf.matMul(seen, given.x), inner: tf.matMul(seen, seen, false, true) };
    },
    { x, q },
    { name: "pca iteration" },
  );
  const rows = await orthonormaliser(q);
  try {
    q = await rows.orthonormal(q);
    for (let round = 0; round < ROUNDS; round++) {
      signal?.throwIfAborted();
      q = await rows.orthonormal((await products.run({ x, q })).next);
    }
    signal?.throwIfAborted();
    q = await rows.orthonormal(q);
    const { inner } = await products.run({ x, q });
    const { values, vectors } = symmetricEigen(inner.data, width, count); // of QXᵀXQᵀ (Rayleigh, Ritz)
    const turn = new Float32Array(width * width);
    turn.set(vectors);
    const turned = Float64Array.from((await rows.times(turn, q)).data.subarray(0, count * d));
    return { values, vectors: oriented(turned, d) };
  } finally {
    await Promise.all([products.dispose(), rows.dispose()]);
  }
}

/** Added to Gram matrices of unit rows: more than their float32 rounding, so that nearly dependent rows have a factor too. */
const SHIFT = 1e-4;
const PASSES = 2;

/**
 * Makes rows [width, d] orthonormal in their span: √(1 + s) L⁻¹A with LLᵀ = AAᵀ + sI, after each row was given length 1
 * (shifted CholeskyQR; Fukaya et al. 2020). A pass takes the error of nearly orthonormal rows to s times itself; directions
 * smaller than √s grow by up to 1/√s.
 */
async function orthonormaliser(like: NdArray<Float32Array>) {
  const width = like.shape[0]!;
  const square = (data: Float32Array) => ndarray(data, [width, width]);
  const product = await compile(
    (given: { t: tf.Tensor; a: tf.Tensor }) => {
      const turned = tf.matMul(given.t, given.a);
      return { turned, gram: tf.matMul(turned, turned, false, true) };
    },
    { t: square(new Float32Array(width * width)), a: like },
    { name: "orthonormal rows" },
  );
  const times = async (t: Float32Array, a: NdArray<Float32Array>) => product.run({ t: square(t), a });
  return {
    times: async (t: Float32Array, a: NdArray<Float32Array>) => (await times(t, a)).turned,
    orthonormal: async (rows: NdArray<Float32Array>): Promise<NdArray<Float32Array>> => {
      let { turned, gram } = await times(unitLengths(rows), rows);
      for (let pass = 0; pass < PASSES; pass++) ({ turned, gram } = await times(inverseRoot(gram.data, width), turned));
      return turned;
    },
    dispose: () => product.dispose(),
  };
}

/** The diagonal matrix that gives each row length 1. */
function unitLengths({ data, shape }: NdArray<Float32Array>): Float32Array {
  const [rows, d] = shape as [number, number];
  const out = new Float32Array(rows * rows);
  for (let i = 0; i < rows; i++) out[i * (rows + 1)] = 1 / (Math.sqrt(squaredNorm(data, i * d, d)) || 1);
  return out;
}

/** √(1 + s) L⁻¹ with LLᵀ = G + sI. */
function inverseRoot(gram: Float32Array, n: number): Float32Array {
  const shifted = Float64Array.from(gram, (v, at) => (at % (n + 1) === 0 ? v + SHIFT : v));
  const identity = Float64Array.from(gram, (_, at) => Number(at % (n + 1) === 0));
  const columns = solveLower(cholesky(shifted, n), n, identity); // row i is L⁻¹eᵢ, column i of L⁻¹
  return Float32Array.from(transpose(columns, n, n), (v) => Math.sqrt(1 + SHIFT) * v);
}

/** Rows of d numbers, each with its largest entry positive. */
function oriented(vectors: Float64Array, d: number): Float64Array {
  for (let at = 0; at < vectors.length; at += d) {
    const row = vectors.subarray(at, at + d);
    const largest = row.reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0);
    if (largest < 0) for (let i = 0; i < d; i++) row[i]! *= -1;
  }
  return vectors;
}
