import type { NdArray } from "ndarray";
import type { Weights } from "../generator/network.ts";
import type { Poses } from "../prior.ts";
import type { Residual } from "../residual-root.ts";
import type { CellNetwork } from "./network.ts";

/** A generator x = centre + D v(z, c) + r with v linear in z (features.ts), r ~ N(0, C): everything that decoding needs. */
export interface CellLinearModel extends Residual {
  readonly network: CellNetwork;
  readonly weights: Weights;
  /** Shape of one signal, of n numbers. */
  readonly shape: readonly number[];
  /** Probability of every component of the mixture. */
  readonly conditions: Float64Array;
  /** [n] */
  readonly centre: NdArray<Float32Array>;
  /** D [n, k], the mixture's. */
  readonly matrix: NdArray<Float32Array>;
  /** The mixture's poses; absent: images are not aligned. */
  readonly poses?: Poses;
}
