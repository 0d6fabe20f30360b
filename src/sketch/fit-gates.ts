import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { takeMeans } from "../data/channel-means.ts";
import { InputError } from "../data/errors.ts";
import { symmetricEigen, trace } from "../data/linalg.ts";
import { stream } from "../data/random.ts";
import { dot, squaredNorm } from "../data/vector.ts";
import { pauses } from "../engine/events.ts";
import { compile } from "../engine/index.ts";
import { fromTriangle, triangleProducts, triangleSize } from "./families/family.ts";
import { gatesOf, inverseForm, LEAST, responsibilities, sharedDirectionsOf } from "./gates.ts";

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
      `sketch: ${cells} cells need a pilot of at least ${4 * cells} samples, got ${count}; give fewer --cells or more images`,
    );
  }
  const rows = samples.data.slice();
  takeMeans(rows, d, channels);
  let fit = await firstMembers(rows, d, options);
  const step = await compileStep(cells, d, signal);
  try {
    for (let at = 0; at < STEPS; at++) fit = await step.run(rows, fit);
  } finally {
    await step.dispose();
  }
  const shared = await sharedDirectionsOf(await spectra(fit, d, signal), options);
  try {
    return gatesOf(shared, channels);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // `LEAST` does not outweigh the rounding of larger numbers
    throw new InputError("sketch: cells: numbers as large as these are rounded too much; bring the images into [0, 1]");
  }
}

/** The Gaussians of a fit by their eigenvalues, raised to at least `LEAST`, and eigenvectors. */
export async function spectra({ weights, covariances }: Fit, d: number, signal?: AbortSignal) {
  const pause = pauses(signal);
  const values = new Float64Array(weights.length * d);
  const vectors = new Float64Array(weights.length * d * d);
  for (const [k, covariance] of covariances.entries()) {
    await pause();
    const eigen = symmetricEigen(covariance, d);
    values.set(
      eigen.values.map((v) => Math.max(v, LEAST)), // rounding, or what a subtraction left of a cell
      k * d,
    );
    vectors.set(eigen.vectors, k * d * d);
  }
  return { weights, values, vectors };
}

/** π [K] and Σ [K][d, d] of a mixture of zero-mean Gaussians. */
export interface Fit {
  readonly weights: Float64Array;
  readonly covariances: readonly Float64Array[];
}

/** Equal weights, and for each component the second moments of the samples most like a drawn one: in direction and in size. */
async function firstMembers(rows: Float32Array, d: number, { cells, seed, signal }: GateOptions): Promise<Fit> {
  const pause = pauses(signal);
  const random = stream(seed, "soft cells");
  const count = rows.length / d;
  const order = random.permutation(count);
  const some = order.subarray(0, Math.min(count, CANDIDATES));
  const members = Math.max(2, Math.min(3 * d, Math.floor(some.length / 4)));
  const norms = Float64Array.from(some, (row) => Math.sqrt(squaredNorm(rows, row * d, d)) + LEAST);
  const scores = new Float64Array(some.length);
  const covariances: Float64Array[] = [];
  for (let k = 0; k < cells; k++) {
    await pause();
    const centre = order[k]!;
    const size = Math.sqrt(squaredNorm(rows, centre * d, d)) + LEAST;
    for (const [i, row] of some.entries()) {
      const cosine = Math.abs(dot(rows, row * d, rows, centre * d, d)) / (size * norms[i]!);
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
    covariances.push(raised(own, used, d, (0.05 * trace(own, d)) / used / d));
  }
  return { weights: new Float64Array(cells).fill(1 / cells), covariances };
}

/** Sums of squares as a covariance, with its variances raised. */
function raised(sums: Float64Array, count: number, d: number, by: number): Float64Array {
  return sums.map((v, at) => v / count + (at % (d + 1) === 0 ? by + LEAST : 0));
}

/** One step of expectation maximisation over rows [n, d], compiled once. */
async function compileStep(cells: number, d: number, signal?: AbortSignal) {
  const pause = pauses(signal);
  const shapes = {
    v: ndarray(new Float32Array(ROWS * d), [ROWS, d]),
    known: ndarray(new Float32Array(ROWS), [ROWS, 1]),
    forms: ndarray(new Float32Array(cells * triangleSize(d)), [cells, triangleSize(d)]),
    constants: ndarray(new Float32Array(cells), [cells, 1]),
  };
  const compiled = await compile(
    ({ v, known, forms, constants }: Record<"v" | "known" | "forms" | "constants", tf.Tensor>) => {
      const products = triangleProducts(v);
      const gates = tf.mul(responsibilities(tf.sub(constants, tf.mul(0.5, tf.matMul(forms, products)))), known);
      return { count: tf.sum(gates, 0), xx: tf.matMul(gates, products, true, true) };
    },
    shapes,
    { name: "cells of a mixture" },
  );
  const run = async (rows: Float32Array, { weights, covariances }: Fit): Promise<Fit> => {
    const { v, known, forms, constants } = shapes;
    const size = triangleSize(d);
    for (const [k, covariance] of covariances.entries()) {
      const { form, logDet } = inverseForm(covariance, d);
      forms.data.set(form, k * size);
      constants.data[k] = Math.log(weights[k]!) - 0.5 * logDet;
    }
    const [counts, sums] = [new Float64Array(cells), new Float64Array(cells * size)];
    for (let from = 0; from < rows.length; from += ROWS * d) {
      await pause();
      const block = rows.subarray(from, from + ROWS * d);
      v.data.fill(0).set(block);
      known.data.fill(0).fill(1, 0, block.length / d);
      const { count, xx } = (await compiled.run(shapes)) as Record<"count" | "xx", NdArray<Float32Array>>;
      for (let k = 0; k < cells; k++) counts[k]! += count.data[k]!;
      for (let at = 0; at < sums.length; at++) sums[at]! += xx.data[at]!;
    }
    return maximised(counts, sums, d);
  };
  return { run, dispose: () => compiled.dispose() };
}

/** Weights and covariances of cells that hold these counts and sums of squares; cells of few samples lean on the covariance of all. */
export function maximised(counts: Float64Array, sums: Float64Array, d: number): Fit {
  const size = triangleSize(d);
  const total = counts.reduce((a, b) => a + b, 0);
  const all = new Float64Array(size);
  for (const [at, v] of sums.entries()) all[at % size]! += v / total;
  const pooled = fromTriangle(all, d);
  const power = trace(pooled, d);
  const covariances = Array.from(counts, (count, k) => {
    const own = fromTriangle(sums.subarray(k * size, (k + 1) * size), d);
    const known = Math.max(0, count);
    // the pooled covariance, of this cell's contrast as far as the cell has samples to know it by
    const scale = power > 0 ? (Math.max(0, trace(own, d)) + power) / (known * power + power) : 1;
    const leaned = own.map((v, at) => (known > 0 ? v : 0) + LEANING * scale * pooled[at]!);
    return raised(leaned, known + LEANING, d, 0);
  });
  return { weights: Float64Array.from(counts, (n) => Math.max(n, 1e-3) / total), covariances };
}

/** Samples of the covariance of all that every cell is given. */
const LEANING = 5;
