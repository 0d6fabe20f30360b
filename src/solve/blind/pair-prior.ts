import * as tf from "#tf";
import { drawComponents } from "../../../priors/mixture/draw.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { entryOf } from "../../../priors/signals.ts";
import { sizeOf } from "../../data/array.ts";
import { stream } from "../../data/random.ts";
import { joinedPair } from "./blind-blur.ts";

/** Most pairs of conditions among which starts are chosen. */
const PAIRS = 2048;

/**
 * Images and kernels, independent of each other, as one generator: G(z) = (G_I(z_I, c_I), G_K(z_K, c_K)) with z = (z_I, z_K). Where one of both takes
 * conditions, its conditions are the different ones of 2048 pairs (c_I, c_K) that are drawn by their probabilities, each as probable as it was drawn often. With a range, images are cut to it.
 */
export function pairPrior(
  image: GeneratorPrior,
  kernel: GeneratorPrior,
  seed: number,
  range?: readonly [number, number],
): GeneratorPrior {
  const pairs = image.conditions || kernel.conditions ? PAIRS : 0;
  const drawn = ({ conditions = Float64Array.of(1) }: GeneratorPrior, part: string) =>
    Array.from(drawComponents(conditions, stream(seed, "pairs of conditions", part), pairs));
  const { ofImage, ofKernel, counts } = different(drawn(image, "image"), drawn(kernel, "kernel"));
  const decoded = (prior: GeneratorPrior, z: tf.Tensor, table: readonly number[], c?: tf.Tensor) =>
    prior.conditions ? prior.decode(z, entryOf(table, c!)) : prior.decode(z);
  return {
    kind: "generator",
    name: `${image.name} with ${kernel.name}`,
    latent: image.latent + kernel.latent,
    shape: [sizeOf(image.shape) + sizeOf(kernel.shape)],
    ...(pairs > 0 && { conditions: Float64Array.from(counts, (count) => count / pairs) }),
    decode: (z, c) => {
      const [ofX, ofK] = tf.split(z as tf.Tensor2D, [image.latent, kernel.latent], 1) as [tf.Tensor, tf.Tensor];
      const x = decoded(image, ofX, ofImage, c);
      return joinedPair(range ? tf.clipByValue(x, ...range) : x, decoded(kernel, ofK, ofKernel, c));
    },
  };
}

/** The different pairs of two lists, in the order of their first places, and how often each is there. */
function different(images: readonly number[], kernels: readonly number[]) {
  const counts = new Map<string, number>();
  const places: number[] = [];
  for (const [at, c] of images.entries()) {
    const pair = `${c} ${kernels[at]}`;
    if (!counts.has(pair)) places.push(at);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return {
    ofImage: places.map((at) => images[at]!),
    ofKernel: places.map((at) => kernels[at]!),
    counts: [...counts.values()],
  };
}
