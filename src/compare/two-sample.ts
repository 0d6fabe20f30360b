import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { contiguous, fromHost } from "../data/array.ts";
import { stream } from "../data/random.ts";
import { compile } from "../engine/index.ts";

/** Distances between two sets of samples, [n, ...shape] and [m, ...shape]. All are 0 for equal distributions. */

/** Rows of one block: 1000 × 1000 distances stay in the processor's cache. */
const BLOCK = 1000;

/** Up to this dimension, distances are computed from differences; above it, from inner products, which lose digits for near pairs. */
const FEW_DIMENSIONS = 8;

/** In the plane, mean distances of more pairs than this are sums along directions. */
const MANY_PAIRS = 1e8;

/** Directions of such sums: |z| is (π/2) times the mean of |vᵀz| over K even unit vectors v, to a relative 1/2K² = 1.2e-4. */
const DIRECTIONS = 64;

/**
 * Energy distance 2E|X − Y| − E|X − X'| − E|Y − Y'| (Székely, Rizzo 2013). This form (the V-statistic) counts every pair and is never
 * negative. Two samples of n from one law give about 2E|X − X'|/n.
 */
export async function energyDistance(x: NdArray<Float32Array>, y: NdArray<Float32Array>): Promise<number> {
  return 2 * (await meanDistance(x, y)) - (await meanDistance(x, x)) - (await meanDistance(y, y));
}

/**
 * Puts the samples x and y [n, …] together and halves them. Returns the mean energy distance of the halves over all ways to halve them:
 * 2D/n, where D is the mean distance of two different samples. This is what two samples of n from one law give.
 */
export async function halvesEnergy(x: NdArray<Float32Array>, y: NdArray<Float32Array>): Promise<number> {
  const n = x.shape[0]!;
  if (y.shape[0] !== n) throw new RangeError(`halves: expected samples of equal number, got ${n} and ${y.shape[0]}`);
  return (2 * (await meanDistance(x, y)) + (await meanDistance(x, x)) + (await meanDistance(y, y))) / (2 * n - 1);
}

/** E|X − X'| of samples seen before, because a reference is usually compared with several others. */
const selfDistances = new WeakMap<NdArray<Float32Array>, Promise<number>>();

/** Mean of |xᵢ − yⱼ| over all pairs; float32 within a row of a block, float64 over rows. */
async function meanDistance(x: NdArray<Float32Array>, y: NdArray<Float32Array>): Promise<number> {
  if (x !== y) return pairs(x, y);
  const known = selfDistances.get(x) ?? pairs(x, x);
  selfDistances.set(x, known);
  return known;
}

async function pairs(x: NdArray<Float32Array>, y: NdArray<Float32Array>): Promise<number> {
  const d = dimension(x, y);
  if (d === 2 && x.shape[0]! * y.shape[0]! > MANY_PAIRS) return alongDirections(x, y);
  const [left, right] = [blocks(x, d), blocks(y, d)];
  const compiled = new Map<string, Awaited<ReturnType<typeof compileDistances>>>();
  let sum = 0;
  for (const [i, a] of left.entries()) {
    for (const [j, b] of right.entries()) {
      if (x === y && j < i) continue; // |xᵢ − xⱼ| = |xⱼ − xᵢ|
      const key = `${a.shape[0]} ${b.shape[0]}`;
      const distances = compiled.get(key) ?? (await compileDistances(a, b));
      compiled.set(key, distances);
      const weight = x === y && j > i ? 2 : 1;
      for (const rowSum of (await distances.run({ a, b })).data) sum += weight * rowSum;
    }
  }
  for (const distances of compiled.values()) await distances.dispose();
  return sum / (x.shape[0]! * y.shape[0]!);
}

/** Mean of |xᵢ − yⱼ| of points of the plane, from their projections on directions, which are sorted: n log n operations instead of n². */
function alongDirections(x: NdArray<Float32Array>, y: NdArray<Float32Array>): number {
  const [p, q] = [x, y].map(sortedProjections);
  const sum = p!.reduce((total, projections, k) => total + meanGap(projections, q![k]!), 0);
  return (Math.PI / 2) * (sum / DIRECTIONS);
}

/** Projections of samples seen before, like `selfDistances`. */
const projections = new WeakMap<NdArray<Float32Array>, Float64Array[]>();

function sortedProjections(x: NdArray<Float32Array>): Float64Array[] {
  const known = projections.get(x);
  if (known) return known;
  const made = Array.from({ length: DIRECTIONS }, (_, k) => {
    const angle = (Math.PI * k) / DIRECTIONS;
    return projected(x, Float64Array.of(Math.cos(angle), Math.sin(angle)), 1).sort();
  });
  projections.set(x, made);
  return made;
}

/** Mean of |pᵢ − qⱼ| of sorted numbers, in one pass: the pᵢ after the qⱼ that are below it. */
function meanGap(p: Float64Array, q: Float64Array): number {
  const total = q.reduce((sum, v) => sum + v, 0);
  let [below, at, gaps] = [0, 0, 0];
  for (const v of p) {
    while (at < q.length && q[at]! <= v) below += q[at++]!;
    gaps += v * at - below + (total - below) - v * (q.length - at);
  }
  return gaps / (p.length * q.length);
}

const compileDistances = (a: NdArray<Float32Array>, b: NdArray<Float32Array>) =>
  compile((pair: { a: tf.Tensor; b: tf.Tensor }) => tf.sum(tf.sqrt(squaredDistances(pair.a, pair.b)), 1), { a, b });

