import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";
import { cholesky, logDeterminant, solveLower, solveLowerTransposed } from "../../data/cholesky.ts";
import { dot } from "../../data/vector.ts";
import { compile } from "../../engine/index.ts";
import { chunksOf } from "../chunks.ts";
import type { WhitenedTerm } from "./data-term.ts";

/** The conditions that explain each signal best, and where to start in them. */
export interface Proposals {
  /** [signals · count, latent], those of one signal beside each other, the most evidence first. */
  readonly z: NdArray<Float32Array>;
  /** [signals · count] */
  readonly conditions: Int32Array;
  /** log e of each, [signals · count]; −∞ where G is not finite. */
  readonly logEvidence: Float64Array;
  /** The part of every signal's evidence that lies in the conditions that are not among these, [signals]. */
  readonly leftOut: Float64Array;
}

/** Half the distance over which the slopes at z = 0 are taken, in latent units. */
const STEP = 0.02;
/** Most signals of one compiled run. */
const CHUNK = 4096;

/**
 * The posterior of every condition c with its generator linearised at z = 0, W G(z, c) ≈ s_c + J_c z, for every signal t:
 *
 *     H_c = I + J_cᵀJ_c,   z = H_c⁻¹ J_cᵀ(t − s_c),   log e = −½(‖t − s_c‖² − zᵀH_c z + log det H_c) + log π_c,
 *
 * and the `count` conditions with the most evidence. For a G that is linear in z these are the posterior itself. One Jacobian a
 * condition serves all signals.
 */
export async function proposeConditions(
  prior: GeneratorPrior,
  probabilities: Float64Array,
  { target, measured }: WhitenedTerm,
  count: number,
): Promise<Proposals> {
  const { latent: k } = prior;
  const total = probabilities.length;
  const [signals, m] = target.shape as [number, number];
  const { middles, slopes } = await linearisation(prior, total, measured, m);
  const products = await compile(
    ({ t, j }: { t: tf.Tensor; j: tf.Tensor }) => tf.matMul(t as tf.Tensor2D, j as tf.Tensor2D, false, true),
    { t: target, j: fromHost(slopes, [total * k, m]) },
  );
  const { data: projections } = await products.run({ t: target, j: fromHost(slopes, [total * k, m]) });
  await products.dispose();
  const logs = new Float64Array(signals * total).fill(Number.NEGATIVE_INFINITY);
  const latents = new Float32Array(signals * total * k);
  for (let c = 0; c < total; c++) {
    const middle = middles.subarray(c * m, (c + 1) * m);
    const own = slopes.subarray(c * k * m, (c + 1) * k * m);
    if (!middle.every(Number.isFinite) || !own.every(Number.isFinite)) continue;
    const h = new Float64Array(k * k);
    const offset = new Float64Array(k);
    for (let a = 0; a < k; a++) {
      for (let b = 0; b <= a; b++) h[a * k + b] = dot(own, a * m, own, b * m, m) + Number(a === b);
      offset[a] = dot(own, a * m, middle, 0, m);
    }
    const factor = cholesky(h, k);
    const constant = Math.log(probabilities[c]!) - logDeterminant(factor, k) / 2;
    for (let i = 0; i < signals; i++) {
      const from = (i * total + c) * k;
      const half = Float64Array.from(offset, (v, a) => projections[from + a]! - v);
      solveLower(factor, k, half);
      let misfit = 0;
      for (let q = 0; q < m; q++) misfit += (target.data[i * m + q]! - middle[q]!) ** 2;
      for (const v of half) misfit -= v * v;
      logs[i * total + c] = constant - misfit / 2;
      latents.set(solveLowerTransposed(factor, k, half), from);
    }
  }
  const z = new Float32Array(signals * count * k);
  const conditions = new Int32Array(signals * count);
  const logEvidence = new Float64Array(signals * count);
  const leftOut = new Float64Array(signals);
  for (let i = 0; i < signals; i++) {
    const own = logs.subarray(i * total, (i + 1) * total);
    const order = Array.from(own.keys()).sort((a, b) => (own[a] === own[b] ? 0 : own[b]! - own[a]!)); // −∞ − −∞ is NaN
    const shares = order.map((c) => Math.exp(own[c]! - own[order[0]!]!));
    const sum = (parts: readonly number[]) => parts.reduce((a, b) => a + b, 0);
    leftOut[i] = sum(shares.slice(count)) / sum(shares);
    for (const [rank, c] of order.slice(0, count).entries()) {
      const row = i * count + rank;
      conditions[row] = c;
      logEvidence[row] = own[c]!;
      z.set(latents.subarray((i * total + c) * k, (i * total + c + 1) * k), row * k);
    }
  }
  return { z: fromHost(z, [signals * count, k]), conditions, logEvidence, leftOut };
}

/** s_c [conditions, m], and the rows of J_cᵀ, [conditions, latent, m], by central differences. */
async function linearisation(prior: GeneratorPrior, total: number, measured: WhitenedTerm["measured"], m: number) {
  const k = prior.latent;
  const rows = total * k;
  const chunks = chunksOf(rows, CHUNK);
  const given = (at: readonly number[]) => {
    const z = new Float32Array(at.length * k);
    for (const [i, row] of at.entries()) z[i * k + (row % k)] = STEP;
    return {
      z: fromHost(z, [at.length, k]),
      c: fromHost(
        Int32Array.from(at, (row) => Math.floor(row / k)),
        [at.length],
      ),
    };
  };
  const differences = await compile(({ z, c }: { z: tf.Tensor; c: tf.Tensor }) => {
    const gap = tf.sub(prior.decode(z, c), prior.decode(tf.neg(z), c));
    return measured(tf.div(gap, 2 * STEP));
  }, given(chunks[0]!.at));
  const slopes = new Float32Array(rows * m);
  for (const { first, count, at } of chunks) {
    const { data } = await differences.run(given(at));
    slopes.set(data.subarray(0, count * m), first * m);
  }
  const zeros = {
    z: fromHost(new Float32Array(total * k), [total, k]),
    c: fromHost(
      Int32Array.from({ length: total }, (_, c) => c),
      [total],
    ),
  };
  const middle = await compile(({ z, c }: { z: tf.Tensor; c: tf.Tensor }) => measured(prior.decode(z, c)), zeros);
  const { data: middles } = await middle.run(zeros);
  await Promise.all([differences.dispose(), middle.dispose()]);
  return { middles, slopes };
}
