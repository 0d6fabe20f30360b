import type { NdArray } from "ndarray";
import { cholesky, logDeterminant, solveLower } from "../data/cholesky.ts";
import { trace } from "../data/linalg.ts";
import { multiply, multiplyTransposed } from "../data/matmul.ts";
import { stream } from "../data/random.ts";
import { pauses } from "../engine/events.ts";
import { encodedPilot } from "./encoded.ts";
import { anchorsOf, nearest } from "./families/anchors.ts";
import { columnMeans, featureBasis, learnFeatures } from "./features.ts";
import { alignedRows, expectedCounts, imageShape, type PoseSpec, poseCount, posing, warpRows } from "./poses.ts";

export const FEATURES = 60;
export const MEASUREMENTS = 50;
const CELLS = 40;
/** Variance added to a measurement, as a part of the mean variance of measurements: rounding. */
const ROUNDING = 1e-6;

/**
 * The mean of log p(Ax) over the samples of `held`, A one random Gaussian matrix [50, n]: recovery sees signals through such Φ. p is a mixture that is
 * made from `fit` as from a sketch: cells by k-means, with one covariance, in 60 principal components of the images as they are or aligned.
 * -∞ if the samples of `fit` are equal.
 */
export async function heldOutLikelihood(
  poses: PoseSpec | undefined,
  fit: NdArray<Float32Array>,
  held: NdArray<Float32Array>,
  shape: readonly number[],
  signal?: AbortSignal,
): Promise<number> {
  const [rows, n] = fit.shape as [number, number];
  const features = { kind: "pca", components: FEATURES } as const;
  const aligned = poses ? await alignedRows(poses, fit, shape) : fit;
  const { arrays } = await learnFeatures(features, aligned, signal, 0); // exact directions take seconds, and decide nothing here
  const { mean, basis } = featureBasis(arrays)!;
  const {
    features: u,
    residual,
    poses: own,
  } = await encodedPilot({ shape, features, ...(poses && { poses }) }, fit, arrays);
  const partition = { coarse: CELLS, fine: 1, assigning: FEATURES, seed: 1 };
  const anchors = await anchorsOf({ features: u }, 1, partition, signal);
  const poseTotal = poses ? poseCount(poses) : 1;
  const cells = partitioned(u.data, anchors, own?.data, poseTotal);

  const A = stream(1, "held-out likelihood").fillNormal(new Float64Array(MEASUREMENTS * n));
  const through = (x: ArrayLike<number>) => multiplyTransposed(Float64Array.from(x), A, n); // Ax of rows x [., n]
  const left = through(residual.data);
  const leftMean = columnMeans(left, rows, MEASUREMENTS);
  const noise = covarianceOf(left, leftMean, MEASUREMENTS);
  const y = through(held.data);
  const seenOfFit = through(fit.data);
  const whole = covarianceOf(seenOfFit, columnMeans(seenOfFit, rows, MEASUREMENTS), MEASUREMENTS);
  const floor = (ROUNDING * trace(whole, MEASUREMENTS)) / MEASUREMENTS;
  if (!(floor > 0)) return Number.NEGATIVE_INFINITY; // equal images
  const count = held.shape[0]!;
  const logs: Float64Array[] = [];
  const pause = pauses(signal);
  const warps = poses && posing(poses, shape);
  const images = Float64Array.from({ length: (FEATURES + 1) * n }, (_, at) => {
    const [row, i] = [Math.floor(at / n), at % n];
    return row < FEATURES ? basis.data[i * FEATURES + row]! : mean.data[i]!;
  });
  for (let p = 0; p < poseTotal; p++) {
    await pause();
    const seen = through(warps ? warpRows(images, warps, p, imageShape(shape)) : images); // [features + 1, m]
    const B = seen.subarray(0, FEATURES * MEASUREMENTS);
    const centre = seen.subarray(FEATURES * MEASUREMENTS);
    const spread = multiplyAcross(B, cells.covariance);
    for (let q = 0; q < spread.length; q++) spread[q]! += noise[q]!;
    for (let q = 0; q < MEASUREMENTS; q++) spread[q * (MEASUREMENTS + 1)]! += floor;
    const factor = cholesky(spread, MEASUREMENTS);
    const logDet = logDeterminant(factor, MEASUREMENTS);
    const whiten = (v: Float64Array) => solveLower(factor, MEASUREMENTS, v);
    const measured = whiten(y.map((v, at) => v - centre[at % MEASUREMENTS]! - leftMean[at % MEASUREMENTS]!));
    const means = whiten(multiply(cells.means, B, CELLS, FEATURES, MEASUREMENTS));
    for (let j = 0; j < CELLS; j++) {
      const weight = cells.weights[j * poseTotal + p]!;
      if (weight === 0) continue;
      const constant = Math.log(weight) - 0.5 * logDet;
      const own = means.subarray(j * MEASUREMENTS, (j + 1) * MEASUREMENTS);
      logs.push(
        Float64Array.from({ length: count }, (_, i) => {
          let gap = 0;
          for (let q = 0; q < MEASUREMENTS; q++) gap += (measured[i * MEASUREMENTS + q]! - own[q]!) ** 2;
          return constant - 0.5 * gap;
        }),
      );
    }
  }
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const largest = logs.reduce((a, log) => Math.max(a, log[i]!), Number.NEGATIVE_INFINITY);
    sum += largest + Math.log(logs.reduce((a, log) => a + Math.exp(log[i]! - largest), 0));
  }
  return sum / count;
}

