import type { NdArray } from "ndarray";
import { contiguous, fromHost } from "./array.ts";

/** Smallest and largest value that a signal can have. */
export type ValueRange = readonly [number, number];

/** Every value moved to the nearest one of the range: no error of a signal that lies in it grows. */
export const clipped = (signals: NdArray<Float32Array>, [low, high]: ValueRange): NdArray<Float32Array> =>
  fromHost(
    (contiguous(signals) as Float32Array).map((v) => Math.min(high, Math.max(low, v))),
    signals.shape,
  );

/** Whether all values lie in the range. */
export const liesIn = (signals: NdArray<Float32Array>, [low, high]: ValueRange): boolean =>
  (contiguous(signals) as Float32Array).every((v) => low <= v && v <= high);
