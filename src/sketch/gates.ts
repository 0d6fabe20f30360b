import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { cholesky, invertLower } from "../data/cholesky.ts";
import { InputError } from "../data/errors.ts";
import { symmetricEigen } from "../data/linalg.ts";
import { stream } from "../data/random.ts";
import { compile } from "../engine/index.ts";
import { fromTriangle, triangleProducts, triangleSize } from "./families/family.ts";

/** A mixture of zero-mean Gaussians, each with q directions and one variance for the rest, as `logGates` takes it. */
export interface Gates<T> {
  /** V [d, K·q]: √(1/τ_k − 1/λ_kj) u_kj. */
  readonly directions: T;
  /** 1/τ [K]. */
  readonly flat: T;
  /** log π_k − ½ log det [K]. */
  readonly constants: T;
}

/** log π_k N(v; 0, Σ_k) up to a constant, [n, K], of v [n, d]: c_k − ½(‖v‖²/τ_k − ‖V_kᵀv‖²). A pure tensor function. */
export function logGates(v: tf.Tensor, { directions, flat, constants }: Gates<tf.Tensor>): tf.Tensor {
  const [n, cells] = [v.shape[0]!, constants.size];
  const along = tf.reshape(tf.square(tf.matMul(v, directions)), [n, cells, directions.shape[1]! / cells]);
  const whole = tf.mul(tf.sum(tf.square(v), 1, true), tf.reshape(flat, [1, cells]));
  return tf.add(tf.reshape(constants, [1, cells]), tf.mul(0.5, tf.sub(tf.sum(along, 2), whole)));
}

/** The lowest logarithm of a responsibility. Smaller ones would be denormal numbers, which processors multiply ten times slower. */
const LOWEST = -20;

/** Responsibilities [n, K] of log probabilities [n, K], none below e⁻²⁰ of the largest. A pure tensor function. */
export const responsibilities = (logs: tf.Tensor): tf.Tensor =>
  tf.softmax(tf.maximum(tf.sub(logs, tf.max(logs, 1, true)), LOWEST));

/** The gates of covariances with eigenvalues [K, d], falling, and eigenvectors [K, d, d] in rows; the last `channels` are those of the means that were removed. */
export function gatesOf(
  weights: ArrayLike<number>,
  values: ArrayLike<number>,
  vectors: ArrayLike<number>,
  { rank, channels }: { readonly rank: number; readonly channels: number },
): Gates<NdArray<Float32Array>> {
  const cells = weights.length;
  const d = values.length / cells;
  const directions = new Float32Array(d * cells * rank);
  const flat = new Float32Array(cells);
  const constants = new Float32Array(cells);
  for (let k = 0; k < cells; k++) {
    const rest = d - channels - rank;
    let tau = 0;
    for (let j = rank; j < d - channels; j++) tau += values[k * d + j]! / rest;
    flat[k] = 1 / tau;
    let logDet = rest * Math.log(tau);
    for (let j = 0; j < rank; j++) {
      const value = values[k * d + j]!;
      logDet += Math.log(value);
      const scale = Math.sqrt(Math.max(0, 1 / tau - 1 / value));
      for (let i = 0; i < d; i++) directions[(i * cells + k) * rank + j] = scale * vectors[(k * d + j) * d + i]!;
    }
    constants[k] = Math.log(weights[k]!) - 0.5 * logDet;
  }
  return {
    directions: ndarray(directions, [d, cells * rank]),
    flat: ndarray(flat, [cells]),
    constants: ndarray(constants, [cells]),
  };
}

