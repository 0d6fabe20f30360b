import { transpose } from "../../data/matmul.ts";
import { dot } from "../../data/vector.ts";
import { choleskyBlocked, product, solveLowerBlocked } from "../../engine/float64.ts";
import type { Sites } from "./sites.ts";

/** N(x, HHᵀ). */
export interface Joined {
  /** x [n]. */
  readonly mean: Float64Array;
  /** H [n, n]. */
  readonly root: Float64Array;
}

/** N(x; x̄, RRᵀ) with the sites about x̄: its covariance (V⁻¹ + S)⁻¹ = R(I + RᵀSR)⁻¹Rᵀ, V = RRᵀ, and its mean x̄ + (V⁻¹ + S)⁻¹r. */
export async function joined(
  mean: Float64Array,
  root: Float64Array,
  { precision, pull }: Sites,
  signal?: AbortSignal,
): Promise<Joined> {
  const n = mean.length;
  const inner = await product(transpose(root, n, n), await product(precision, root, n, n, n), n, n, n);
  for (let i = 0; i < n; i++) inner[i * (n + 1)]! += 1;
  const factor = await choleskyBlocked(inner, n, signal);
  const H = await solveLowerBlocked(factor, n, root.slice(), signal); // rows (F⁻¹Rᵀe)ᵀ, I + RᵀSR = FFᵀ
  const back = new Float64Array(n); // Hᵀr
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) back[j]! += H[i * n + j]! * pull[i]!;
  return { mean: mean.map((v, i) => v + dot(H, i * n, back, 0, n)), root: H };
}
