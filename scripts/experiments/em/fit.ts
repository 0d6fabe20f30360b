import { logDeterminant, solveLower } from "../../../src/data/cholesky.ts";
import { transpose } from "../../../src/data/matmul.ts";
import { type Random, stream } from "../../../src/data/random.ts";
import { squaredNorm } from "../../../src/data/vector.ts";
import { choleskyBlocked, product, productTransposed } from "../../../src/engine/float64.ts";
import type { Progress } from "../../../src/engine/iterate.ts";

export interface EmOptions {
  /** Labels; every one gets its own Gaussians. */
  readonly groups: number;
  readonly components: number;
  readonly steps: number;
  /** ν: Σ_j = (S_j + νW)/(n_j + ν), S_j the scatter of j, W the covariance within the group's Gaussians. */
  readonly shrinkage: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface Fitted {
  /** [groups · components], of all samples. */
  readonly weights: Float64Array;
  readonly labels: Int32Array;
  /** [groups · components, k] */
  readonly means: Float32Array;
  /** Lower triangular, [groups · components, k, k]. */
  readonly factors: Float32Array;
  /** Mean log-likelihood of a sample after the last step, by label: a sentence each. */
  readonly likelihoods: readonly string[];
}

/** Gaussians of the features [count, k] of every label (Dempster, Laird, Rubin 1977), from k-means of random samples. */
export async function fitEm(features: Float64Array, labels: ArrayLike<number>, options: EmOptions): Promise<Fitted> {
  const { groups, components, steps, seed, signal, onProgress } = options;
  const count = labels.length;
  const k = features.length / count;
  const total = groups * components;
  const out = {
    ...{ weights: new Float64Array(total), labels: new Int32Array(total) },
    ...{ means: new Float32Array(total * k), factors: new Float32Array(total * k * k) },
  };
  const likelihoods: string[] = [];
  for (let group = 0; group < groups; group++) {
    const rows = rowsOf(features, labels, group, k);
    const own = rows.length / k;
    let held = await hardAssigned(rows, k, components, stream(seed, "em", group));
    let fitted = await maximised(rows, k, held, options.shrinkage);
    let likelihood = Number.NaN;
    for (let step = 0; step < steps; step++) {
      signal.throwIfAborted();
      ({ held, likelihood } = await expected(rows, k, fitted));
      fitted = await maximised(rows, k, held, options.shrinkage);
      onProgress({ step: group * steps + step + 1, maxSteps: groups * steps, objective: Number.NaN });
    }
    likelihoods.push(`label ${group}: ${own} samples, mean log-likelihood ${likelihood.toFixed(3)}`);
    for (const [j, { weight, mean, factor }] of fitted.entries()) {
      const at = group * components + j;
      out.weights[at] = (weight * own) / count;
      out.labels[at] = group;
      out.means.set(mean, at * k);
      out.factors.set(factor, at * k * k);
    }
  }
  return { ...out, likelihoods };
}

interface Gaussian {
  readonly weight: number;
  /** [k] */
  readonly mean: Float64Array;
  /** Lower triangular, [k, k]. */
  readonly factor: Float64Array;
}

function rowsOf(features: Float64Array, labels: ArrayLike<number>, group: number, k: number): Float64Array {
  const own = Array.from({ length: labels.length }, (_, i) => i).filter((i) => labels[i] === group);
  const out = new Float64Array(own.length * k);
  for (const [to, i] of own.entries()) out.set(features.subarray(i * k, (i + 1) * k), to * k);
  return out;
}

/** Responsibilities [count, components] of 0 and 1: five steps of k-means from random samples. */
async function hardAssigned(rows: Float64Array, k: number, components: number, random: Random): Promise<Float64Array> {
  const count = rows.length / k;
  let means = new Float64Array(components * k);
  for (let j = 0; j < components; j++) {
    const i = random.integer(count);
    means.set(rows.subarray(i * k, (i + 1) * k), j * k);
  }
  let held = new Float64Array(count * components);
  for (let step = 0; step < 5; step++) {
    const along = await productTransposed(rows, means, k);
    held = new Float64Array(count * components);
    for (let i = 0; i < count; i++) {
      let [nearest, least] = [0, Number.POSITIVE_INFINITY];
      for (let j = 0; j < components; j++) {
        const distance = squaredNorm(means, j * k, k) - 2 * along[i * components + j]!;
        if (distance < least) [nearest, least] = [j, distance];
      }
      held[i * components + nearest] = 1;
    }
    const sums = await product(transpose(held, count, components), rows, components, count, k);
    means = sums.map((v, at) => v / Math.max(1, columnSum(held, components, Math.floor(at / k))));
  }
  return held;
}

function columnSum(held: Float64Array, components: number, j: number): number {
  let sum = 0;
  for (let at = j; at < held.length; at += components) sum += held[at]!;
  return sum;
}

/** The Gaussians of given responsibilities. */
async function maximised(rows: Float64Array, k: number, held: Float64Array, shrinkage: number): Promise<Gaussian[]> {
  const count = rows.length / k;
  const components = held.length / count;
  const columns = transpose(rows, count, k);
  const sums = await product(transpose(held, count, components), rows, components, count, k);
  const totals = Array.from({ length: components }, (_, j) => Math.max(columnSum(held, components, j), 1e-9));
  const means = totals.map((total, j) => sums.slice(j * k, (j + 1) * k).map((v) => v / total));
  const scatters: Float64Array[] = [];
  const within = new Float64Array(k * k);
  for (const [j, mean] of means.entries()) {
    const weighted = rows.map((v, at) => v * held[Math.floor(at / k) * components + j]!);
    const squares = await product(columns, weighted, k, count, k);
    const scatter = squares.map((v, at) => v - totals[j]! * mean[Math.floor(at / k)]! * mean[at % k]!);
    for (let at = 0; at < scatter.length; at++) within[at]! += scatter[at]! / count;
    scatters.push(scatter);
  }
  const out: Gaussian[] = [];
  for (const [j, mean] of means.entries()) {
    const total = totals[j]!;
    const covariance = scatters[j]!.map((v, at) => (v + shrinkage * within[at]!) / (total + shrinkage));
    for (let a = 0; a < k; a++) covariance[a * (k + 1)]! *= 1 + 1e-6; // features that hardly vary
    out.push({ weight: total / count, mean, factor: await choleskyBlocked(covariance, k) });
  }
  return out;
}

/** Responsibilities [count, components], and the mean log-likelihood of a sample. */
async function expected(rows: Float64Array, k: number, gaussians: readonly Gaussian[]) {
  const count = rows.length / k;
  const components = gaussians.length;
  const held = new Float64Array(count * components);
  for (const [j, { weight, mean, factor }] of gaussians.entries()) {
    const identity = Float64Array.from({ length: k * k }, (_, at) => Number(at % (k + 1) === 0));
    const inverse = solveLower(factor, k, identity); // L⁻ᵀ: row i is L⁻¹eᵢ
    const whitened = await product(rows, inverse, count, k, k); // L⁻¹x of every row x
    const centre = solveLower(factor, k, mean.slice());
    const constant = Math.log(weight) - 0.5 * (logDeterminant(factor, k) + k * Math.log(2 * Math.PI));
    for (let i = 0; i < count; i++) {
      let distance = 0;
      for (let a = 0; a < k; a++) distance += (whitened[i * k + a]! - centre[a]!) ** 2;
      held[i * components + j] = constant - 0.5 * distance;
    }
  }
  let likelihood = 0;
  for (let i = 0; i < count; i++) {
    const own = held.subarray(i * components, (i + 1) * components);
    const most = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const sum = own.reduce((total, v) => total + Math.exp(v - most), 0);
    for (let j = 0; j < own.length; j++) own[j] = Math.exp(own[j]! - most) / sum;
    likelihood += (most + Math.log(sum)) / count;
  }
  return { held, likelihood };
}
