import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { MixtureTensors } from "./characteristic.ts";

/** Arrays of some of the moments: what `misfit` compares a mixture with. */
export type MomentBatch = Readonly<Record<string, NdArray<Float32Array>>>;

/** Generalised moments of labelled data, separate for each label, and the misfit of a mixture to them. */
export interface MomentTarget {
  /** Moments of a label. */
  readonly size: number;
  /** Numbers that the sketch holds for them, all labels together. */
  readonly numbers: number;
  readonly batch: (moments: Int32Array) => MomentBatch;
  /**
   * The mean over labels and moments of |data's − mixture's|² in units of the sampling variance of the data's: 1 is the noise. The
   * mixture has a row of weights a label. A pure tensor function.
   */
  readonly misfit: (mixture: MixtureTensors, batch: Readonly<Record<string, tf.Tensor>>) => tf.Scalar;
}
