import type { NdArray } from "ndarray";
import { contiguous, fromHost } from "./array.ts";

/** Smallest and largest value that a signal can have. */
export type ValueRange = readonly [number, number];

/** Every value is moved to the nearest one in the range. If the true signal lies in the range, no error grows. */
export const clipped = (signals: NdArray<Float32Array>, [low, high]: ValueRange): NdArray<Float32Array> =>
  fromHost(
    (contiguous(signals) as Float32Array).map((v) => Math.min(high, Math.max(low, v))),
    signals.shape,
  );

/** Whether all values lie in the range. */
export const liesIn = (signals: NdArray<Float32Array>, [low, high]: ValueRange): boolean =>
  (contiguous(signals) as Float32Array).every((v) => low <= v && v <= high);

/** Float32 rounding of numbers in a range, as a part of its width. */
const ROUNDING = 1e-6;

/** How many rows of a batch hold a number outside the range, by more than rounding. */
export function rowsBeyond(batch: NdArray<Float32Array>, [low, high]: ValueRange): number {
  const width = batch.size / batch.shape[0]!;
  const slack = Number.isFinite(high - low) ? ROUNDING * (high - low) : 0;
  const data = contiguous(batch);
  const rows = Array.from({ length: batch.shape[0]! }, (_, i) => data.subarray(i * width, (i + 1) * width));
  return rows.filter((row) => row.some((v) => v < low - slack || v > high + slack)).length;
}
