import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { stream } from "../../src/data/random.ts";
import { type BatchStatistics, batchNormalised } from "./batch-norm.ts";

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
 * `linear`, and all through a sigmoid if `sigmoid`. Without labels it takes z alone.
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
  /** Every layer but the last is normalised over the batch and has gains (batch-norm.ts). Only while it trains: see folding.ts. */
  readonly batchNorm?: true;
  /**
   * u = MLP(z) + zS instead of u = MLP(z): S can start as a square root of the data's covariance. With labels,
   * u = MLP(z, c) + μ_c + zS_c, which can start as each label's own Gaussian.
   */
  readonly linear: boolean;
  /** The output is 1/(1 + e⁻ᵘ), in (0, 1). */
  readonly sigmoid?: true;
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

/**
 * Weights in layer order: w₁ [latent + labels, h₁], b₁ [h₁], w₂, b₂, …; then, with `batchNorm`, the gains γ₁ [h₁], γ₂, … of the
 * normalised layers; and last, if `linear`, S of `linearShape`.
 */
export type Weights = readonly NdArray<Float32Array>[];

/** Number of layers with an activation: all but the last. With `batchNorm` they are also normalised. */
export const activatedLayers = ({ hidden, conv }: NetworkSpec): number => hidden.length + (conv?.channels.length ?? 0);

/** Factor of the MLP's last layer at the start beside a linear path, which has the data's second moments already. */
const BESIDE_LINEAR = 0.1;

/** Shape of the linear path: [latent, output], or [labels, 1 + latent, output] with μ_c above S_c. */
export const linearShape = ({ latent, labels, output }: NetworkSpec): number[] =>
  labels === undefined ? [latent, output] : [labels, 1 + latent, output];

/** The shape of every array of weights, in their order. */
export function weightShapes(spec: NetworkSpec): number[][] {
  const { conv } = spec;
  const sizes = [spec.latent + (spec.labels ?? 0), ...spec.hidden, conv ? sizeOf(firstMaps(conv)) : spec.output];
  if (sizes.some((n) => !(Number.isInteger(n) && n > 0))) {
    throw new RangeError(`network: layer sizes must be positive integers, got ${sizes.join(", ")}`);
  }
  const dense = sizes.slice(1).flatMap((fanOut, layer) => [[sizes[layer]!, fanOut], [fanOut]]);
  const maps = conv ? [...conv.channels, conv.image[2]] : [];
  const layers = [...dense, ...maps.slice(1).flatMap((fanOut, i) => [[3, 3, maps[i]!, fanOut], [fanOut]])];
  const gains = spec.batchNorm
    ? Array.from({ length: activatedLayers(spec) }, (_, layer) => layers[2 * layer + 1]!)
    : [];
  return [...layers, ...gains, ...(spec.linear ? [linearShape(spec)] : [])];
}

/**
 * He's initialisation (He et al. 2015): w ~ N(0, 2/fan-in), the linear last layer N(0, 1/fan-in), b = 0. The fan-in of the first
 * layer counts the latents only; the rows of labels are N(0, 1), so that labels matter from the start. Gains start as 1. The linear
 * path starts as `linear`, or as 0.
 */
export function initialWeights(spec: NetworkSpec, seed: number, linear?: NdArray<Float32Array>): Weights {
  const lastLayer = activatedLayers(spec);
  const shapes = weightShapes(spec);
  return shapes.map((shape, i) => {
    const layer = i >> 1;
    if (spec.linear && i === shapes.length - 1) return linear ?? fromHost(new Float32Array(sizeOf(shape)), shape);
    if (layer > lastLayer) return fromHost(new Float32Array(sizeOf(shape)).fill(1), shape);
    if (i % 2 === 1) return fromHost(new Float32Array(sizeOf(shape)), shape);
    const columns = shape.at(-1)!;
    const fanIn = layer === 0 ? spec.latent : sizeOf(shape) / columns;
    const last = layer === lastLayer;
    const standardDeviation = Math.sqrt((last ? 1 : 2) / fanIn) * (last && spec.linear ? BESIDE_LINEAR : 1);
    const w = stream(seed, "initial weights", layer).fillNormal(new Float32Array(sizeOf(shape)));
    return fromHost(
      w.map((v, at) => (at < fanIn * columns ? v * standardDeviation : v)),
      shape,
    );
  });
}

/** The network's output for latents z [batch, latent] and, where it takes them, labels c [batch] (int32): [batch, output]. */
export const applyNetwork = (
  spec: NetworkSpec,
  weights: readonly tf.Tensor[],
  z: tf.Tensor,
  c?: tf.Tensor,
): tf.Tensor => forward(spec, weights, z, c).output;

/** The output, and the statistics of every normalised layer over the batch: none without `batchNorm`. */
export function forward(spec: NetworkSpec, weights: readonly tf.Tensor[], z: tf.Tensor, c?: tf.Tensor) {
  const { hidden, conv } = spec;
  const label = oneHot(spec, c);
  const statistics: BatchStatistics[] = [];
  const last = activatedLayers(spec);
  /** The outputs of layer `layer`, given the product of its inputs with w. */
  const completed = (product: tf.Tensor, layer: number): tf.Tensor => {
    const b = weights[2 * layer + 1]!;
    if (layer === last) return tf.add(product, b);
    const activate = activations[spec.activation];
    if (!spec.batchNorm) return activate(tf.add(product, b));
    const { normalised, ...own } = batchNormalised(product);
    statistics.push(own);
    return activate(tf.add(tf.mul(normalised, weights[2 * (last + 1) + layer]!), b));
  };
  let h = label ? tf.concat([z, label], 1) : z;
  for (let layer = 0; layer <= hidden.length; layer++) {
    h = completed(tf.matMul(h as tf.Tensor2D, weights[2 * layer] as tf.Tensor2D), layer);
  }
  const u = conv
    ? convolved(conv, h, (maps, i) => {
        const layer = hidden.length + 1 + i;
        return completed(tf.conv2d(maps, weights[2 * layer] as tf.Tensor4D, 1, "same"), layer);
      })
    : h;
  const output = spec.linear ? tf.add(u, linearPath(spec, weights.at(-1)!, z, label)) : u;
  return { output: spec.sigmoid ? tf.sigmoid(output) : output, statistics };
}

/** Images, flattened to [batch, pixels], made from the first maps, which are flattened too. `layer` convolves and activates. */
function convolved(
  conv: ConvSpec,
  first: tf.Tensor,
  layer: (maps: tf.Tensor4D, index: number) => tf.Tensor,
): tf.Tensor {
  let [height, width] = firstMaps(conv);
  let maps = tf.reshape(first, [-1, ...firstMaps(conv)]);
  for (const i of conv.channels.keys()) {
    [height, width] = [2 * height, 2 * width];
    const resized = tf.image.resizeNearestNeighbor(maps as tf.Tensor4D, [height, width]);
    maps = layer(resized, i);
  }
  return tf.reshape(maps, [-1, sizeOf(conv.image)]);
}

/** zS, or μ_c + zS_c. With labels it is a single product, of one-hot(c) ⊗ (1, z) and all (μ_c, S_c) below each other. */
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
