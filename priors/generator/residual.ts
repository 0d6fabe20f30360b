import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { cholesky, solveLower } from "../../src/data/cholesky.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import { covariance, type Sketch } from "../../src/sketch/index.ts";
import type { GeneratorPrior } from "../prior.ts";

const SAMPLES = 16384;
const BATCH = 1024;

/**
 * Parts of the data's variance below this one count as noise: a variance of 16384 samples has the standard error
 * √(2/16384) = 1.1 % of itself, and training leaves errors of that order.
 */
const NOISE = 0.05;

/** What is added to the data's variances, as a fraction of their mean, so that constant pixels can be divided by. */
const FLOOR = 1e-6;

/**
 * What a generator leaves out of the sketched data: C = cov(x) − cov(G(z)) [n, n], the negative eigenvalues set to 0, so that
 * x ≈ G(z) + r with r ~ N(0, C) has the sketch's covariance wherever G does not exceed it.
 *
 * Of that, parts below 5 % of the data's own variance are left out (Cv = λ cov(x)v, λ < 5 %): they hold the sampling
 * noise of cov(G), which would blur sharp data. Directions that a decoder from principal components cannot reach have the
 * part 1.
 *
 * cov(G) comes from 16384 latents (4 a latent dimension if that is more) that are balanced: with every z its opposite, the
 * second moments exactly I, and conditions in their proportions. The linear part of an unconditional G has then no
 * sampling error, which would count as residual.
 */
export async function residualCovariance(
  sketch: Sketch,
  prior: GeneratorPrior,
  seed: number,
): Promise<NdArray<Float32Array>> {
  const n = sizeOf(prior.shape);
  const data = covariance(sketch);
  const made = await generatedCovariance(prior, seed);
  const left = data.map((v, i) => v - made[i]!);
  const mean = data.reduce((sum, v, i) => (i % (n + 1) === 0 ? sum + v / n : sum), 0);
  const unit = data.map((v, i) => (i % (n + 1) === 0 ? v + FLOOR * mean : v));
  const factor = cholesky(unit, n); // L, in whose coordinates L⁻¹x the data have the covariance I
  const whitened = solveLower(factor, n, rootsAbove(left, n, 0));
  const roots = multiplyTransposed(rootsAbove(gram(whitened, n), n, NOISE), factor, n);
  return fromHost(Float32Array.from(gram(roots, n)), [n, n]);
}

/** Rows √λ v of a symmetric matrix [n, n], for its eigenvalues λ above a bound of at least 0. */
function rootsAbove(matrix: Float64Array, n: number, bound: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const count = values.filter((v) => v > bound).length;
  return vectors.slice(0, count * n).map((v, i) => v * Math.sqrt(values[Math.floor(i / n)]!));
}

/** RᵀR [n, n] of rows R of n numbers. */
const gram = (rows: Float64Array, n: number): Float64Array =>
  multiply(transpose(rows, rows.length / n, n), rows, n, rows.length / n, n);

/** cov(G(z)) [n, n] in float64, of sums over batches in float32 about the mean signal of the first batch. */
async function generatedCovariance(prior: GeneratorPrior, seed: number): Promise<Float64Array> {
  const n = sizeOf(prior.shape);
  const z = balancedLatents(prior.latent, seed);
  const count = z.length / prior.latent;
  const c = prior.conditions ? balancedConditions(prior.conditions, count) : new Int32Array(count);
  const rows = (first: number) => ({
    z: fromHost(z.subarray(first * prior.latent, (first + BATCH) * prior.latent), [BATCH, prior.latent]),
    c: fromHost(c.subarray(first, first + BATCH), [BATCH]),
  });
  const flat = (given: { z: tf.Tensor; c: tf.Tensor }) =>
    tf.reshape(prior.decode(given.z, prior.conditions && given.c), [BATCH, n]);
  const mean = await compile((given: { z: tf.Tensor; c: tf.Tensor }) => tf.mean(flat(given), 0), rows(0));
  const centre = await mean.run(rows(0));
  const moments = await compile(
    (given: { z: tf.Tensor; c: tf.Tensor; centre: tf.Tensor }) => {
      const x = tf.sub(flat(given), given.centre);
      return { x: tf.sum(x, 0), xx: tf.matMul(x, x, true, false) };
    },
    { ...rows(0), centre },
  );
  const sums = { x: new Float64Array(n), xx: new Float64Array(n * n) };
  for (let first = 0; first < count; first += BATCH) {
    const part = await moments.run({ ...rows(first), centre });
    for (let i = 0; i < n; i++) sums.x[i]! += part.x.data[i]! / count;
    for (let i = 0; i < n * n; i++) sums.xx[i]! += part.xx.data[i]! / count;
  }
  await Promise.all([mean.dispose(), moments.dispose()]);
  return sums.xx.map((v, i) => v - sums.x[Math.floor(i / n)]! * sums.x[i % n]!);
}

/** Whole batches of latents with mean 0 and second moments I: normal draws a, made L⁻¹a with LLᵀ their own moments, and −a. */
function balancedLatents(latent: number, seed: number): Float32Array {
  const half = (BATCH / 2) * Math.ceil(Math.max(SAMPLES, 4 * latent) / BATCH);
  const drawn = stream(seed, "residual").fillNormal(new Float64Array(half * latent));
  const moments = multiply(transpose(drawn, half, latent), drawn, latent, half, latent).map((v) => v / half);
  const a = solveLower(cholesky(moments, latent), latent, drawn);
  const z = new Float32Array(2 * half * latent);
  for (let row = 0; row < half; row++) {
    const values = a.subarray(row * latent, (row + 1) * latent);
    z.set(values, 2 * row * latent); // neighbours, so that every batch is balanced
    z.set(
      values.map((v) => -v),
      (2 * row + 1) * latent,
    );
  }
  return z;
}

/** Conditions for pairs of latents, each as often as it is probable, in the order of a sequence that fills [0, 1) evenly. */
function balancedConditions(probabilities: Float64Array, count: number): Int32Array {
  const golden = (Math.sqrt(5) - 1) / 2;
  return Int32Array.from({ length: count }, (_, row) => {
    let rest = (Math.floor(row / 2) * golden) % 1;
    const found = probabilities.findIndex((p) => {
      rest -= p;
      return rest < 0;
    });
    return found < 0 ? probabilities.length - 1 : found; // probabilities that sum up to a little less than 1
  });
}
