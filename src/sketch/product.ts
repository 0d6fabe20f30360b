import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { type Random, stream } from "../data/random.ts";
import { evenNormals, GOLDEN } from "./even-normals.ts";
import { laws } from "./laws.ts";
import type { FrequencySettings } from "./structured.ts";

/**
 * Product frequencies: sums and differences of two short lists of vectors,
 *
 *     ω = a_i + b_l  and  a_i − b_l,   i = 1 … P, l = 1 … Q,   a_i, b_l ~ N(0, s²I/2σ²),
 *
 * in blocks, each with lists, a scale σ and a factor s of its own. Each ω has the law N(0, s²I/σ²), and the law asked for is a mixture of
 * these over s (`Law.mixing`). exp(iωᵀu) is a product of exp(i a_iᵀu) and exp(±i b_lᵀu), so the sums over samples of all 2PQ frequencies
 * of a block are four real products of matrices of P + Q cosines and sines a sample: 4 operations a frequency and a sample, instead of a
 * cosine and a sine.
 *
 * The price: frequencies of a block that share an a_i or b_l are dependent (docs/sketch.md has the variances).
 */
export interface ProductFactors<T> {
  /** a [B, P, k]. */
  readonly rows: T;
  /** b [B, Q, k]. */
  readonly columns: T;
}

export const isProduct = <T>(of: object | ProductFactors<T>): of is ProductFactors<T> => "rows" in of;

/** How m frequencies are divided: frequency j = ((i Q + l) 2 + sign) B + block, cut to the first m. So it is in block j mod B. */
export interface ProductLayout {
  readonly blocks: number;
  readonly rows: number;
  readonly columns: number;
}

/** The most frequencies of a block, of 12 rows and 12 columns: larger blocks cost less a frequency, and have more dependent ones. */
const MOST_IN_BLOCK = 288;
/** Where blocks stand for a mixture, few frequencies are still divided into this many of them. */
const LEAST_OF_MIXTURE = 16;
/** Rows are held out and drawn together (priors/generator), so there are this many of them at least, where there are as many pairs. */
const LEAST_ROWS = 8;

/** The number of blocks is a multiple of the number of scales; block b has scale b mod (number of scales). */
export function productLayout({ law, m, scales }: Pick<FrequencySettings, "law" | "m" | "scales">): ProductLayout {
  const most = laws[law].mixing === "gaussian" ? MOST_IN_BLOCK : Math.min(MOST_IN_BLOCK, m / LEAST_OF_MIXTURE);
  const blocks = scales.length * Math.max(1, Math.round(m / most / scales.length));
  const pairs = Math.ceil(m / blocks / 2);
  const columns = Math.max(1, Math.min(Math.ceil(Math.sqrt(pairs)), Math.floor(pairs / LEAST_ROWS)));
  return { blocks, rows: Math.ceil(pairs / columns), columns };
}

/** Draws both lists of every block from the seed. Errors (RangeError): a law that is no mixture of Gaussians. */
export function drawProduct(settings: FrequencySettings, k: number): ProductFactors<NdArray<Float32Array>> {
  const { law, seed } = settings;
  const { blocks, rows, columns } = productLayout(settings);
  const factors = blockFactors(settings, blocks, k);
  /** `place` says which of the even normals is the i-th vector of a block. */
  const list = (size: number, random: Random, place: (block: number, i: number) => number) => {
    const drawn = evenNormals(random, blocks * size, k);
    const out = new Float32Array(drawn.length);
    for (const [block, factor] of factors.entries()) {
      for (let i = 0; i < size; i++) {
        const [from, to] = [place(block, i) * k, (block * size + i) * k];
        for (let j = 0; j < k; j++) out[to + j] = factor * drawn[from + j]!;
      }
    }
    return ndarray(out, [blocks, size, k]);
  };
  const random = (name: string) => stream(seed, "product frequencies", law, name);
  // A row of all blocks is a stretch of the sequence. Columns are in random order: two sequences of equal steps would resonate.
  const order = random("order").permutation(blocks * columns);
  return {
    rows: list(rows, random("rows"), (block, i) => i * blocks + block),
    columns: list(columns, random("columns"), (block, i) => order[block * columns + i]!),
  };
}

/** s/(√2 σ) of every block. */
function blockFactors({ law, scales, seed }: FrequencySettings, blocks: number, k: number): Float64Array {
  const { mixing } = laws[law];
  if (!mixing) throw new RangeError(`product frequencies: the law ${law} is no mixture of Gaussians`);
  const quantile = mixing === "gaussian" ? () => 1 : mixing(k);
  // in random order: quantiles and radii take equal steps, which would resonate
  const rounds = Math.ceil(blocks / scales.length);
  const evens = scales.map((_, i) => {
    const random = stream(seed, "product mixture", law, i);
    return { start: random.uniform(), order: random.permutation(rounds) };
  });
  return Float64Array.from({ length: blocks }, (_, block) => {
    const [scale, round] = [block % scales.length, Math.floor(block / scales.length)];
    const { start, order } = evens[scale]!;
    return quantile((start + GOLDEN * order[round]!) % 1) / (Math.SQRT2 * scales[scale]!);
  });
}

