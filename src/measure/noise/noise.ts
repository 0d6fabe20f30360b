import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { Random } from "../../data/random.ts";

/**
 * The law of measurements y given their noiseless values c = Φ(x). Rows of arrays are signals: [batch, ...outShape].
 *
 * Data terms are written here and nowhere else: solvers minimise `misfit(Φx, y) + λ r(x)` and know nothing of the law.
 */
export interface NoiseModel {
  /** Readable, with its parameters: `gaussian(sigma=0.05)`. */
  readonly name: string;
  /** What `parseNoise` makes it from again. */
  readonly spec: string;
  /** σ ≥ 0, the standard deviation of the noise of a measurement; the root mean square where measurements differ. */
  readonly sigma: number;
  /** Present for Gaussian noise alone, which whitening makes N(0, σ²I). */
  readonly gaussian?: GaussianNoise;
  /** Draws y from noiseless values c [batch, ...outShape], signal by signal in the order of the rows. */
  sample(clean: NdArray<Float32Array>, random: Random): NdArray<Float32Array>;
  /**
   * The data term of every row, −σ² log p(y | c) up to a constant: c and y [batch, ...outShape] to [batch]. For Gaussian noise
   * of one σ it is ½‖y − c‖². The factor σ² gives λ the same units in every model. A pure tensor function.
   */
  misfit(clean: tf.Tensor, y: tf.Tensor): tf.Tensor;
  /** The proximal map in c, argmin_c ½‖c − v‖² + t·misfit(c, y), t > 0 one a row [batch]; absent where it has no formula. */
  prox?(v: tf.Tensor, y: tf.Tensor, t: tf.Tensor): tf.Tensor;
}

export interface GaussianNoise {
  /** Standard deviation of every measurement of a signal, [m]; absent where all are `sigma`. */
  readonly sigmas?: Float32Array;
}

/** What a spec says of the noise. The model follows where its scale is known: some follow it from the measurements. */
export interface Noise {
  /** `gaussian:snr=30` */
  readonly spec: string;
  /** The model for noiseless values that are known: of `measure`. */
  ofClean(clean: NdArray<Float32Array>): NoiseModel;
  /** The model for measurements; undefined where σ has to be estimated with the help of a prior (`gaussian:sigma=auto`). */
  ofMeasured(y: NdArray<Float32Array>): NoiseModel | undefined;
}