/** |aᵢ − bⱼ|², [n, m]. */
function squaredDistances(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const d = a.shape[1]!;
  if (d <= FEW_DIMENSIONS) {
    const columns = Array.from({ length: d }, (_, k) => {
      const [p, q] = [a, b].map((t) => tf.slice(t as tf.Tensor2D, [0, k], [-1, 1]));
      return tf.square(tf.sub(p!, tf.transpose(q!)));
    });
    return columns.reduce((sum, c) => tf.add(sum, c));
  }
  const norms = (t: tf.Tensor) => tf.sum(tf.square(t), 1, true);
  const products = tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true);
  return tf.maximum(tf.sub(tf.add(norms(a), tf.transpose(norms(b))), tf.mul(2, products)), 0);
}

/**
 * Unbiased squared maximum mean discrepancy between two samples for the kernel of the frequencies Ω [d, k] (CL-GN eq. 4): the mean over j
 * of |φ_X(ωⱼ) − φ_Y(ωⱼ)|², with each |φ̄|² replaced by (n|φ̄|² − 1)/(n − 1). Equal laws give 0 on average, so a small value may be
 * negative.
 */
export async function mmdSquared(
  x: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  frequencies: NdArray<Float32Array>,
): Promise<number> {
  const d = dimension(x, y);
  const [p, q] = [await characteristic(x, frequencies, d), await characteristic(y, frequencies, d)];
  const [n, m] = [x.shape[0]!, y.shape[0]!];
  const unbiased = (square: number, count: number) => (count * square - 1) / (count - 1);
  let sum = 0;
  for (let j = 0; j < p.cos.length; j++) {
    const [a, b, c, e] = [p.cos[j]!, p.sin[j]!, q.cos[j]!, q.sin[j]!];
    sum += unbiased(a * a + b * b, n) + unbiased(c * c + e * e, m) - 2 * (a * c + b * e);
  }
  return sum / p.cos.length;
}

/** The empirical characteristic function at the frequencies, sums in float64. */
async function characteristic(x: NdArray<Float32Array>, frequencies: NdArray<Float32Array>, d: number) {
  const k = frequencies.shape[1]!;
  const [cos, sin] = [new Float64Array(k), new Float64Array(k)];
  const compiled = new Map<number, Awaited<ReturnType<typeof compileMoments>>>();
  for (const block of blocks(x, d, 1000)) {
    const rows = block.shape[0]!;
    const moments = compiled.get(rows) ?? (await compileMoments(block, frequencies));
    compiled.set(rows, moments);
    const sums = await moments.run({ x: block });
    for (let j = 0; j < k; j++) {
      cos[j]! += sums.cos.data[j]! / x.shape[0]!;
      sin[j]! += sums.sin.data[j]! / x.shape[0]!;
    }
  }
  for (const moments of compiled.values()) await moments.dispose();
  return { cos, sin };
}

const compileMoments = (block: NdArray<Float32Array>, frequencies: NdArray<Float32Array>) =>
  compile(
    ({ x }: { x: tf.Tensor }) => {
      const k = frequencies.shape[1]!;
      const phase = tf.matMul(x as tf.Tensor2D, tf.tensor2d(frequencies.data, [frequencies.shape[0]!, k]));
      return { cos: tf.sum(tf.cos(phase), 0), sin: tf.sum(tf.sin(phase), 0) };
    },
    { x: block },
  );

export interface SlicedOptions {
  /** Random directions; default 100. */
  readonly projections?: number;
  /** Seed of the directions; default 1. */
  readonly seed?: number;
}

/**
 * Sliced 2-Wasserstein distance (Bonneel et al. 2015): the root of the mean, over random directions, of the mean squared
 * difference of the sorted projections. The samples must be of equal number.
 */
export function slicedWasserstein(
  x: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  { projections = 100, seed = 1 }: SlicedOptions = {},
): number {
  const d = dimension(x, y);
  const n = x.shape[0]!;
  if (y.shape[0] !== n) {
    throw new RangeError(`sliced Wasserstein: expected samples of equal number, got ${n} and ${y.shape[0]}`);
  }
  let sum = 0;
  for (let k = 0; k < projections; k++) {
    const direction = stream(seed, "sliced Wasserstein", k).fillNormal(new Float64Array(d));
    const norm = Math.hypot(...direction);
    const [p, q] = [x, y].map((samples) => projected(samples, direction, norm).sort());
    for (let i = 0; i < n; i++) sum += (p![i]! - q![i]!) ** 2;
  }
  return Math.sqrt(sum / (projections * n));
}

function projected(samples: NdArray<Float32Array>, direction: Float64Array, norm: number): Float64Array {
  const data = contiguous(samples);
  const d = direction.length;
  return Float64Array.from({ length: samples.shape[0]! }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += data[i * d + j]! * direction[j]!;
    return sum / norm;
  });
}

/** The number of numbers in a sample, which must be the same in both sets. */
function dimension(x: NdArray<Float32Array>, y: NdArray<Float32Array>): number {
  const [p, q] = [x, y].map((samples) => samples.size / samples.shape[0]!);
  if (p === q && p! > 0) return p!;
  throw new RangeError(`two samples: expected signals of one size, got [${x.shape}] and [${y.shape}]`);
}

function blocks(samples: NdArray<Float32Array>, d: number, rows = BLOCK): NdArray<Float32Array>[] {
  const data = contiguous(samples) as Float32Array;
  const count = samples.shape[0]!;
  return Array.from({ length: Math.ceil(count / rows) }, (_, i) => {
    const part = data.subarray(i * rows * d, Math.min(count, (i + 1) * rows) * d);
    return fromHost(part, [part.length / d, d]);
  });
}
