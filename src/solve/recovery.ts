import type { NdArray } from "ndarray";
import type { EndCode } from "../engine/iterate.ts";

/** What every recovery method returns for a batch of measurements. */
export interface Recovery {
  /** Recovered signals, [batch, ...inShape]. */
  readonly estimate: NdArray<Float32Array>;
  readonly code: EndCode;
  readonly steps: number;
  /** The minimised objective after every step, summed over the batch. */
  readonly history: readonly number[];
  /** Wall time of the iteration, without compiling. */
  readonly seconds: number;
}
