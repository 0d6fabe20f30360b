import { cholesky, solveLower, solveLowerTransposed } from "../../data/cholesky.ts";
import { multiply, multiplyTransposed, transpose } from "../../data/matmul.ts";
import { dot } from "../../data/vector.ts";
import { product, productTransposed } from "../../engine/float64.ts";
import type { Mixture } from "./as-mixture.ts";

/** What the posterior of features v [k] with covariance Σ = LLᵀ needs, once u = Bv + e [r] is measured, e ~ N(0, I). */
export interface Gain {
  /** L [k, k], lower triangular. */
  readonly root: Float64Array;
  /** BL, [r, k]. */
  readonly measured: Float64Array;
  /** Cholesky factor of I + BΣBᵀ, [r, r]. */
  readonly factor: Float64Array;
}

export async function gainOf({ factors }: Mixture, c: number, B: Float64Array, r: number): Promise<Gain> {
  const k = factors.shape[1]!;
  const root = Float64Array.from(factors.data.subarray(c * k * k, (c + 1) * k * k));
  const measured = await product(B, root, r, k, k);
  const inner = await productTransposed(measured, measured, k);
  for (let q = 0; q < r; q++) inner[q * r + q]! += 1;
  return { root, measured, factor: cholesky(inner, r) };
}

/** ΣBᵀ(I + BΣBᵀ)⁻¹d of d [r]: by how much an innovation d = u − Bμ moves the mean of v. */
export function gained({ root, measured, factor }: Gain, d: Float64Array, k: number): Float64Array {
  const r = d.length;
  const solved = solveLowerTransposed(factor, r, solveLower(factor, r, d.slice()));
  return multiplyTransposed(multiply(solved, measured, 1, r, k), root, k);
}

/** Cov[v | u] = Σ − ΣBᵀ(I + BΣBᵀ)⁻¹BΣ = L(I − VVᵀ)Lᵀ, [k, k]. */
export function posteriorCovariance({ root, measured, factor }: Gain, r: number, k: number): Float64Array {
  const V = solveLower(factor, r, transpose(measured, r, k));
  const inner = symmetric(k, (a, b) => Number(a === b) - dot(V, a * r, V, b * r, r));
  const half = multiply(root, inner, k, k, k);
  return symmetric(k, (a, b) => dot(half, a * k, root, b * k, b + 1)); // row b of L is 0 beyond b
}

/** The symmetric matrix [size, size] with the entries `at(a, b)`, b ≤ a. */
function symmetric(size: number, at: (a: number, b: number) => number): Float64Array {
  const out = new Float64Array(size * size);
  for (let a = 0; a < size; a++) for (let b = 0; b <= a; b++) out[a * size + b] = out[b * size + a] = at(a, b);
  return out;
}