export interface GateOptions {
  readonly cells: number;
  readonly rank: number;
  readonly channels: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** Steps of expectation maximisation. On patches of photographs the likelihood of held-out ones gains less than .1 % afterwards. */
const STEPS = 15;
/** Samples of a block. */
const ROWS = 512;
/** Samples that the first members of a component are looked for in. */
const CANDIDATES = 10_000;
/** Least variance: that of rounding to 8 bits. */
export const LEAST = 1 / 255 ** 2 / 12;

/**
 * A mixture of K zero-mean Gaussians of samples [P, d] without their means, by expectation maximisation. Each component begins with the
 * samples most like one drawn sample, up to their sign. Covariances are raised by the variance of rounding to 8 bits.
 * Errors (InputError): fewer samples than four for each component.
 */
export async function fitGates(samples: NdArray<Float32Array>, options: GateOptions) {
  const { cells, channels, signal } = options;
  const [count, d] = samples.shape as [number, number];
  if (count < 4 * cells) {
    throw new InputError(
      `sketch: ${cells} soft cells need a pilot of at least ${4 * cells} samples, got ${count}; give fewer --cells or more images`,
    );
  }
  const rows = centred(samples.data, d, channels);
  let { weights, covariances } = firstMembers(rows, d, options);
  const step = await compileStep(cells, d);
  try {
    for (let at = 0; at < STEPS; at++) {
      ({ weights, covariances } = await step.run(rows, weights, covariances, signal));
    }
  } finally {
    await step.dispose();
  }
  const values = new Float64Array(cells * d);
  const vectors = new Float64Array(cells * d * d);
  for (const [k, covariance] of covariances.entries()) {
    const eigen = symmetricEigen(covariance, d);
    values.set(
      eigen.values.map((v) => Math.max(v, LEAST)),
      k * d,
    );
    vectors.set(eigen.vectors, k * d * d);
  }
  return gatesOf(weights, values, vectors, options);
}

function centred(data: Float32Array, d: number, channels: number): Float32Array {
  const out = data.slice();
  for (let from = 0; from < out.length; from += d) {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c; i < d; i += channels) sum += out[from + i]!;
      for (let i = c; i < d; i += channels) out[from + i]! -= (sum * channels) / d;
    }
  }
  return out;
}

interface Fit {
  readonly weights: Float64Array;
  readonly covariances: readonly Float64Array[];
}

/** Equal weights, and for each component the second moments of the samples most like a drawn one: in direction and in size. */
function firstMembers(rows: Float32Array, d: number, { cells, seed }: GateOptions): Fit {
  const random = stream(seed, "soft cells");
  const count = rows.length / d;
  const order = random.permutation(count);
  const some = order.subarray(0, Math.min(count, CANDIDATES));
  const members = Math.max(2, Math.min(3 * d, Math.floor(some.length / 4)));
  const norms = Float64Array.from(some, (row) => Math.sqrt(innerProduct(rows, row * d, row * d, d)) + LEAST);
  const scores = new Float64Array(some.length);
  const covariances = Array.from({ length: cells }, (_, k) => {
    const centre = order[k]!;
    const size = Math.sqrt(innerProduct(rows, centre * d, centre * d, d)) + LEAST;
    for (const [i, row] of some.entries()) {
      const cosine = Math.abs(innerProduct(rows, row * d, centre * d, d)) / (size * norms[i]!);
      scores[i] = cosine - Math.abs(Math.log(norms[i]! / size));
    }
    const least = scores.slice().sort()[some.length - members]!;
    const own = new Float64Array(d * d);
    let used = 0;
    for (const [i, row] of some.entries()) {
      if (scores[i]! < least) continue;
      used++;
      for (let a = 0; a < d; a++) {
        const v = rows[row * d + a]!;
        for (let b = 0; b < d; b++) own[a * d + b]! += v * rows[row * d + b]!;
      }
    }
    let trace = 0;
    for (let a = 0; a < d; a++) trace += own[a * (d + 1)]! / used;
    return raised(own, used, d, 0.05 * (trace / d));
  });
  return { weights: new Float64Array(cells).fill(1 / cells), covariances };
}

function innerProduct(rows: Float32Array, a: number, b: number, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += rows[a + i]! * rows[b + i]!;
  return sum;
}

/** Sums of squares as a covariance, with its variances raised. */
function raised(sums: Float64Array, count: number, d: number, by: number): Float64Array {
  return sums.map((v, at) => v / count + (at % (d + 1) === 0 ? by + LEAST : 0));
}

