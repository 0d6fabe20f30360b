import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../../operators/operator.ts";

/** Measurements y = Φx + w of noise w ~ N(0, σ²I) whose σ is not known. */
export interface UnknownNoise {
  readonly operator: LinearOperator;
  /** [batch, ...operator.outShape] */
  readonly y: NdArray<Float32Array>;
  /** Root mean square of y, not 0. */
  readonly size: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}
