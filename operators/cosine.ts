import { type Matrix, matrixOf } from "./axes.ts";

/**
 * The orthonormal DCT-II of n numbers: C[k, i] = s cos(πk(2i + 1)/(2n)), s = √(2/n), or √(1/n) for k = 0. Row k is the cosine of k half
 * periods.
 *
 * Source: Ahmed, Natarajan, Rao 1974, "Discrete cosine transform".
 */
export const cosineMatrix = (n: number): Matrix =>
  matrixOf(n, n, (k, i) => Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * n)));
