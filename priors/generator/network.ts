import * as tf from "@tensorflow/tfjs";
import type { NdArray } from "ndarray";
import { InputError } from "../../src/data/errors.ts";
import { stream } from "../../src/data/random.ts";
import { sizeOf } from "../../src/engine/graph.ts";
import { fromHost } from "../../src/engine/index.ts";

/** Activations of the hidden layers. To add one: a line here. */
export const activations = {
  relu: (x: tf.Tensor) => tf.relu(x),
  leakyRelu: (x: tf.Tensor) => tf.leakyRelu(x, 0.2),
  elu: (x: tf.Tensor) => tf.elu(x),
  tanh: (x: tf.Tensor) => tf.tanh(x),
  softplus: (x: tf.Tensor) => tf.softplus(x),
} as const;
export type Activation = keyof typeof activations;

/**
 * A multilayer perceptron, (z, one-hot label) → hidden… → output, the last layer linear, with a linear path beside it if
 * `linear`. Without labels it takes z alone.
 */
export interface NetworkSpec {
  /** Size of the latent z. */
  readonly latent: number;
  /** Number of labels; absent where the network takes none. */
  readonly labels?: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** Size of the output. */
  readonly output: number;
  /** Convolutions between the hidden layers and an output that is an image; absent: dense layers only. */
  readonly conv?: ConvSpec;
  /**
   * u = MLP(z) + zS instead of u = MLP(z): S can start as a square root of the data's covariance. With labels,
   * u = MLP(z, c) + μ_c + zS_c, which can start as each label's own Gaussian.
   */
  readonly linear: boolean;
}

/**
 * Resize and convolve: the hidden layers end in `channels[0]` maps of the image's size over 2^(number of channels); then, for
 * every entry, the maps double their sides (nearest neighbour) and a 3×3 convolution makes the next entry's maps, the last one
 * the image. Resizing before convolving avoids the checkerboards of transposed convolution (Odena, Dumoulin, Olah 2016).
 */
export interface ConvSpec {
  readonly channels: readonly number[];
  /** Height, width and channels of the image. */
  readonly image: readonly [number, number, number];
}

/** Reads `mlp` (nothing), or `conv:64,32` for images of `shape`. Errors (InputError): other texts, images that do not halve. */
export function parseNetwork(text: string, shape: readonly number[]): ConvSpec | undefined {
  if (text === "mlp") return undefined;
  const channels = /^conv:(\d+(?:,\d+)*)$/.exec(text)?.[1]?.split(",").map(Number);
  if (!channels?.every((n) => n > 0)) {
    throw new InputError(`train: network: expected mlp or channels as conv:64,32, got "${text}"`);
  }
  const [height = 0, width = 0, depth = 1] = shape;
  const factor = 2 ** channels.length;
  if (shape.length < 2 || shape.length > 3 || height % factor !== 0 || width % factor !== 0) {
    const got = `got signals of shape [${shape}]`;
    throw new InputError(`train: network: ${text} makes images whose sides are multiples of ${factor}, ${got}`);
  }
  return { channels, image: [height, width, depth] };
}

/** Size of the maps that the dense layers make: [height, width, channels]. */
function firstMaps({ channels, image: [height, width] }: ConvSpec): [number, number, number] {
  const factor = 2 ** channels.length;
  return [height / factor, width / factor, channels[0]!];
}

/** Weights in layer order: w₁ [latent + labels, h₁], b₁ [h₁], w₂, b₂, …, and last, if `linear`, S of `linearShape`. */
export type Weights = readonly NdArray<Float32Array>[];

/** How much smaller the MLP's last layer starts when a linear path carries the second moments already. */
const BESIDE_LINEAR = 0.1;

/** Shape of the linear path: [latent, output], or [labels, 1 + latent, output] with μ_c above S_c. */
export const linearShape = ({ latent, labels, output }: NetworkSpec): number[] =>
  labels === undefined ? [latent, output] : [labels, 1 + latent, output];

/** The shape of every array of weights, in their order. */
export function weightShapes(spec: NetworkSpec): number[][] {
  const { conv } = spec;
  const sizes = [spec.latent + (spec.labels ?? 0), ...spec.hidden, conv ? sizeOf(firstMaps(conv)) : spec.output];
  if (sizes.some((n) => !(Number.isInteger(n) && n > 0))) {
    throw new RangeError(`network: layer sizes must be positive whole numbers, got ${sizes.join(", ")}`);
  }
  const dense = sizes.slice(1).flatMap((fanOut, layer) => [[sizes[layer]!, fanOut], [fanOut]]);
  const maps = conv ? [...conv.channels, conv.image[2]] : [];
  const layers = [...dense, ...maps.slice(1).flatMap((fanOut, i) => [[3, 3, maps[i]!, fanOut], [fanOut]])];
  return spec.linear ? [...layers, linearShape(spec)] : layers;
}

