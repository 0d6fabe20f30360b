import type { NdArray } from "ndarray";
import type { Dataset } from "../../data/rows.ts";
import type { LossyMeasured } from "../../sketch/lossy/form.ts";

/** Samples of which only lossy measurements are seen. */
export interface LossyData extends LossyMeasured {
  /** Rows in the form that `form` says. */
  readonly dataset: Dataset;
  /** Φ [m, n] of the form `fixed`; absent: the identity. */
  readonly matrix?: NdArray<Float32Array>;
}
