import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { stream } from "../data/random.ts";
import { hadamard } from "../engine/hadamard.ts";
import { type LawName, laws } from "./laws.ts";

/**
 * Structured frequencies (Le, Sarlós, Smola 2013, "Fastfood"; Chatalic, Gribonval, Keriven 2018): blocks of p frequencies
 *
 *     ω_j = (R_j/σ_j) q_j/|q_j|,  q_j = row j of H D₁ H D₂ H D₃, its first k entries,
 *
 * with H the orthonormal Walsh-Hadamard matrix of size p, and D diagonal matrices of random signs. The radii R_j follow the law exactly.
 * The directions are uniform up to a few parts in p, and orthogonal within a block if k = p. A product Ωᵀu costs O(m log p). Only the
 * signs and radii are kept, O(m) numbers; both are drawn from the seed.
 */
export interface Structured {
  /** Signs of D₁, D₂, D₃ in turn, [3, blocks, p]. */
  readonly signs: NdArray<Float32Array>;
  /** R_j/(σ_j |q_j|), [m]. */
  readonly radii: NdArray<Float32Array>;
}

/** The settings of a Fourier spec that determine its frequencies. */
export interface FrequencySettings {
  readonly law: LawName;
  readonly scales: readonly number[];
  readonly m: number;
  readonly seed: number;
}

/** Size of a block for k features: a power of two, at least 64, because shorter rows have too few directions. */
export const paddedSize = (k: number): number => Math.max(64, 2 ** Math.ceil(Math.log2(k)));

/** |ω_j| = R_j/σ_j of every frequency, without the directions. */
export function structuredNorms({ law, scales, m, seed }: FrequencySettings, k: number): Float64Array {
  const random = stream(seed, "radii", law);
  return Float64Array.from({ length: m }, (_, j) => laws[law].radius(random, k) / scales[j % scales.length]!);
}

/** Draws signs and radii from the seed. If k < p, the norms |q_j| are computed once, which is as much work as sketching k samples. */
export function drawStructured(settings: FrequencySettings, k: number): Structured {
  const { m, seed } = settings;
  const p = paddedSize(k);
  const blocks = Math.ceil(m / p);
  const signs = new Float32Array(3 * blocks * p);
  const radii = new Float32Array(m);
  const radiiOverScales = structuredNorms(settings, k);
  for (let block = 0; block < blocks; block++) {
    const { drawn, norms } = drawBlock(seed, block, p, k);
    for (const [i, diagonal] of drawn.entries()) signs.set(diagonal, (i * blocks + block) * p);
    for (let j = block * p; j < Math.min(m, (block + 1) * p); j++) {
      radii[j] = radiiOverScales[j]! / norms[j - block * p]!;
    }
  }
  return { signs: ndarray(signs, [3, blocks, p]), radii: ndarray(radii, [m]) };
}

/** One block's signs and the norms of its rows. They are drawn again in the rare case (small k) that a row is 0. */
function drawBlock(seed: number, block: number, p: number, k: number) {
  const random = stream(seed, "signs", p, block);
  for (;;) {
    const drawn = [0, 1, 2].map(() => Float32Array.from({ length: p }, () => (random.uniform() < 0.5 ? -1 : 1)));
    if (k === p) return { drawn, norms: new Float64Array(p).fill(1) };
    const squares = new Float64Array(p);
    for (let i = 0; i < k; i++) {
      const column = blockColumn(drawn, i, p);
      for (let j = 0; j < p; j++) squares[j]! += column[j]! ** 2;
    }
    if (squares.every((s) => s > 0)) return { drawn, norms: squares.map(Math.sqrt) };
  }
}

/** Column i of H D₁ H D₂ H D₃. */
function blockColumn(signs: readonly Float32Array[], i: number, p: number): Float64Array {
  const v = new Float64Array(p);
  v[i] = 1;
  for (const diagonal of [2, 1, 0]) {
    for (let j = 0; j < p; j++) v[j]! *= signs[diagonal]![j]!;
    for (let half = 1; half < p; half *= 2) {
      for (let start = 0; start < p; start += 2 * half) {
        for (let j = start; j < start + half; j++) {
          const [a, b] = [v[j]!, v[j + half]!];
          v[j] = a + b;
          v[j + half] = a - b;
        }
      }
    }
    for (let j = 0; j < p; j++) v[j]! /= Math.sqrt(p);
  }
  return v;
}

/** The frequencies as a dense matrix [k, m], for consumers that need one. */
export function denseOf({ signs, radii }: Structured, k: number): NdArray<Float32Array> {
  const [, blocks, p] = signs.shape as [number, number, number];
  const m = radii.size;
  const omega = new Float32Array(k * m);
  for (let block = 0; block < blocks; block++) {
    const own = [0, 1, 2].map((i) => signs.data.subarray((i * blocks + block) * p, (i * blocks + block + 1) * p));
    const used = Math.min(p, m - block * p);
    for (let i = 0; i < k; i++) {
      const column = blockColumn(own, i, p);
      for (let j = 0; j < used; j++) omega[i * m + block * p + j] = column[j]! * radii.data[block * p + j]!;
    }
  }
  return ndarray(omega, [k, m]);
}

/** Phases Ωᵀu for u [n, k] → [n, m], in O(nm log p). A pure tensor function. */
export function structuredPhase(u: tf.Tensor, signs: tf.Tensor, radii: tf.Tensor): tf.Tensor {
  const [, blocks, p] = signs.shape as [number, number, number];
  const [n, k] = u.shape as [number, number];
  const padded = tf.reshape(
    tf.pad(u as tf.Tensor2D, [
      [0, 0],
      [0, p - k],
    ]),
    [n, 1, p],
  );
  let v: tf.Tensor = padded;
  for (const diagonal of [2, 1, 0]) {
    const d = tf.reshape(tf.slice(signs, [diagonal, 0, 0], [1, blocks, p]), [1, blocks, p]);
    v = hadamard(tf.mul(v, d));
  }
  return tf.mul(tf.slice(tf.reshape(v, [n, blocks * p]), [0, 0], [n, radii.shape[0]!]), radii);
}