/**
 * He's initialisation (He et al. 2015): w ~ N(0, 2/fan-in), the linear last layer N(0, 1/fan-in), b = 0. The fan-in of the first
 * layer is the latents; what a label adds is N(0, 1), so that it counts from the start. `linear` is the start of the linear
 * path; 0 without it.
 */
export function initialWeights(spec: NetworkSpec, seed: number, linear?: NdArray<Float32Array>): Weights {
  const lastLayer = spec.hidden.length + (spec.conv?.channels.length ?? 0);
  return weightShapes(spec).map((shape, i) => {
    const layer = i >> 1;
    if (layer > lastLayer) return linear ?? fromHost(new Float32Array(sizeOf(shape)), shape);
    if (i % 2 === 1) return fromHost(new Float32Array(sizeOf(shape)), shape);
    const columns = shape.at(-1)!;
    const fanIn = layer === 0 ? spec.latent : sizeOf(shape) / columns;
    const last = layer === lastLayer;
    const deviation = Math.sqrt((last ? 1 : 2) / fanIn) * (last && spec.linear ? BESIDE_LINEAR : 1);
    const w = stream(seed, "initial weights", layer).fillNormal(new Float32Array(sizeOf(shape)));
    return fromHost(
      w.map((v, at) => (at < fanIn * columns ? v * deviation : v)),
      shape,
    );
  });
}

/** The network's output for latents z [batch, latent] and, where it takes them, labels c [batch] (int32): [batch, output]. */
export function applyNetwork(spec: NetworkSpec, weights: readonly tf.Tensor[], z: tf.Tensor, c?: tf.Tensor): tf.Tensor {
  const activate = activations[spec.activation];
  const label = oneHot(spec, c);
  const affine = (x: tf.Tensor, layer: number) =>
    tf.add(tf.matMul(x as tf.Tensor2D, weights[2 * layer] as tf.Tensor2D), weights[2 * layer + 1]!);
  let h = label ? tf.concat([z, label], 1) : z;
  for (let layer = 0; layer < spec.hidden.length; layer++) h = activate(affine(h, layer));
  const dense = affine(h, spec.hidden.length);
  const u = spec.conv ? convolved(spec, spec.conv, weights, activate(dense)) : dense;
  return spec.linear ? tf.add(u, linearPath(spec, weights.at(-1)!, z, label)) : u;
}

/** The images, flattened to [batch, output], that the convolutions make of the maps of the dense layers. */
function convolved(spec: NetworkSpec, conv: ConvSpec, weights: readonly tf.Tensor[], dense: tf.Tensor): tf.Tensor {
  let [height, width] = firstMaps(conv);
  let maps = tf.reshape(dense, [-1, ...firstMaps(conv)]) as tf.Tensor4D;
  for (const i of conv.channels.keys()) {
    const at = 2 * (spec.hidden.length + 1 + i);
    [height, width] = [2 * height, 2 * width];
    const resized = tf.image.resizeNearestNeighbor(maps, [height, width]);
    const made = tf.add(tf.conv2d(resized, weights[at] as tf.Tensor4D, 1, "same"), weights[at + 1]!) as tf.Tensor4D;
    maps = i === conv.channels.length - 1 ? made : (activations[spec.activation](made) as tf.Tensor4D);
  }
  return tf.reshape(maps, [-1, spec.output]);
}

/** zS, or μ_c + zS_c: one product with one-hot(c) ⊗ (1, z), whatever the labels of the rows. */
function linearPath(spec: NetworkSpec, s: tf.Tensor, z: tf.Tensor, label?: tf.Tensor): tf.Tensor {
  if (!label) return tf.matMul(z as tf.Tensor2D, s as tf.Tensor2D);
  const [labels, rows, output] = linearShape(spec) as [number, number, number];
  const affine = tf.concat([tf.ones([z.shape[0]!, 1]), z], 1);
  const spread = tf.reshape(tf.mul(tf.expandDims(label, 2), tf.expandDims(affine, 1)), [-1, labels * rows]);
  return tf.matMul(spread as tf.Tensor2D, tf.reshape(s, [labels * rows, output]) as tf.Tensor2D);
}

function oneHot({ labels }: NetworkSpec, c?: tf.Tensor): tf.Tensor | undefined {
  if ((labels === undefined) !== (c === undefined)) {
    throw new RangeError(`network: expected ${labels === undefined ? "no labels" : "a label for every latent"}`);
  }
  return c && tf.cast(tf.oneHot(c as tf.Tensor1D, labels!), "float32");
}
