import ndarray, { type NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";

/** What a panel shows of a recovery; signals of shape [h, w], [h, w, 1], [h, w, 3] or [n]. */
export interface RecoveryPanel {
  readonly title: string;
  /** [batch, ...shape]. */
  readonly estimate: NdArray<Float32Array>;
  /** Standard deviation of every number, [batch, ...shape]. */
  readonly deviation?: NdArray<Float32Array>;
  /** Draws from the posterior, [batch, k, ...shape]. */
  readonly samples?: NdArray<Float32Array>;
  /** [batch, ...shape]. */
  readonly truth?: NdArray<Float32Array>;
  /** Measurements or their back-projection, [batch, ...]: shown if they are images, or lines of the signals' length. */
  readonly measured?: NdArray<Float32Array>;
  /** Whether `measured` is the back-projection Φ'y; default false. */
  readonly backProjected?: boolean;
  /** Values shown as black and white; default: [0, 1] if the signals lie in it or nearly so, else their own range. */
  readonly range?: readonly [low: number, high: number];
}

/** A drawing and its width in pixels. */
export interface SizedDrawing {
  readonly drawing: string;
  readonly width: number;
}

/** The most signals and samples that are shown. The drawing says how many there are. */
export const MOST_ROWS = 16;
export const MOST_SAMPLES = 8;

/** The first rows that a panel shows. */
export function shownRows(array: NdArray<Float32Array>): NdArray<Float32Array> {
  const [batch, ...shape] = array.shape as [number, ...number[]];
  const rows = Math.min(batch, MOST_ROWS);
  const data = contiguous(array) as Float32Array;
  return ndarray(data.subarray(0, (rows * data.length) / batch), [rows, ...shape]);
}

/** Samples number `k` of every signal that a panel shows. */
export function sampleOf(samples: NdArray<Float32Array>, k: number): NdArray<Float32Array> {
  return shownRows(samples.pick(null, k));
}

/** What a panel leaves out, in words; empty if it shows all. */
export function leftOut({ estimate, samples }: RecoveryPanel): string {
  const [batch, count] = [estimate.shape[0]!, samples?.shape[1] ?? 0];
  return [
    ...(batch > MOST_ROWS ? [`signals 1 to ${MOST_ROWS} of ${batch}`] : []),
    ...(count > MOST_SAMPLES ? [`samples 1 to ${MOST_SAMPLES} of ${count}`] : []),
  ].join(", ");
}