/** BᵀWB of B [k, m] and W [k, k]: [m, m]. */
function multiplyAcross(B: Float64Array, W: Float64Array): Float64Array {
  const k = Math.sqrt(W.length);
  const m = B.length / k;
  const WB = multiply(W, B, k, k, m);
  const out = new Float64Array(m * m);
  for (let a = 0; a < k; a++) {
    for (let q = 0; q < m; q++) for (let s = 0; s < m; s++) out[q * m + s]! += B[a * m + q]! * WB[a * m + s]!;
  }
  return out;
}

/** Cells of features u by their nearest anchors: means [cells, k], P(cell, pose) [cells, poses], one covariance within cells [k, k]. */
function partitioned(u: Float32Array, anchors: Float32Array, poses: Float32Array | undefined, poseTotal: number) {
  const rows = u.length / FEATURES;
  const rowOf = (data: Float32Array, i: number) => data.subarray(i * FEATURES, (i + 1) * FEATURES);
  const centres = Array.from({ length: CELLS }, (_, j) => rowOf(anchors, j));
  const cellOf = Int32Array.from({ length: rows }, (_, i) => nearest(rowOf(u, i), centres));
  const counts = new Float64Array(CELLS);
  const means = new Float64Array(CELLS * FEATURES);
  const seen = new Float64Array(CELLS * poseTotal);
  const overall = new Float64Array(poseTotal);
  for (const [i, j] of cellOf.entries()) {
    counts[j]!++;
    for (let a = 0; a < FEATURES; a++) means[j * FEATURES + a]! += u[i * FEATURES + a]!;
    for (let p = 0; p < poseTotal; p++) {
      const own = poses ? poses[i * poseTotal + p]! : 1;
      seen[j * poseTotal + p]! += own;
      overall[p]! += own / rows;
    }
  }
  for (let at = 0; at < means.length; at++) means[at]! /= Math.max(1, counts[Math.floor(at / FEATURES)]!);
  const gaps = Float64Array.from(
    u,
    (v, at) => v - means[cellOf[Math.floor(at / FEATURES)]! * FEATURES + (at % FEATURES)]!,
  );
  const weights = new Float64Array(CELLS * poseTotal);
  for (let j = 0; j < CELLS; j++) {
    const expected = expectedCounts(seen.subarray(j * poseTotal, (j + 1) * poseTotal), overall);
    const total = expected.reduce((sum, v) => sum + v, 0);
    for (let p = 0; p < poseTotal; p++) weights[j * poseTotal + p] = (expected[p]! / total) * (counts[j]! / rows);
  }
  return { means, weights, covariance: covarianceOf(gaps, new Float64Array(FEATURES), FEATURES) };
}

/** The covariance [width, width] of rows about a mean. */
function covarianceOf(rows: Float64Array, mean: Float64Array, width: number): Float64Array {
  const out = new Float64Array(width * width);
  const count = rows.length / width;
  for (let i = 0; i < count; i++) {
    for (let a = 0; a < width; a++) {
      const v = (rows[i * width + a]! - mean[a]!) / count;
      for (let b = 0; b < width; b++) out[a * width + b]! += v * (rows[i * width + b]! - mean[b]!);
    }
  }
  return out;
}
