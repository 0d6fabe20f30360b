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
