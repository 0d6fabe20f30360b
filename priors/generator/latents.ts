import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import type { TrainSettings } from "./options.ts";

/**
 * The numbers that the latents of step `index` are made of: uniform in (0, 1], [2, half of all, rounded up]. They come from the host, where a stream gives the same
 * bits everywhere, in a tenth of the time that normal numbers take there; `normalLatents` makes them normal inside the compiled step.
 */
export function latentsOf({ batch, latent, seed }: TrainSettings, index: number): NdArray<Float32Array> {
  const half = Math.ceil((batch * latent) / 2);
  return fromHost(stream(seed, "latents", index).fillUniform(new Float32Array(2 * half)), [2, half]);
}

/** Latents z ~ N(0, I) [batch, latent] of uniform numbers u, v: √(−2 ln u) cos 2πv, then √(−2 ln u) sin 2πv (Box, Muller 1958). */
export function normalLatents(
  uniform: tf.Tensor,
  { batch, latent }: Pick<TrainSettings, "batch" | "latent">,
): tf.Tensor {
  const [u, v] = tf.unstack(uniform);
  const radius = tf.sqrt(tf.mul(-2, tf.log(u!)));
  const angle = tf.mul(2 * Math.PI, v!);
  const all = tf.concat([tf.mul(radius, tf.cos(angle)), tf.mul(radius, tf.sin(angle))], 0);
  return tf.reshape(tf.slice(all, [0], [batch * latent]), [batch, latent]);
}
