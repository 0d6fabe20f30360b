import ndarray from "ndarray";
import { cholesky } from "../../src/data/cholesky.ts";
import { stream } from "../../src/data/index.ts";

/** Numbers of an image [6, 6]. */
export const n = 36;
export const shape = [6, 6];

/** 0.2 · 0.8^distance between the pixels of images [6, 6]: stationary. */
export const stationary = Float64Array.from({ length: n * n }, (_, at) => {
  const [i, j] = [Math.floor(at / n), at % n];
  return 0.2 * 0.8 ** (Math.abs(Math.floor(i / 6) - Math.floor(j / 6)) + Math.abs((i % 6) - (j % 6)));
});

/** Images of N(½, C). */
export function images(count: number, C: Float64Array, seed: number) {
  const L = cholesky(C, n);
  const random = stream(seed, "images");
  const data = new Float32Array(count * n);
  for (let i = 0; i < count; i++) {
    const z = random.fillNormal(new Float64Array(n));
    for (let p = 0; p < n; p++) {
      let sum = 0.5;
      for (let q = 0; q <= p; q++) sum += L[p * n + q]! * z[q]!;
      data[i * n + p] = sum;
    }
  }
  return ndarray(data, [count, 6, 6]);
}
