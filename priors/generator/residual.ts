import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { transpose } from "../../src/data/matmul.ts";
import { dot } from "../../src/data/vector.ts";
import {
  choleskyBlocked,
  product,
  productTransposed,
  solveLowerBlocked,
  symmetricEigenPausing,
} from "../../src/engine/float64.ts";
import { covariance, familySpec, featureBasis, reducedCovariance, type Sketch } from "../../src/sketch/index.ts";
import type { GeneratorPrior } from "../prior.ts";
import { type Residual, residualOfRoot } from "../residual-root.ts";
import { generatedMeans } from "./generated.ts";

/**
 * Less than this part of the data's variance in a direction counts as noise: a variance of 16384 samples has the standard error
 * √(2/16384) = 1.1 % of itself, and training leaves errors of that order.
 */
const NOISE = 0.05;

/** What is added to the data's variances, as a fraction of their mean, so that constant pixels can be divided by. */
const FLOOR = 1e-6;

/**
 * What a generator leaves out of the sketched data: C = cov(x) − cov(G(z)) [n, n], the negative eigenvalues set to 0, so that
 * x ≈ G(z) + r with r ~ N(0, C) has the sketch's covariance wherever G does not exceed it. cov(G) is estimated from balanced draws
 * (`generatedMeans`), because sampling error in it would end up in the residual.
 *
 * Directions v in which C is below 5 % of the data's own variance are left out (Cv = λ cov(x)v, λ < 5 %). They hold what sampling error
 * there still is, which would blur sharp data. In directions that G cannot reach, λ is 1.
 *
 * Reduced second moments say cov(x) = B S Bᵀ + diag(e) (`reducedCovariance`). cov(G) is then taken in the same form, and C is
 * B R Bᵀ + diag(e'). R is what G leaves of S by the rules above; e' is what it leaves of e, number by number. Eigenproblems are then of
 * the size of S.
 */
export function residualOf(sketch: Sketch, prior: GeneratorPrior, seed: number): Promise<Residual> {
  const { reduced } = familySpec(sketch.design, "second-moments", "residual");
  const pca = featureBasis(sketch.design.arrays);
  return reduced && pca
    ? residualInFeatures(sketch, pca.basis, prior, seed)
    : denseResidual(covariance(sketch), prior, seed);
}

/** The residual from the data's covariance [n, n]. */
export async function denseResidual(data: Float64Array, prior: GeneratorPrior, seed: number): Promise<Residual> {
  const n = sizeOf(prior.shape);
  const { x, xx } = await generatedMeans(prior, seed, (rows) => ({
    x: tf.sum(rows, 0),
    xx: tf.matMul(rows, rows, true, false),
  }));
  const rows = await rowsLeft(data, centred(xx, x), n);
  return { residual: fromHost(Float32Array.from(await gram(rows, n)), [n, n]) };
}

/** The residual from reduced second moments in features u = Bᵀx, with its root. */
async function residualInFeatures(
  sketch: Sketch,
  { data, shape }: NdArray<Float32Array>,
  prior: GeneratorPrior,
  seed: number,
): Promise<Residual> {
  const [n, k] = shape as [number, number];
  const basis = Float64Array.from(data);
  const { features, rest } = reducedCovariance(sketch);
  const { x, squares, u, uu } = await generatedMeans(prior, seed, (rows) => {
    const inFeatures = tf.matMul(rows, tf.tensor2d(data, [n, k]));
    return {
      x: tf.sum(rows, 0),
      squares: tf.sum(tf.square(rows), 0),
      u: tf.sum(inFeatures, 0),
      uu: tf.matMul(inFeatures, inFeatures, true, false),
    };
  });
  const made = centred(uu, u);
  const along = await product(basis, made, n, k, k);
  const floor = FLOOR * meanOf(rest);
  const variances = rest.map((e, i) => {
    const own = squares[i]! - x[i]! ** 2 - dot(along, i * k, basis, i * k, k);
    const left = Math.min(e, e - own);
    return left > NOISE * (e + floor) ? left : 0;
  });
  const rows = await rowsLeft(features, made, k);
  const factor = rows.length > 0 ? await productTransposed(basis, rows, k) : new Float64Array(n);
  return residualOfRoot({
    factor: fromHost(Float32Array.from(factor), [n, factor.length / n]),
    standardDeviations: fromHost(Float32Array.from(variances, Math.sqrt), [n]),
  });
}

/** Rows R [r, n] such that RᵀR is what the covariance `made` leaves of that of the data. */
async function rowsLeft(data: Float64Array, made: Float64Array, n: number): Promise<Float64Array> {
  const left = data.map((v, i) => v - made[i]!);
  const mean = data.reduce((sum, v, i) => (i % (n + 1) === 0 ? sum + v / n : sum), 0);
  const unit = data.map((v, i) => (i % (n + 1) === 0 ? v + FLOOR * mean : v));
  const factor = await choleskyBlocked(unit, n); // L, in whose coordinates L⁻¹x the data have the covariance I
  const whitened = await solveLowerBlocked(factor, n, await rootsAbove(left, n, 0));
  return productTransposed(await rootsAbove(await gram(whitened, n), n, NOISE), factor, n);
}

/** Rows √λ v of a symmetric matrix [n, n], for its eigenvalues λ above a bound of at least 0. */
async function rootsAbove(matrix: Float64Array, n: number, bound: number): Promise<Float64Array> {
  const { values, vectors } = await symmetricEigenPausing(matrix, n);
  const count = values.filter((v) => v > bound).length;
  return vectors.slice(0, count * n).map((v, i) => v * Math.sqrt(values[Math.floor(i / n)]!));
}

/** RᵀR [n, n] of rows R of n numbers. */
const gram = (rows: Float64Array, n: number): Promise<Float64Array> =>
  product(transpose(rows, rows.length / n, n), rows, n, rows.length / n, n);

/** The covariance E xxᵀ − E x E xᵀ. */
const centred = (xx: Float64Array, x: Float64Array): Float64Array =>
  xx.map((v, i) => v - x[Math.floor(i / x.length)]! * x[i % x.length]!);

const meanOf = (values: Float64Array): number => values.reduce((sum, v) => sum + v / values.length, 0);
