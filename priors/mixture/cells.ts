import { solveLower, solveLowerTransposed } from "../../src/data/cholesky.ts";
import { multiply, multiplyTransposed } from "../../src/data/matmul.ts";
import { fromTriangle, triangleSize } from "../../src/sketch/families/family.ts";
import { raisedCholesky } from "../raised-cholesky.ts";

/** The local moments of one label, or of all data: sums as in src/sketch/families/local-moments.ts. */
export interface GroupMoments {
  /** Leading features a whose second moments each cell holds. */
  readonly leading: number;
  /** All features, k. */
  readonly features: number;
  readonly coarse: number;
  readonly fine: number;
  readonly sums: Readonly<Record<"count" | "u" | "aa" | "uu", Float64Array>>;
}

/** A coarse cell as Gaussians: one for each fine cell with samples, all with the same covariance LLᵀ. */
export interface CellGaussians {
  /** L [k, k], lower triangular. */
  readonly factor: Float64Array;
  readonly components: readonly FineCell[];
}

interface FineCell {
  /** The cells of the group's partition that it is made of. */
  readonly cells: readonly number[];
  readonly count: number;
  /** [k] */
  readonly mean: Float64Array;
}

/**
 * The Gaussians of the cells of one group, in closed form. Features u = (a, b), a the leading ones:
 *
 *   Cov a = (W_c + ν V_a/2)/(n_c + ν),   b | a ~ N(mean b + Γ(a − mean a), E),
 *
 * W_c is the scatter of a in the coarse cell c about the means of its fine cells, n_c its samples, V the covariance of u in the whole
 * group as `shrunk` returns it from that of its samples and their number, V_a that of a. Γ and E are the regression of b on a within fine cells, one for the whole group. Cells without samples are left out.
 * A group with too few samples for its cells (`FEWEST`) is a single Gaussian, N(its own mean, V).
 * `pause` is awaited before every cell.
 */
export async function gaussiansOf(
  { leading, features: k, coarse, fine, sums }: GroupMoments,
  shrinkage: number,
  shrunk: (covariance: Float64Array, count: number) => Promise<Float64Array>,
  pause: () => Promise<void>,
): Promise<CellGaussians[]> {
  const size = triangleSize(leading);
  const whole = fromTriangle(sums.uu, k);
  const partition = Array.from({ length: coarse }, (_, c): CoarseCell => {
    const square = fromTriangle(sums.aa.subarray(c * size, (c + 1) * size), leading);
    return { square, components: fineCells(sums, c * fine, fine, k) };
  });
  const given = partition.flatMap(({ components }) => components);
  const count = given.reduce((sum, cell) => sum + cell.count, 0);
  if (count === 0) return [];
  const group = pooled(given, k);
  const squares = diagonal(whole, k).map((v) => v / count);
  const spread = await shrunk(
    scatter(whole, [group], k).map((v) => v / count),
    count,
  );
  if (count < FEWEST * given.length) return [{ factor: await factorOf(spread, squares, k), components: [group] }];
  const ridge = Float64Array.from(spread, (v, at) => (at % (k + 1) === 0 ? shrinkage * v : 0));
  const within = scatter(whole, given, k).map((v, at) => (v + ridge[at]!) / (count + shrinkage));
  const { slope, rest } = await tailOf(within, squares, leading, k);
  const target = leadingBlock(spread, leading, k);
  const gaussians: CellGaussians[] = [];
  for (const { square, components } of partition) {
    if (components.length === 0) continue;
    await pause();
    const held = components.reduce((sum, cell) => sum + cell.count, 0);
    const blended = (sum: number, ofGroup: number) => (sum + (shrinkage * ofGroup) / 2) / (held + shrinkage);
    const covariance = scatter(square, components, leading).map((w, i) => blended(w, target[i]!));
    const ownSquares = diagonal(square, leading).map((v, i) => blended(v, squares[i]!));
    const factor = await factorOf(covariance, ownSquares, leading);
    gaussians.push({ factor: assembled(factor, slope, rest, leading, k), components });
  }
  return gaussians;
}

/** Samples that a cell with samples needs on average. With fewer, its mean is mostly the noise of its own samples. */
const FEWEST = 10;

interface CoarseCell {
  /** Σ aaᵀ, [leading, leading]. */
  readonly square: Float64Array;
  readonly components: readonly FineCell[];
}

