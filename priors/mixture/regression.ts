import { fromHost } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { transpose } from "../../src/data/matmul.ts";
import { product, productTransposed } from "../../src/engine/float64.ts";
import {
  familySpec,
  featureBasis,
  mean,
  type ReducedCovariance,
  reducedCovariance,
  referenceOf,
  type Sketch,
} from "../../src/sketch/index.ts";
import { type Residual, residualOfRoot } from "../residual-root.ts";
import { isOfFew, shrunkCovariance } from "../shrunk-covariance.ts";

/** What the leading features v [k] say of the signals x [n]: x = centre + D(v − v̄) + r, r uncorrelated with v. */
export interface Regression extends Residual {
  /** x̄ [n]. */
  readonly centre: Float64Array;
  /** v̄ [k]. */
  readonly origin: Float64Array;
  /** D [n, k]. */
  readonly matrix: Float64Array;
  /** Σ_vv [k, k]. */
  readonly features: Float64Array;
  /** How many samples the stationary part of Σ counts for; absent where images are not few. */
  readonly added?: number;
}

/**
 * The regression of the signals on their leading k features, from the second moments of a sketch.
 *
 * Of second moments in full, by the covariance Σ of the signals: D = Σ_xv Σ_vv⁻¹, C = Σ − D Σ_vx. Of reduced ones, by
 * Σ = B S Bᵀ + diag(e): with B = (B_v, B_t) and S in the same blocks, Γ = S_tv S_vv⁻¹, D = B_v + B_t Γ, and
 * C = B_t (S_tt − Γ S_vt) B_tᵀ + diag(e), with a root of K − k columns, one of zeros where K = k.
 * Of few images Σ is the shrunken covariance (`shrunkCovariance`), which has no such form, and the regression is that of second moments in full.
 * `pause` is awaited between the steps. Errors (InputError): constant data. Ends with the signal's reason.
 */
export async function regression(
  sketch: Sketch,
  k: number,
  pause: () => Promise<void>,
  signal?: AbortSignal,
): Promise<Regression> {
  const centre = mean(sketch);
  const pca = featureBasis(sketch.design.arrays);
  const basis = pca ? columns(pca.basis.data, pca.basis.shape[1]!, 0, k) : unitColumns(centre.length, k);
  const from = pca ? pca.mean.data : referenceOf(sketch.design.arrays, centre.length);
  const offset = centre.map((v, i) => v - from[i]!);
  const origin = await product(offset, basis, 1, centre.length, k);
  const { reduced } = familySpec(sketch.design, "second-moments", "mixture");
  await pause();
  const few = isOfFew(sketch);
  if (reduced && !few) return { centre, origin, ...(await ofReduced(reducedCovariance(sketch), k, pause)) };
  const { covariance, added } = await shrunkCovariance(sketch, signal);
  return { centre, origin, ...(await ofFull(covariance, basis, k, !pca, pause)), ...(few && { added }) };
}

/** Columns `from` up to `to` of a matrix with `width` columns. */
const columns = (data: ArrayLike<number>, width: number, from: number, to: number): Float64Array => {
  const taken = to - from;
  const rows = data.length / width;
  return Float64Array.from(
    { length: rows * taken },
    (_, at) => data[Math.floor(at / taken) * width + from + (at % taken)]!,
  );
};

/** The first k unit vectors as columns, [n, k]: the basis of raw features. */
const unitColumns = (n: number, k: number): Float64Array =>
  Float64Array.from({ length: n * k }, (_, at) => Number(Math.floor(at / k) === at % k));

/** Directions of the features with less than this fraction of the largest variance say nothing of the pixels. */
const RANK = 1e-9;

/**
 * R [k, k] with RᵀR = Σ⁻¹: eigenvectors over the roots of their eigenvalues, 0 where those are negligible. Raw features may have units
 * of their own (`apart`), so that they are compared after each is divided by its deviation; principal components share one.
 */
