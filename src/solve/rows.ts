import type { NdArray } from "ndarray";
import { contiguous, fromHost } from "../data/array.ts";
import { squaredNorm } from "../data/vector.ts";

/** ‖row‖² of every row of a batch, in float64. */
export function rowEnergies(batch: NdArray<Float32Array>): Float64Array {
  const data = contiguous(batch) as Float32Array;
  const rows = batch.shape[0]!;
  const width = data.length / rows;
  return Float64Array.from({ length: rows }, (_, i) => squaredNorm(data, i * width, width));
}

/** Whether all numbers of row i, of `rows` rows, are finite. */
export function isFiniteRow(data: Float32Array, i: number, rows: number): boolean {
  const width = data.length / rows;
  return data.subarray(i * width, (i + 1) * width).every(Number.isFinite);
}

/** Repeats every row of a batch `times` times: r0 r0 r1 r1 … */
export function repeatRows(batch: NdArray<Float32Array>, times: number): NdArray<Float32Array> {
  const [rows = 0, ...rest] = batch.shape;
  return takeRows(
    batch,
    Array.from({ length: rows * times }, (_, i) => Math.floor(i / times)),
    [rows * times, ...rest],
  );
}

/** The chosen rows of a batch, in order. */
export function takeRows(
  batch: NdArray<Float32Array>,
  rows: readonly number[],
  shape?: number[],
): NdArray<Float32Array> {
  const data = contiguous(batch) as Float32Array;
  const width = batch.size / batch.shape[0]!;
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return fromHost(out, shape ?? [rows.length, ...batch.shape.slice(1)]);
}

/** At most `most` rows of a batch, evenly spread, the first among them. */
export function someRows(batch: NdArray<Float32Array>, most: number): NdArray<Float32Array> {
  const rows = batch.shape[0]!;
  if (rows <= most) return batch;
  return takeRows(
    batch,
    Array.from({ length: most }, (_, i) => Math.floor((i * rows) / most)),
  );
}
