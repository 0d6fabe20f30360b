import type { NdArray } from "ndarray";
import { fromHost } from "../src/data/array.ts";
import type { Random } from "../src/data/random.ts";
import { productTransposed } from "../src/engine/float64.ts";
import { raisedCholesky } from "./raised-cholesky.ts";

/** A root of the covariance C of a residual: C = UUᵀ + diag(s²), so that r = Ue + s ⊙ e' has it for e, e' ~ N(0, I). */
export interface ResidualRoot {
  /** U [n, r]. */
  readonly factor: NdArray<Float32Array>;
  /** s [n]; absent: 0. */
  readonly standardDeviations?: NdArray<Float32Array>;
}

/** The residual of a prior. */
export interface Residual {
  /** C [n, n]. */
  readonly residual: NdArray<Float32Array>;
  /** A root of C, where it is known without an n × n problem. */
  readonly residualRoot?: ResidualRoot;
}

/** Parts of a variance that are added to it, so that rounding leaves no negative eigenvalue. */
const RAISED = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3];

/**
 * A root of C [n, n] by Cholesky. Where rounding made C indefinite, its diagonal is raised: by the least of a few parts (1e-7 to 1e-3)
 * of each number's own variance, or, if that is not enough, of the largest variance. Numbers that do not vary stay 0.
 * Errors (RangeError): C is no covariance.
 */
export async function residualRoot({ data, shape }: NdArray<Float32Array | Float64Array>): Promise<ResidualRoot> {
  const n = shape[0]!;
  const variance = (i: number) => data[i * (n + 1)]!;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, variance(i));
  if (largest === 0) return { factor: fromHost(new Float32Array(n), [n, 1]) };
  const raises = [
    () => 0,
    ...RAISED.map((part) => (i: number) => part * variance(i)),
    ...RAISED.map((part) => () => part * largest),
  ];
  return { factor: fromHost(Float32Array.from(await raisedCholesky(data, n, raises)), [n, n]) };
}

const known = new WeakMap<NdArray<Float32Array | Float64Array>, Promise<ResidualRoot>>();

/** The root that a prior holds, or that of its residual, computed once. */
export async function rootOf(
  residual: NdArray<Float32Array | Float64Array>,
  held?: ResidualRoot,
): Promise<ResidualRoot> {
  if (held) return held;
  const root = known.get(residual) ?? residualRoot(residual);
  known.set(residual, root);
  return root;
}

/** Draws r ~ N(0, C), [rows, n]. */
export async function drawResiduals(
  { factor, standardDeviations }: ResidualRoot,
  random: Random,
  rows: number,
): Promise<Float64Array> {
  const [n, r] = factor.shape as [number, number];
  const e = random.fillNormal(new Float64Array(rows * r));
  const out = await productTransposed(e, Float64Array.from(factor.data), r);
  if (standardDeviations) {
    for (let at = 0; at < out.length; at++) out[at]! += standardDeviations.data[at % n]! * random.normal();
  }
  return out;
}

/** C = UUᵀ + diag(s²) [n, n] with its root, whose U has at least one column. */
export async function residualOfRoot(residualRoot: ResidualRoot): Promise<Residual> {
  const { factor, standardDeviations } = residualRoot;
  const [n, r] = factor.shape as [number, number];
  const u = Float64Array.from(factor.data);
  const dense = await productTransposed(u, u, r);
  if (standardDeviations) for (let i = 0; i < n; i++) dense[i * (n + 1)]! += standardDeviations.data[i]! ** 2;
  return { residual: fromHost(Float32Array.from(dense), [n, n]), residualRoot };
}
