import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { contiguous, isArray, sizeOf } from "../src/data/array.ts";
import { madeOf, operatorKind } from "./kind.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";

export interface MatrixOptions {
  /** A [m, n], one row a measurement. */
  readonly matrix: NdArray<Float32Array>;
  /** Shape of one signal, of n numbers in row-major order; default [n]. */
  readonly inShape?: readonly number[];
}

/**
 * Measurements by a matrix: y = Ax. x: [batch, ...inShape], flattened; y: [batch, m]. The adjoint is Aᵀ.
 * Errors: anything but a float32 matrix (TypeError); values that are not finite, signals whose size is not n (RangeError).
 */
export function matrixOperator({ matrix, inShape }: MatrixOptions): LinearOperator {
  if (!isArray(matrix) || matrix.shape.length !== 2 || !(matrix.data instanceof Float32Array)) {
    const got = isArray(matrix) ? `[${matrix.shape.join(", ")}] of ${matrix.data.constructor.name}` : typeof matrix;
    throw new TypeError(`matrix: expected an ndarray of float32, [m, n], got ${got}`);
  }
  const [m, n] = matrix.shape as [number, number];
  const data = contiguous(matrix) as Float32Array;
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) {
    throw new RangeError(
      `matrix: row ${Math.floor(bad / n)}, column ${bad % n} is ${data[bad]}; expected finite numbers`,
    );
  }
  const shape = inShape ?? [n];
  if (sizeOf(shape) !== n) {
    throw new RangeError(`matrix: has ${n} columns, but signals of [${shape.join(", ")}] are ${sizeOf(shape)} numbers`);
  }
  return denseOperator(`matrix(${m}×${n})`, data, m, shape);
}

/** y = Ax with A [m, n] row-major, under a name. The tensor is made at every use; a traced graph stores it once, as a constant. */
export function denseOperator(name: string, data: Float32Array, m: number, inShape: readonly number[]): LinearOperator {
  const n = sizeOf(inShape);
  const matrix = () => tf.tensor2d(data, [m, n]);
  return linearOperator({
    name,
    inShape,
    outShape: [m],
    matrix: () => data,
    forward: (x) => tf.matMul(tf.reshape(x, [-1, n]), matrix(), false, true),
    adjoint: (y) => tf.reshape(tf.matMul(y as tf.Tensor2D, matrix()), [-1, ...inShape]),
  });
}

export const matrixKind = operatorKind({
  summary: "y = Ax, A your own matrix; a row each measurement, a column each number of a signal",
  options: {
    file: { type: "text", required: true, description: "the matrix: .npy, .npz, A.npz:member or .csv" },
  },
  files: ["file"],
  samples: [],
  ownShape: ({ file: path }, file) => [file(path).shape[1] ?? 1],
  make: (inShape, { file: path }, _, file) => madeOf(path, () => matrixOperator({ matrix: file(path), inShape })),
});
