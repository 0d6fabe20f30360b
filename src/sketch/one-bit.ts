import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { stream } from "../data/random.ts";
import type { FourierSpec } from "./families/fourier.ts";

/**
 * Fourier moments from signs: universal quantisation with dither (Boufounos 2012; Schellekens, Jacques 2018, "Quantized compressive K-means"; 2022, "Asymmetric random periodic
 * features"). A sample sends b = sign cos(ωᵀu + ξ) and b' = sign sin(ωᵀu + ξ), two bits a frequency instead of two float32 numbers, with a dither ξ for each frequency, drawn from the seed
 * uniformly on [0, 2π). By the square wave's series
 *
 *   (π/4)(b + i b') exp(−iξ) = exp(iωᵀu) − exp(−3iωᵀu − 4iξ)/3 + exp(5iωᵀu + 4iξ)/5 − …
 *
 * whose mean over the dither is exp(iωᵀu). The sums are of the left side. Over samples the others are moments at 3ω, 5ω, …, with random phases: an error of about |z(3ω)|/3 that does not fall
 * with the number of samples, and is small where moments at ω are not near 1.
 */

/** |(π/4)(b + i b')|. */
export const MOST_MODULUS = (Math.PI / 4) * Math.SQRT2;

/** Its name among the inputs of the block function. */
export const DITHER = "dither";

/** ξ [m], one for each frequency. More frequencies begin with the same ones. */
export function ditherOf({ m, seed }: Pick<FourierSpec, "m" | "seed">): NdArray<Float32Array> {
  const random = stream(seed, "dither");
  return ndarray(
    Float32Array.from({ length: m }, () => 2 * Math.PI * random.uniform()),
    [m],
  );
}

/** The sums over each group of (π/4)(b + i b') exp(−iξ), from phases [n, m], dither [m] and weights [groups, n]. A pure tensor function. */
export function signMoments(
  phase: tf.Tensor,
  dither: tf.Tensor,
  weights: tf.Tensor,
): { cos: tf.Tensor; sin: tf.Tensor } {
  const dithered = tf.add(phase, dither);
  const signSums = (wave: tf.Tensor) => tf.mul(Math.PI / 4, tf.matMul(weights, tf.sign(wave)));
  const [b, other] = [signSums(tf.cos(dithered)), signSums(tf.sin(dithered))];
  const [c, s] = [tf.cos(dither), tf.sin(dither)];
  return { cos: tf.add(tf.mul(b, c), tf.mul(other, s)), sin: tf.sub(tf.mul(other, c), tf.mul(b, s)) };
}
