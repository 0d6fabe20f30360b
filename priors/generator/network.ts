import * as tf from "@tensorflow/tfjs";
import type { NdArray } from "ndarray";
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
  /**
   * u = MLP(z) + zS instead of u = MLP(z): S can start as a square root of the data's covariance. With labels,
   * u = MLP(z, c) + μ_c + zS_c, which can start as each label's own Gaussian.
   */
  readonly linear: boolean;
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
  const sizes = [spec.latent + (spec.labels ?? 0), ...spec.hidden, spec.output];
  if (sizes.some((n) => !(Number.isInteger(n) && n > 0))) {
    throw new RangeError(`network: layer sizes must be positive whole numbers, got ${sizes.join(", ")}`);
  }
  const layers = sizes.slice(1).flatMap((fanOut, layer) => [[sizes[layer]!, fanOut], [fanOut]]);
  return spec.linear ? [...layers, linearShape(spec)] : layers;
}

/**
 * He's initialisation (He et al. 2015): w ~ N(0, 2/fan-in), the linear last layer N(0, 1/fan-in), b = 0. The fan-in of the first
 * layer is the latents; what a label adds is N(0, 1), so that it counts from the start. `linear` is the start of the linear
 * path; 0 without it.
 */
export function initialWeights(spec: NetworkSpec, seed: number, linear?: NdArray<Float32Array>): Weights {
  return weightShapes(spec).map((shape, i) => {
    const layer = i >> 1;
    if (layer > spec.hidden.length) return linear ?? fromHost(new Float32Array(sizeOf(shape)), shape);
    if (i % 2 === 1) return fromHost(new Float32Array(sizeOf(shape)), shape);
    const [rows, columns] = shape as [number, number];
    const fanIn = layer === 0 ? spec.latent : rows;
    const last = layer === spec.hidden.length;
    const deviation = Math.sqrt((last ? 1 : 2) / fanIn) * (last && spec.linear ? BESIDE_LINEAR : 1);
    const w = stream(seed, "initial weights", layer).fillNormal(new Float32Array(rows * columns));
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
  const u = affine(h, spec.hidden.length);
  return spec.linear ? tf.add(u, linearPath(spec, weights.at(-1)!, z, label)) : u;
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