/** One step of expectation maximisation over rows [n, d], compiled once. */
async function compileStep(cells: number, d: number) {
  const shapes = {
    v: ndarray(new Float32Array(ROWS * d), [ROWS, d]),
    known: ndarray(new Float32Array(ROWS), [ROWS, 1]),
    whitening: ndarray(new Float32Array(d * cells * d), [d, cells * d]),
    constants: ndarray(new Float32Array(cells), [1, cells]),
  };
  const compiled = await compile(
    ({ v, known, whitening, constants }: Record<"v" | "known" | "whitening" | "constants", tf.Tensor>) => {
      const white = tf.reshape(tf.square(tf.matMul(v, whitening)), [ROWS, cells, d]);
      const gates = tf.mul(responsibilities(tf.sub(constants, tf.mul(0.5, tf.sum(white, 2)))), known);
      return { count: tf.sum(gates, 0), xx: tf.matMul(gates, triangleProducts(v), true, true) };
    },
    shapes,
    { name: "soft cells" },
  );
  const run = async (rows: Float32Array, { weights, covariances }: Fit, signal?: AbortSignal): Promise<Fit> => {
    const { v, known, whitening, constants } = shapes;
    for (const [k, covariance] of covariances.entries()) {
      const factor = cholesky(covariance, d);
      const inverse = invertLower(factor, d);
      let logDet = 0;
      for (let i = 0; i < d; i++) {
        logDet += 2 * Math.log(factor[i * (d + 1)]!);
        for (let j = 0; j < d; j++) whitening.data[(i * cells + k) * d + j] = inverse[j * d + i]!;
      }
      constants.data[k] = Math.log(weights[k]!) - 0.5 * logDet;
    }
    const size = triangleSize(d);
    const [counts, sums] = [new Float64Array(cells), new Float64Array(cells * size)];
    for (let from = 0; from < rows.length; from += ROWS * d) {
      signal?.throwIfAborted();
      const block = rows.subarray(from, from + ROWS * d);
      v.data.fill(0).set(block);
      known.data.fill(0).fill(1, 0, block.length / d);
      const { count, xx } = (await compiled.run(shapes)) as Record<"count" | "xx", NdArray<Float32Array>>;
      for (let k = 0; k < cells; k++) counts[k]! += count.data[k]!;
      for (let at = 0; at < sums.length; at++) sums[at]! += xx.data[at]!;
    }
    return maximised(counts, sums, d);
  };
  return {
    run: (rows: Float32Array, weights: Float64Array, covariances: readonly Float64Array[], signal?: AbortSignal) =>
      run(rows, { weights, covariances }, signal),
    dispose: () => compiled.dispose(),
  };
}

/** Weights and covariances of cells that hold these counts and sums of squares; cells of few samples lean on the covariance of all. */
export function maximised(counts: Float64Array, sums: Float64Array, d: number): Fit {
  const size = triangleSize(d);
  const total = counts.reduce((a, b) => a + b, 0);
  const all = new Float64Array(size);
  for (const [at, v] of sums.entries()) all[at % size]! += v / total;
  const pooled = fromTriangle(all, d);
  let power = 0;
  for (let i = 0; i < d; i++) power += pooled[i * (d + 1)]!;
  const covariances = Array.from(counts, (count, k) => {
    const own = fromTriangle(sums.subarray(k * size, (k + 1) * size), d);
    let trace = 0;
    for (let i = 0; i < d; i++) trace += own[i * (d + 1)]!;
    const known = Math.max(0, count);
    // the pooled covariance, of this cell's contrast as far as the cell has samples to know it by
    const scale = power > 0 ? (Math.max(0, trace) + power) / (known * power + power) : 1;
    const leaned = own.map((v, at) => (known > 0 ? v : 0) + LEANING * scale * pooled[at]!);
    return raised(leaned, known + LEANING, d, 0);
  });
  return { weights: Float64Array.from(counts, (n) => Math.max(n, 1e-3) / total), covariances };
}

/** Samples of the covariance of all that every cell is given. */
const LEANING = 5;
