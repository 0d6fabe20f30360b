import type { NdArray } from "ndarray";
import { stream } from "../../../src/data/random.ts";

type Points = NdArray<Float32Array>;

/** Noise of a measurement, where a point's number has the deviation 1 at most. */
const SIGMA = 0.1;

/**
 * The mean squared error per number of points recovered from ⌈d/3⌉ measurements each, y = Ax + w, A ~ N(0, 1) drawn for each point, w ~ N(0, 0.1²):
 * x̂ is the mean of the draws, weighed by their likelihood, which is the posterior's mean under the law that they are draws of.
 */
export function errorByDraws(truth: Points, draws: Points, seed: number): number {
  const [points = 0, d = 0] = truth.shape;
  const count = draws.shape[0]!;
  const m = Math.ceil(d / 3);
  let total = 0;
  const logs = new Float64Array(count);
  for (let row = 0; row < points; row++) {
    const random = stream(seed, "frequencies", "measured", row);
    const a = random.fillNormal(new Float64Array(m * d));
    const y = Float64Array.from({ length: m }, (_, i) => inner(a, i, truth.data, row, d) + SIGMA * random.normal());
    for (let j = 0; j < count; j++) {
      logs[j] = 0;
      for (let i = 0; i < m; i++) logs[j]! -= (y[i]! - inner(a, i, draws.data, j, d)) ** 2 / (2 * SIGMA ** 2);
    }
    const most = logs.reduce((x, v) => Math.max(x, v), Number.NEGATIVE_INFINITY);
    const mean = new Float64Array(d);
    let weight = 0;
    for (let j = 0; j < count; j++) {
      const w = Math.exp(logs[j]! - most);
      weight += w;
      for (let q = 0; q < d; q++) mean[q]! += w * draws.data[j * d + q]!;
    }
    for (let q = 0; q < d; q++) total += (mean[q]! / weight - truth.data[row * d + q]!) ** 2;
  }
  return total / (points * d);
}

function inner(a: Float64Array, i: number, x: Float32Array, row: number, d: number): number {
  let sum = 0;
  for (let q = 0; q < d; q++) sum += a[i * d + q]! * x[row * d + q]!;
  return sum;
}
