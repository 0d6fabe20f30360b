import * as tf from "#tf";
import { fromHost, type HostArray, sizeOf } from "../../src/data/array.ts";
import { cholesky, solveLower } from "../../src/data/cholesky.ts";
import { multiply, transpose } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import type { GeneratorPrior } from "../prior.ts";

const SAMPLES = 16384;
const BATCH = 1024;

type Draws = { readonly z: tf.Tensor; readonly c: tf.Tensor };

/**
 * The mean over all draws x = G(z) [n] of what `sums` computes of a batch of them. Each batch of 1024 is summed in float32, batches are
 * added in float64. The mean of the first batch is subtracted from x, so that float32 keeps its digits.
 *
 * There are 16384 latents, or 4 a latent dimension if that is more. They are balanced: with every z comes −z, their second moments are
 * exactly I, and conditions come in their proportions. The linear part of an unconditional G then has no sampling error.
 */
export async function generatedMeans<K extends string>(
  prior: GeneratorPrior,
  seed: number,
  sums: (x: tf.Tensor2D) => Record<K, tf.Tensor>,
): Promise<Record<K, Float64Array>> {
  const n = sizeOf(prior.shape);
  const z = balancedLatents(prior.latent, seed);
  const count = z.length / prior.latent;
  const c = prior.conditions ? balancedConditions(prior.conditions, count) : new Int32Array(count);
  const rows = (first: number) => ({
    z: fromHost(z.subarray(first * prior.latent, (first + BATCH) * prior.latent), [BATCH, prior.latent]),
    c: fromHost(c.subarray(first, first + BATCH), [BATCH]),
  });
  const flat = (given: Draws) => tf.reshape(prior.decode(given.z, prior.conditions && given.c), [BATCH, n]);
  const near = await compile((given: Draws) => tf.mean(flat(given), 0), rows(0));
  const centre = await near.run(rows(0));
  const moments = await compile(
    (given: Draws & { centre: tf.Tensor }) => sums(tf.sub(flat(given), given.centre) as tf.Tensor2D),
    { ...rows(0), centre },
  );
  const means: Record<string, Float64Array> = {};
  for (let first = 0; first < count; first += BATCH) {
    const parts = (await moments.run({ ...rows(first), centre })) as Record<K, HostArray>;
    for (const [name, { data }] of Object.entries<HostArray>(parts)) {
      const mean = means[name] ?? new Float64Array(data.length);
      means[name] = mean;
      for (let i = 0; i < data.length; i++) mean[i]! += data[i]! / count;
    }
  }
  await Promise.all([near.dispose(), moments.dispose()]);
  return means as Record<K, Float64Array>;
}

/**
 * Whole batches of latents with mean 0 and second moments I. Normal draws a with the second moments LLᵀ are turned to z = L⁻¹a; −z follows
 * each z.
 */
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

/**
 * One condition for each pair (z, −z), in the right proportions: an evenly spread sequence in [0, 1) is looked up in the cumulative
 * probabilities.
 */
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