function inverseRoot(sigma: Float64Array, k: number, apart: boolean): Float64Array {
  const units = Float64Array.from({ length: k }, (_, i) => {
    const variance = sigma[i * (k + 1)]!;
    return apart && variance > 0 ? 1 / Math.sqrt(variance) : 1;
  });
  const { values, vectors } = symmetricEigen(
    sigma.map((v, at) => v * units[Math.floor(at / k)]! * units[at % k]!),
    k,
  );
  if (!(values[0]! > 0)) {
    throw new InputError("mixture: the sketched data are constant (covariance 0), there is nothing to learn");
  }
  return vectors.map((v, at) => {
    const value = values[Math.floor(at / k)]!;
    return value > RANK * values[0]! ? (v * units[at % k]!) / Math.sqrt(value) : 0;
  });
}

async function ofFull(sigma: Float64Array, basis: Float64Array, k: number, apart: boolean, pause: () => Promise<void>) {
  const n = basis.length / k;
  const cross = await product(sigma, basis, n, n, k); // Σ_xv [n, k]
  const features = await product(transpose(basis, n, k), cross, k, n, k);
  const inverse = inverseRoot(features, k, apart);
  const half = await productTransposed(cross, inverse, k); // Σ_xv Σ_vv^{-1/2}, [n, k]
  await pause();
  const explained = await productTransposed(half, half, k);
  return {
    features,
    matrix: await product(half, inverse, n, k, k),
    residual: fromHost(Float32Array.from(leftOver(sigma, explained, n)), [n, n]),
  };
}

/** If no more than this fraction of a pixel's variance is left, the features determine it and what is left is rounding: that of sums in float32 (docs/sketch.md). */
const ROUNDING = 5e-8;

/** Σ − explained, with 0 in the rows and columns of pixels that the features determine. */
function leftOver(sigma: Float64Array, explained: Float64Array, n: number): Float64Array {
  const left = sigma.map((v, i) => v - explained[i]!);
  const told = Array.from({ length: n }, (_, i) => left[i * (n + 1)]! <= ROUNDING * sigma[i * (n + 1)]!);
  return left.map((v, at) => (told[Math.floor(at / n)] || told[at % n] ? 0 : v));
}

async function ofReduced(
  { basis, features: s, rest: variances }: ReducedCovariance,
  k: number,
  pause: () => Promise<void>,
) {
  const n = variances.length;
  const all = Math.sqrt(s.length);
  const tail = all - k;
  const rows = (from: number, to: number) => s.subarray(from * all, to * all);
  const own = columns(rows(0, k), all, 0, k); // S_vv
  const cross = columns(rows(k, all), all, 0, k); // S_tv [t, k]
  const inverse = inverseRoot(own, k, !basis);
  const half = await productTransposed(cross, inverse, k); // S_tv S_vv^{-1/2}
  const slope = await product(half, inverse, tail, k, k); // Γ
  const known = await productTransposed(half, half, k);
  const left = columns(rows(k, all), all, k, all).map((v, at) => v - known[at]!); // S_tt − Γ S_vt
  await pause();
  const { values, vectors } = symmetricEigen(left, tail);
  await pause();
  const root = transpose(vectors, tail, tail).map((v, at) => v * Math.sqrt(Math.max(0, values[at % tail]!)));
  const leading = basis ? columns(basis, all, 0, k) : unitColumns(n, k);
  const others = basis ? columns(basis, all, k, all) : columns(unitColumns(n, all), all, k, all);
  const added = await product(others, slope, n, tail, k);
  await pause();
  const factor = tail > 0 ? await product(others, root, n, tail, tail) : new Float64Array(n);
  return {
    features: own,
    matrix: leading.map((v, at) => v + added[at]!),
    ...(await residualOfRoot({
      factor: fromHost(Float32Array.from(factor), [n, factor.length / n]),
      standardDeviations: fromHost(Float32Array.from(variances, Math.sqrt), [n]),
    })),
  };
}
