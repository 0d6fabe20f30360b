import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { sizeOf } from "../../src/data/array.ts";

/** Filters w_c, [side, side, channels, filters], each of mean 0, and their weights b_c ≥ 0, [filters]. */
export interface RegulariserModel {
  readonly filters: NdArray<Float32Array>;
  readonly weights: NdArray<Float32Array>;
}

/** The arrays of a model in a graph. */
export interface ModelTensors {
  readonly filters: tf.Tensor;
  readonly weights: tf.Tensor;
}

/** Images [batch, H, W] or [batch, H, W, channels] with an axis of channels. */
export const withChannels = (x: tf.Tensor): tf.Tensor4D =>
  tf.reshape(x, [x.shape[0]!, x.shape[1]!, x.shape[2]!, x.shape[3] ?? 1]);

/**
 * Ψ(x) = 1/√N Σ_c b_c Σ_p φ((w_c ∗ x)_p), φ(u) = ½ log(1 + u²): images [batch, H, W] or [batch, H, W, channels] of N = H·W pixels to [batch]. p goes over the places where the
 * filter lies inside the image. By 1/√N its slope does not depend on the size of the image.
 */
export function regularise({ filters, weights }: ModelTensors, x: tf.Tensor): tf.Tensor {
  const responses = tf.conv2d(withChannels(x), filters as tf.Tensor4D, 1, "valid");
  const energies = tf.mul(0.5, tf.log1p(tf.square(responses)));
  return tf.div(tf.sum(tf.mul(energies, weights), [1, 2, 3]), rootOf(x));
}

/**
 * ∇Ψ(x) = 1/√N Σ_c b_c w_c' ∗ φ'(w_c ∗ x), φ'(u) = u/(1 + u²), of the shape of x. It is written out, so that training, whose loss has this gradient in it, differentiates only once.
 */
export function slope({ filters, weights }: ModelTensors, x: tf.Tensor): tf.Tensor {
  const images = withChannels(x);
  const responses = tf.conv2d(images, filters as tf.Tensor4D, 1, "valid");
  const pulls = tf.mul(weights, tf.div(responses, tf.add(1, tf.square(responses)))) as tf.Tensor4D;
  const back = tf.conv2dTranspose(pulls, filters as tf.Tensor4D, images.shape, 1, "valid");
  return tf.reshape(tf.div(back, rootOf(x)), x.shape);
}

/** √N */
const rootOf = ({ shape }: tf.Tensor): number => Math.sqrt(shape[1]! * shape[2]!);

/** The least φ'' is −1/8, at u = √3; the greatest 1, at 0. */
export const CONCAVITY = 1 / 8;

/** Places along an axis at which the filters' spectrum is sampled. */
const PLACES = 64;

/**
 * √N times a bound L of the curvature of Ψ: −L/8 ≤ ∇²Ψ ≤ L, L = 1/√N max_f Σ_c b_c |ŵ_c(f)|², ŵ_c the Fourier transform. The maximum is taken on a grid of 64 × 64 frequencies and
 * divided by cos²(π(side − 1)/64), above which no trigonometric polynomial of such a degree rises between them (Ehlich, Zeller 1964).
 */
export function curvatureOf({ filters, weights }: RegulariserModel): number {
  const [side = 0, , channels = 0, count = 0] = filters.shape;
  let most = 0;
  for (let fy = 0; fy <= PLACES / 2; fy++) {
    for (let fx = 0; fx < PLACES; fx++) {
      let sum = 0;
      for (let at = 0; at < channels * count; at++) {
        let [re, im] = [0, 0];
        for (let place = 0; place < side * side; place++) {
          const angle = (2 * Math.PI * (fy * Math.floor(place / side) + fx * (place % side))) / PLACES;
          const value = filters.data[place * channels * count + at]!;
          re += value * Math.cos(angle);
          im += value * Math.sin(angle);
        }
        sum += weights.data[at % count]! * (re ** 2 + im ** 2);
      }
      most = Math.max(most, sum);
    }
  }
  return most / Math.cos((Math.PI * (side - 1)) / PLACES) ** 2;
}

/** How many numbers a model has. */
export const numbersOf = ({ filters, weights }: RegulariserModel): number =>
  sizeOf(filters.shape) + sizeOf(weights.shape);
