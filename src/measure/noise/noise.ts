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
  /** `parseNoise(spec).ofSigma(sigma)` is this model again, unless every measurement has its own σᵢ. */
  readonly spec: string;
  /** The spec by which σ was read off the values, `gaussian:snr=30`; absent where it is `spec`. */
  readonly asked?: string;
  /** σ ≥ 0, the root mean square of y − c over all signals of the batch: for Gaussian noise of one σ its standard deviation. */
  readonly sigma: number;
  /** Present for Gaussian noise alone, which whitening makes N(0, σ²I). */
  readonly gaussian?: GaussianNoise;
  /**
   * Draws y from noiseless values c [batch, ...outShape], signal by signal in the order of the rows.
   * Errors (InputError): values that the law cannot have, such as a negative mean of counts.
   */
  sample(clean: NdArray<Float32Array>, random: Random): NdArray<Float32Array>;
  /**
   * The data term of every row, −σᵣ² log p(y | c) up to a constant: c and y [batch, ...outShape] to [batch]. For Gaussian noise
   * of one σ it is ½‖y − c‖². The factor σᵣ² gives λ the same units in every model. It is the mean square of y − c in this row:
   * where it depends on c it is estimated from the row's own y, so that no signal's estimate depends on the others of its batch.
   * A pure tensor function. Its minimum, 0, is at c = y; if y is no possible mean, at the nearest possible one.
   */
  misfit(clean: tf.Tensor, y: tf.Tensor): tf.Tensor;
  /** The proximal map in c, argmin_c ½‖c − v‖² + t·misfit(c, y), t > 0 one a row [batch]; absent where it has no formula. */
  prox?(v: tf.Tensor, y: tf.Tensor, t: tf.Tensor): tf.Tensor;
}

export interface GaussianNoise {
  /** Standard deviation of every measurement of a signal, [m]; absent where all are `sigma`. */
  readonly sigmas?: Float32Array;
}

/** What a spec says of the noise. It becomes a model once its scale σ is known, which some kinds read off the measurements. */
export interface Noise {
  /** `gaussian:snr=30` */
  readonly spec: string;
  /** The model for known noiseless values, as `measure` has them. Errors (InputError): σ was left to be estimated. */
  ofClean(clean: NdArray<Float32Array>): NoiseModel;
  /**
   * The model for measurements; undefined where σ has to be estimated with the help of a prior (`gaussian:sigma=auto`).
   * Errors (InputError): measurements that the law cannot have given.
   */
  ofMeasured(y: NdArray<Float32Array>): NoiseModel | undefined;
  /** The model of a known σ: one that was estimated, or stored with measurements. */
  ofSigma(sigma: number): NoiseModel;
}

/** A model as a `Noise` whose scale is already known. */
export const knownNoise = (model: NoiseModel): Noise => ({
  spec: model.spec,
  ofClean: () => model,
  ofMeasured: () => model,
  ofSigma: () => model,
});
