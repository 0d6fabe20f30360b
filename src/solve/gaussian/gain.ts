import type { Block } from "../../../priors/mixture/charts.ts";
import { cholesky, solveLower } from "../../data/cholesky.ts";
import { multiplyTransposed } from "../../data/matmul.ts";
import { product, productTransposed, solveLowerBlocked } from "../../engine/float64.ts";
import type { Mixture } from "./as-mixture.ts";
import type { ReducedChart } from "./reduction.ts";

/** What the posterior of features v [k] of a block needs, once u = Bv + e [r] is measured, v ~ N(μ, Σ), e ~ N(0, I). */
export interface Gain {
  /** F [r, r], the Cholesky factor of I + BΣBᵀ. */
  readonly factor: Float64Array;
  /** W = ΣBᵀF⁻ᵀ [k, r]: E[v | u] = μ + WF⁻¹(u − Bμ), Cov[v | u] = Σ − WWᵀ. */
  readonly reach: Float64Array;
}

/** Bytes of factors and of reaches that are kept, each. More are computed again when they are asked for. */
const KEPT_BYTES = 2 ** 28;

export type Gains = ReturnType<typeof gainsOf>;

/** The gains of the blocks of a mixture. */
export function gainsOf({ factors }: Mixture, blocks: readonly Block[], charts: readonly ReducedChart[], r: number) {
  const [covariances, k] = factors.shape as [number, number];
  const roots = Float64Array.from(factors.data); // L of every covariance, [covariances, k, k]
  const rootOf = (c: number) => roots.subarray(c * k * k, (c + 1) * k * k);
  const beside = new Float64Array(roots.length); // all L beside each other, [k, covariances · k]
  for (let c = 0; c < covariances; c++) {
    for (let a = 0; a < k; a++) {
      beside.set(roots.subarray((c * k + a) * k, (c * k + a + 1) * k), (a * covariances + c) * k);
    }
  }
  /** BL of every covariance in the chart that was asked for last, [r, covariances · k]. */
  let measured: { readonly chart: number; readonly all: Float64Array } | undefined;
  const measuredOf = async (b: number): Promise<Float64Array> => {
    const { chart, covariance: c } = blocks[b]!;
    if (measured?.chart !== chart) {
      measured = { chart, all: await product(charts[chart]!.B, beside, r, k, covariances * k) };
    }
    const out = new Float64Array(r * k);
    for (let q = 0; q < r; q++) {
      const from = (q * covariances + c) * k;
      out.set(measured.all.subarray(from, from + k), q * k);
    }
    return out;
  };
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
  /** F of block b, and BΣBᵀ [r, r]. */
  const computed = async (b: number) => {
    const own = await measuredOf(b);
    const spread = await productTransposed(own, own, k);
    const inner = spread.slice();
    for (let q = 0; q < r; q++) inner[q * r + q]! += 1;
    return { factor: knownFactors.set(b, cholesky(inner, r)), spread };
  };
  const factorOf = async (b: number) => knownFactors.get(b) ?? (await computed(b)).factor;
  const reachOf = async (b: number, factor: Float64Array): Promise<Float64Array> => {
    const { chart, covariance } = blocks[b]!;
    const own = await product(charts[chart]!.B, rootOf(covariance), r, k, k); // BL
    const across = await productTransposed(rootOf(covariance), own, k); // ΣBᵀ, [k, r]
    return knownReaches.set(b, await solveLowerBlocked(factor, r, across)); // rows F⁻¹(BΣ)_a
  };
  const squares = new Map<number, Float64Array>();
  return {
    computed,
    factorOf,
    of: async (b: number): Promise<Gain> => {
      const factor = await factorOf(b);
      return { factor, reach: knownReaches.get(b) ?? (await reachOf(b, factor)) };
    },
    rootOf,
    /** Σ = LLᵀ [k, k] of a covariance. */
    covarianceOf: async (c: number): Promise<Float64Array> => {
      const own = squares.get(c) ?? (await productTransposed(rootOf(c), rootOf(c), k));
      squares.set(c, own);
      return own;
    },
  };
}

/** WF⁻¹d of d [r]: by how much an innovation d = u − Bμ moves the mean of v. */
export const gained = ({ factor, reach }: Gain, d: Float64Array): Float64Array =>
  multiplyTransposed(reach, solveLower(factor, d.length, d.slice()), d.length);

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
