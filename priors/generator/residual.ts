import * as tf from "@tensorflow/tfjs";
import type { NdArray } from "ndarray";
import { cholesky, solveLower } from "../../src/data/cholesky.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { multiply, transpose } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";
import { sizeOf } from "../../src/engine/graph.ts";
import { compile, fromHost } from "../../src/engine/index.ts";
import { covariance, type Sketch } from "../../src/sketch/index.ts";
import type { GeneratorPrior } from "../prior.ts";

const SAMPLES = 16384;
const BATCH = 1024;

/**
 * What a generator leaves out of the sketched data: C = cov(x) − cov(G(z)) [n, n], the negative eigenvalues set to 0, so that
 * x ≈ G(z) + r with r ~ N(0, C) has the sketch's covariance wherever G does not exceed it.
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
  const made = await generatedCovariance(prior, seed);
  const left = covariance(sketch).map((v, i) => v - made[i]!);
  const { values, vectors } = symmetricEigen(left, n);
  const count = values.findIndex((v) => v <= 0);
  const roots = (count < 0 ? vectors : vectors.subarray(0, count * n)).map(
    (v, i) => v * Math.sqrt(values[Math.floor(i / n)]!),
  );
  const rank = roots.length / n;
  return fromHost(Float32Array.from(multiply(transpose(roots, rank, n), roots, n, rank, n)), [n, n]);
}

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