function fineCells(sums: GroupMoments["sums"], first: number, fine: number, k: number): FineCell[] {
  return Array.from({ length: fine }, (_, f) => {
    const count = sums.count[first + f]!;
    const mean = sums.u.slice((first + f) * k, (first + f + 1) * k).map((v) => v / count);
    return { cells: [first + f], count, mean };
  }).filter(({ count }) => count > 0);
}

/** Some cells as one. */
function pooled(cells: readonly FineCell[], k: number): FineCell {
  const count = cells.reduce((sum, cell) => sum + cell.count, 0);
  const mean = new Float64Array(k);
  for (const cell of cells) for (let i = 0; i < k; i++) mean[i]! += (cell.count / count) * cell.mean[i]!;
  return { cells: cells.flatMap((cell) => cell.cells), count, mean };
}

/** Σ uuᵀ − Σ n μμᵀ over the cells, in the leading `size` features. */
function scatter(square: Float64Array, cells: readonly FineCell[], size: number): Float64Array {
  const out = square.slice();
  for (const { count, mean } of cells) {
    for (let i = 0; i < size; i++) {
      const v = count * mean[i]!;
      for (let j = 0; j < size; j++) out[i * size + j]! -= v * mean[j]!;
    }
  }
  return out;
}

const diagonal = (matrix: Float64Array, size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => matrix[i * (size + 1)]!);

const leadingBlock = (matrix: Float64Array, size: number, k: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, at) => matrix[Math.floor(at / size) * k + (at % size)]!);

/** Γ [k − leading, leading] and the factor of E, from the covariance [k, k] within cells and the mean squares of the features. */
async function tailOf(covariance: Float64Array, squares: Float64Array, leading: number, k: number) {
  const within = withoutRounding(covariance, squares, k);
  const rows = k - leading;
  const cross = new Float64Array(rows * leading);
  const own = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < leading; j++) cross[i * leading + j] = within[(leading + i) * k + j]!;
    for (let j = 0; j < rows; j++) own[i * rows + j] = within[(leading + i) * k + leading + j]!;
  }
  const factor = await factorOf(leadingBlock(within, leading, k), squares, leading);
  for (let i = 0; i < leading; i++) factor[i * (leading + 1)]! ||= 1; // features that do not vary: 0/1 in place of 0/0
  const half = solveLower(factor, leading, cross.slice());
  const known = multiplyTransposed(half, half, leading);
  const slope = solveLowerTransposed(factor, leading, half);
  const left = own.map((v, i) => v - known[i]!);
  return { slope, rest: await factorOf(left, squares.subarray(leading), rows) };
}

/** The factor of Cov(a, b): [[L_a, 0], [ΓL_a, L_E]]. */
function assembled(a: Float64Array, slope: Float64Array, rest: Float64Array, leading: number, k: number): Float64Array {
  const out = new Float64Array(k * k);
  const below = multiply(slope, a, k - leading, leading, leading);
  const rows = k - leading;
  for (let i = 0; i < leading; i++) for (let j = 0; j <= i; j++) out[i * k + j] = a[i * leading + j]!;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < leading; j++) out[(leading + i) * k + j] = below[i * leading + j]!;
    for (let j = 0; j <= i; j++) out[(leading + i) * k + leading + j] = rest[i * rows + j]!;
  }
  return out;
}

/** Variances below this part of the feature's mean square are rounding of float32 sums. */
const ROUNDING = 1e-6;

/** A covariance with zeros for the features of which nothing but rounding is left. */
function withoutRounding(sigma: Float64Array, squares: Float64Array, size: number): Float64Array {
  const constant = Array.from({ length: size }, (_, i) => sigma[i * (size + 1)]! <= ROUNDING * squares[i]!);
  return sigma.map((v, at) => (constant[Math.floor(at / size)] || constant[at % size] ? 0 : v));
}

/** Every variance is raised by this part of itself. */
const NEGLIGIBLE = 1e-6;

/** Parts of the features' mean squares by which rounding of float32 sums, and of what is computed from them, may be off. */
const ROUNDED = [0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

/** L [size, size] with LLᵀ = Σ, but for rounding, of which `squares`, the mean squares of the features, tell the size. */
function factorOf(sigma: Float64Array, squares: Float64Array, size: number): Promise<Float64Array> {
  const kept = withoutRounding(sigma, squares, size);
  return raisedCholesky(
    kept,
    size,
    ROUNDED.map((part) => (i) => NEGLIGIBLE * kept[i * (size + 1)]! + part * squares[i]!),
  );
}
