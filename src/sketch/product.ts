import ndarray, { type NdArray } from "ndarray";
import { type Random, stream } from "../data/random.ts";
import { evenNormals, GOLDEN } from "./even-normals.ts";
import { laws } from "./laws.ts";
import type { FrequencySettings } from "./structured.ts";

/**
 * Product frequencies: sums and differences of two short lists of vectors,
 *
 *     ω = a_i + b_l  and  a_i − b_l,   i = 1 … P, l = 1 … Q,   a_i ~ N(0, (s_i² − t²)I/σ²),  b_l ~ N(0, t²I/σ²),
 *
 * in blocks, each with lists, a scale σ and a t of its own. Each ω has the law N(0, s_i²I/σ²), and the law asked for is a mixture of
 * these over s (`Law.mixing`). Each block of a scale has an equal part of the quantiles of s, in which every row has an s of its own; t² is half the square of the
 * least s there. (In the part from 0 on, t would be 0: there all rows have one s, and t² is half of s².) exp(iωᵀu) is a product of exp(i a_iᵀu) and exp(±i b_lᵀu), so the sums over samples of all 2PQ frequencies
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

/** The most frequencies of a block, about 22 rows and 22 columns: larger blocks cost less a frequency, and have more dependent ones. */
const MOST_IN_BLOCK = 1000;
/** Few frequencies are still divided into this many blocks; where these stand for parts of a mixture, those of each scale. */
const LEAST_BLOCKS = 10;
/** Rows are held out and drawn together (priors/generator), so there are this many of them at least, where there are as many pairs. */
const LEAST_ROWS = 8;

/** The number of blocks is a multiple of the number of scales; block b has scale b mod (number of scales). */
export function productLayout({ law, m, scales }: Pick<FrequencySettings, "law" | "m" | "scales">): ProductLayout {
  const least = laws[law].mixing === "gaussian" ? LEAST_BLOCKS : LEAST_BLOCKS * scales.length;
  const most = Math.max(2 * LEAST_ROWS, Math.min(MOST_IN_BLOCK, m / least));
  const blocks = scales.length * Math.max(1, Math.round(m / most / scales.length));
  const pairs = Math.ceil(m / blocks / 2);
  const columns = Math.max(1, Math.min(Math.ceil(Math.sqrt(pairs)), Math.floor(pairs / LEAST_ROWS)));
  return { blocks, rows: Math.ceil(pairs / columns), columns };
}

/** Draws both lists of every block from the seed. Errors (RangeError): a law that is no mixture of Gaussians. */
export function drawProduct(settings: FrequencySettings, k: number): ProductFactors<NdArray<Float32Array>> {
  const { law, seed } = settings;
  const { blocks, rows, columns } = productLayout(settings);
  const deviations = deviationsOf(settings, { blocks, rows, columns }, k);
  /** `place` says which of the even normals is the i-th vector of a block, `deviation` its standard deviation. */
  const list = (
    size: number,
    random: Random,
    place: (block: number, i: number) => number,
    deviation: (block: number, i: number) => number,
  ) => {
    const drawn = evenNormals(random, blocks * size, k);
    const out = new Float32Array(drawn.length);
    for (let block = 0; block < blocks; block++) {
      for (let i = 0; i < size; i++) {
        const [from, to] = [place(block, i) * k, (block * size + i) * k];
        for (let j = 0; j < k; j++) out[to + j] = deviation(block, i) * drawn[from + j]!;
      }
    }
    return ndarray(out, [blocks, size, k]);
  };
  const random = (name: string) => stream(seed, "product frequencies", law, name);
  // A row of all blocks is a stretch of the sequence, in random order; columns are in random order: sequences of equal steps would resonate.
  const order = random("order").permutation(blocks * columns);
  const within = Array.from({ length: rows }, (_, i) =>
    stream(seed, "product frequencies", law, "row", i).permutation(blocks),
  );
  return {
    rows: list(rows, random("rows"), (block, i) => i * blocks + within[i]![block]!, deviations.row),
    columns: list(columns, random("columns"), (block, i) => order[block * columns + i]!, deviations.column),
  };
}

/** √(s_i² − t²)/σ and t/σ of every block. */
function deviationsOf({ law, scales, seed }: FrequencySettings, { blocks, rows }: ProductLayout, k: number) {
  const { mixing } = laws[law];
  if (!mixing) throw new RangeError(`product frequencies: the law ${law} is no mixture of Gaussians`);
  const quantile = mixing === "gaussian" ? () => 1 : mixing(k);
  const parts = Math.ceil(blocks / scales.length);
  // in random order: parts and radii in equal steps would resonate
  const orders = scales.map((_, scale) => stream(seed, "product mixture", law, scale).permutation(parts));
  const own = Array.from({ length: blocks }, (_, block) => {
    const scale = block % scales.length;
    const part = orders[scale]![Math.floor(block / scales.length)]!;
    const start = stream(seed, "product mixture", law, "rows", block).uniform();
    const s = (i: number) => quantile((part + ((start + GOLDEN * i) % 1)) / parts);
    const least = quantile(part / parts);
    const [of, t] = least > 0 ? [s, least / Math.SQRT2] : [() => s(0), s(0) / Math.SQRT2];
    return { row: Array.from({ length: rows }, (_, i) => Math.sqrt(of(i) ** 2 - t * t)), t, sigma: scales[scale]! };
  });
  return {
    row: (block: number, i: number) => own[block]!.row[i]! / own[block]!.sigma,
    column: (block: number) => own[block]!.t / own[block]!.sigma,
  };
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
