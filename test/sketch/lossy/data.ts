import ndarray, { type NdArray } from "ndarray";
import { arrayDataset, type Dataset, stream } from "../../../src/data/index.ts";

/** Numbers of a sample. */
export const N = 6;
export const MEAN = [0.5, 0.4, 0.6, 0.2, 0.5, 0.3];
/** Two common directions, and a little of each number's own. */
const DIRECTIONS = [
  [0.3, 0.3, 0.2, 0, -0.2, -0.1],
  [0, 0.1, -0.2, 0.3, 0.2, 0],
];
const OWN = 0.1;

/** The covariance of the samples, [N, N]. */
export const COVARIANCE = Float64Array.from({ length: N * N }, (_, at) => {
  const [i, j] = [Math.floor(at / N), at % N];
  return DIRECTIONS.reduce((sum, v) => sum + v[i]! * v[j]!, 0) + (i === j ? OWN ** 2 : 0);
});

/** `rows` samples of the Gaussian, from a fixed seed, labelled 0 and 1 in turns. */
export function gaussianData(rows: number): Dataset {
  const random = stream(4, "lossy data");
  const data = new Float32Array(rows * N);
  for (let row = 0; row < rows; row++) {
    const z = DIRECTIONS.map(() => random.normal());
    for (let i = 0; i < N; i++) {
      data[row * N + i] = MEAN[i]! + DIRECTIONS.reduce((sum, v, a) => sum + v[i]! * z[a]!, 0) + OWN * random.normal();
    }
  }
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % 2);
  return arrayDataset("gaussian", ndarray(data, [rows, N]), labels);
}

/** The largest difference of two lists. */
export function gap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

export const matrixOf = (data: readonly number[], shape: [number, number]): NdArray<Float32Array> =>
  ndarray(Float32Array.from(data), shape);