/** The frequencies as a dense matrix [k, m], for consumers that need one. */
export function denseProduct(
  { rows, columns }: ProductFactors<NdArray<Float32Array>>,
  m: number,
): NdArray<Float32Array> {
  const [, , k] = rows.shape as [number, number, number];
  const omega = new Float32Array(k * m);
  forEachFrequency(rows.shape, columns.shape, m, (j, from, to, sign) => {
    for (let i = 0; i < k; i++) omega[i * m + j] = rows.data[from * k + i]! + sign * columns.data[to * k + i]!;
  });
  return ndarray(omega, [k, m]);
}

/** |ω_j| of every frequency, without a matrix [k, m]. */
export function productNorms({ rows, columns }: ProductFactors<NdArray<Float32Array>>, m: number): Float64Array {
  const [, , k] = rows.shape as [number, number, number];
  const norms = new Float64Array(m);
  forEachFrequency(rows.shape, columns.shape, m, (j, from, to, sign) => {
    let squares = 0;
    for (let i = 0; i < k; i++) squares += (rows.data[from * k + i]! + sign * columns.data[to * k + i]!) ** 2;
    norms[j] = Math.sqrt(squares);
  });
  return norms;
}

/** Calls `visit` with every frequency's index, the places of its a and b among all of them, and the sign of b. */
function forEachFrequency(
  [blocks, P]: number[],
  [, Q]: number[],
  m: number,
  visit: (j: number, row: number, column: number, sign: 1 | -1) => void,
): void {
  for (let j = 0; j < m; j++) {
    const block = j % blocks!;
    const pair = Math.floor(j / blocks! / 2);
    const sign = Math.floor(j / blocks!) % 2 === 0 ? 1 : -1;
    visit(j, block * P! + Math.floor(pair / Q!), block * Q! + (pair % Q!), sign);
  }
}

/** Sums of cosines and sines, each [groups, m]. */
export interface FourierSums {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/** Means of exp(iωᵀu) over the samples u [n, k], each [1, all frequencies]; of samples [groups, n, k], of those of each group. A pure tensor function. */
export function productMeans(u: tf.Tensor, { rows, columns }: ProductFactors<tf.Tensor>): FourierSums {
  const [n, k] = u.shape.slice(-2) as [number, number];
  const groups = u.rank === 3 ? u.shape[0]! : 1;
  const apart = (list: tf.Tensor): tf.Tensor => {
    const all = waves(tf.reshape(u, [groups * n, k]), list); // [B, 2P, groups n]
    const [blocks, width] = all.shape as [number, number];
    if (groups === 1) return tf.expandDims(all, 0);
    return tf.transpose(tf.reshape(all, [blocks, width, groups, n]), [2, 0, 1, 3]);
  };
  return unfolded(tf.div(tf.matMul(apart(rows), apart(columns), false, true), n));
}

/** cos aᵀu above sin aᵀu of every block: a [B, P, k], u [n, k] → [B, 2P, n]. */
function waves(u: tf.Tensor, list: tf.Tensor): tf.Tensor {
  const [blocks, size, k] = list.shape as [number, number, number];
  const phase = tf.reshape(tf.matMul(tf.reshape(list, [blocks * size, k]), u, false, true), [
    blocks,
    size,
    u.shape[0]!,
  ]);
  return tf.concat([tf.cos(phase), tf.sin(phase)], 1);
}

/** Products [groups, B, 2P, 2Q] of cosines and sines as the moments in the order of the frequencies, [groups, 2PQB]. */
function unfolded(products: tf.Tensor): FourierSums {
  const [groups, blocks, P, Q] = [
    products.shape[0]!,
    products.shape[1]!,
    products.shape[2]! / 2,
    products.shape[3]! / 2,
  ];
  const quarter = (i: number, l: number) => tf.slice(products, [0, 0, i * P, l * Q], [groups, blocks, P, Q]);
  const inOrder = (plus: tf.Tensor, minus: tf.Tensor) =>
    tf.reshape(tf.transpose(tf.stack([plus, minus], 0), [1, 3, 4, 0, 2]), [groups, 2 * P * Q * blocks]);
  const [cc, cs, sc, ss] = [quarter(0, 0), quarter(0, 1), quarter(1, 0), quarter(1, 1)];
  return { cos: inOrder(tf.sub(cc, ss), tf.add(cc, ss)), sin: inOrder(tf.add(sc, cs), tf.sub(sc, cs)) };
}
