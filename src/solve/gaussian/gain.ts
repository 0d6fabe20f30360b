import type { Block } from "../../../priors/mixture/charts.ts";
import { cholesky, solveLower, solveLowerTransposed } from "../../data/cholesky.ts";
import { multiply, multiplyTransposed } from "../../data/matmul.ts";
import { product, productTransposed, solveLowerBlocked } from "../../engine/float64.ts";
import type { Mixture } from "./as-mixture.ts";
import type { ReducedChart } from "./reduction.ts";

/** Bytes of factors and of reaches that are kept, each. More are computed again when they are asked for. */
const KEPT_BYTES = 2 ** 28;

export type Gains = ReturnType<typeof gainsOf>;

/**
 * What the posterior of features v [k] of each block of a mixture needs, once u = Bv + e [r] is measured, v ~ N(μ, Σ), e ~ N(0, I):
 *
 *   F [r, r], the Cholesky factor of I + BΣBᵀ, and the reach W = ΣBᵀF⁻ᵀ [k, r]: E[v | u] = μ + WF⁻¹(u − Bμ), Cov[v | u] = Σ − WWᵀ.
 */
export function gainsOf({ factors }: Mixture, blocks: readonly Block[], charts: readonly ReducedChart[], r: number) {
  const k = factors.shape[1]!;
  const roots = Float64Array.from(factors.data); // L of every covariance, [covariances, k, k]
  const rootOf = (c: number) => roots.subarray(c * k * k, (c + 1) * k * k);
  const kept = (size: number) => {
    const found = new Map<number, Float64Array>();
    const most = KEPT_BYTES / (Float64Array.BYTES_PER_ELEMENT * size);
    return {
      get: (b: number) => found.get(b),
      set: (b: number, value: Float64Array) => {
        if (found.size < most) found.set(b, value);
        return value;
      },
    };
  };
  const knownFactors = kept(r * r);
  const knownReaches = kept(k * r);
  /** BL [r, k] of block b, Σ = LLᵀ. */
  const measuredRoot = (b: number) => {
    const { chart, covariance } = blocks[b]!;
    return product(charts[chart]!.B, rootOf(covariance), r, k, k);
  };
  /** F of block b, and BΣBᵀ [r, r]. */
  const computed = async (b: number) => {
    const own = await measuredRoot(b);
    const spread = await productTransposed(own, own, k);
    const inner = spread.slice();
    for (let q = 0; q < r; q++) inner[q * r + q]! += 1;
    return { factor: knownFactors.set(b, cholesky(inner, r)), spread };
  };
  let latest: { readonly b: number; readonly factor: Float64Array } | undefined;
  const factorOf = async (b: number): Promise<Float64Array> => {
    if (latest?.b !== b) latest = { b, factor: knownFactors.get(b) ?? (await computed(b)).factor };
    return latest.factor;
  };
  const reached = async (b: number): Promise<Float64Array> => {
    const across = await productTransposed(rootOf(blocks[b]!.covariance), await measuredRoot(b), k); // ΣBᵀ, [k, r]
    return knownReaches.set(b, await solveLowerBlocked(await factorOf(b), r, across)); // rows F⁻¹(BΣ)_a
  };
  const squares = new Map<number, Float64Array>();
  return {
    computed,
    factorOf,
    /** ΣBᵀ(I + BΣBᵀ)⁻¹d [k] of block b: by how much an innovation d = u − Bμ [r] moves the mean of v. */
    moved: async (b: number, d: Float64Array): Promise<Float64Array> => {
      const { chart, covariance } = blocks[b]!;
      const factor = await factorOf(b);
      const seen = solveLowerTransposed(factor, r, solveLower(factor, r, d.slice()));
      const root = rootOf(covariance);
      return multiplyTransposed(multiply(multiply(seen, charts[chart]!.B, 1, r, k), root, 1, k, k), root, k);
    },
    reachOf: async (b: number): Promise<Float64Array> => knownReaches.get(b) ?? (await reached(b)),
    rootOf,
    /** Σ = LLᵀ [k, k] of a covariance. */
    covarianceOf: async (c: number): Promise<Float64Array> => {
      const own = squares.get(c) ?? (await productTransposed(rootOf(c), rootOf(c), k));
      squares.set(c, own);
      return own;
    },
  };
}

/** Matrices [rows, ·] beside each other, as one. */
export function beside(matrices: readonly Float64Array[], rows: number): Float64Array {
  const width = matrices.reduce((sum, { length }) => sum + length / rows, 0);
  const out = new Float64Array(rows * width);
  let from = 0;
  for (const matrix of matrices) {
    const own = matrix.length / rows;
    for (let p = 0; p < rows; p++) for (let q = 0; q < own; q++) out[p * width + from + q] = matrix[p * own + q]!;
    from += own;
  }
  return out;
}
