import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost, sizeOf } from "../../data/array.ts";
import { stream } from "../../data/random.ts";

/**
 * The network of the deep image prior, x = f_w(z): convolutions that halve the image `levels` times and double it again, with a path past every level.
 *
 *     down:  d_0 = z,  d_l = A(conv 3×3, stride 2, of d_(l−1))                  [h/2^l, w/2^l, channels]
 *     up:    u_L = d_L,  u_(l−1) = A(conv 3×3 of (2 × u_l, A(conv 1×1 of d_(l−1))))   down to u_0 [h, w, channels]
 *     out:   x = conv 1×1 of u_0
 *
 * 2 × doubles the sides bilinearly, A normalises every channel of an image to mean 0 and variance 1, has a gain and an offset, and is then leaky (0.2).
 *
 * Source: Ulyanov, Vedaldi, Lempitsky 2018, "Deep image prior", with fewer channels and one convolution where theirs has two.
 */
export interface Hourglass {
  /** Sides of the image. What is made is larger, a multiple of 2^levels, and cut. */
  readonly image: readonly [number, number];
  /** Numbers of a pixel of x. */
  readonly depth: number;
  readonly channels: number;
  readonly levels: number;
}

/** Channels of the input z, and of the paths past a level. */
const INPUT = 16;
const SKIP = 4;

const paddedSides = ({ image, levels }: Hourglass): [number, number] =>
  image.map((n) => Math.ceil(n / 2 ** levels) * 2 ** levels) as [number, number];

/** One convolution: its filter's side, and its channels. Those of a level in the order down, skip, up; last that of the output. */
function layersOf({
  depth,
  channels,
  levels,
}: Hourglass): readonly (readonly [side: number, from: number, to: number])[] {
  const ofLevel = (level: number) => {
    const before = level === 0 ? INPUT : channels;
    return [
      [3, before, channels],
      [1, before, SKIP],
      [3, channels + SKIP, channels],
    ] as const;
  };
  return [...Array.from({ length: levels }, (_, level) => ofLevel(level)).flat(), [1, channels, depth]];
}

/** w: a filter [side, side, from, to], a gain and an offset [to] of every convolution; the last has no gain. By He et al. 2015. */
export function initialWeights(spec: Hourglass, seed: number): NdArray<Float32Array>[] {
  const layers = layersOf(spec);
  return layers.flatMap(([side, from, to], i) => {
    const filter = stream(seed, "hourglass weights", i).fillNormal(new Float32Array(side * side * from * to));
    const deviation = Math.sqrt((i < layers.length - 1 ? 2 : 1) / (side * side * from));
    const constant = (value: number) => fromHost(new Float32Array(to).fill(value), [to]);
    return [
      fromHost(
        filter.map((v) => v * deviation),
        [side, side, from, to],
      ),
      ...(i < layers.length - 1 ? [constant(1)] : []),
      constant(0),
    ];
  });
}

/** The input z, uniform in [0, 0.1], which stays as it is drawn. */
export function inputOf(spec: Hourglass, seed: number): NdArray<Float32Array> {
  const shape = [1, ...paddedSides(spec), INPUT];
  const random = stream(seed, "hourglass input");
  return fromHost(
    Float32Array.from({ length: sizeOf(shape) }, () => 0.1 * random.uniform()),
    shape,
  );
}

/** f_w(z): [1, h, w, depth]. */
export function hourglass(spec: Hourglass, weights: readonly tf.Tensor[], z: tf.Tensor): tf.Tensor {
  const { image, depth, levels } = spec;
  const layer = (x: tf.Tensor, index: number, stride: 1 | 2) => {
    const [filter, gain, offset] = weights.slice(3 * index, 3 * index + 3) as [tf.Tensor4D, tf.Tensor, tf.Tensor];
    const made = tf.conv2d(x as tf.Tensor4D, filter, stride, "same");
    return tf.leakyRelu(tf.add(tf.mul(normalised(made), gain), offset), 0.2);
  };
  const down = [z];
  for (let level = 0; level < levels; level++) down.push(layer(down[level]!, 3 * level, 2));
  let up = down[levels]!;
  for (let level = levels - 1; level >= 0; level--) {
    const [, height, width] = down[level]!.shape as [number, number, number];
    const doubled = tf.image.resizeBilinear(up as tf.Tensor4D, [height, width], false, true);
    up = layer(tf.concat([doubled, layer(down[level]!, 3 * level + 1, 1)], 3), 3 * level + 2, 1);
  }
  const [filter, offset] = weights.slice(9 * levels) as [tf.Tensor4D, tf.Tensor];
  const out = tf.add(tf.conv2d(up as tf.Tensor4D, filter, 1, "same"), offset);
  return tf.slice(out, [0, 0, 0, 0], [1, ...image, depth]);
}

/** Every channel of an image with mean 0 and variance 1. */
function normalised(x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, [1, 2], true));
  return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), [1, 2], true), 1e-5)));
}
