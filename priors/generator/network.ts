import * as tf from "@tensorflow/tfjs";
import type { NdArray } from "ndarray";
import { stream } from "../../src/data/random.ts";
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

/** A multilayer perceptron, latent → hidden… → output, the last layer linear, with a linear path beside it if `linear`. */
export interface NetworkSpec {
  /** Size of the latent z. */
  readonly latent: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** Size of the output. */
  readonly output: number;
  /** u = MLP(z) + zS instead of u = MLP(z): S can start as a square root of the data's covariance. */
  readonly linear: boolean;
}

/** Weights in layer order: w₁ [latent, h₁], b₁ [h₁], w₂, b₂, …, and last S [latent, output] if `linear`. */
export type Weights = readonly NdArray<Float32Array>[];

/** How much smaller the MLP's last layer starts when a linear path carries the second moments already. */
const BESIDE_LINEAR = 0.1;

/**
 * He's initialisation (He et al. 2015): w ~ N(0, 2/fan-in), the linear last layer N(0, 1/fan-in), b = 0.
 * `linear` [latent, output] is the start of the linear path.
 */
export function initialWeights(spec: NetworkSpec, seed: number, linear?: NdArray<Float32Array>): Weights {
  const sizes = [spec.latent, ...spec.hidden, spec.output];
  if (sizes.some((n) => !(Number.isInteger(n) && n > 0))) {
    throw new RangeError(`network: layer sizes must be positive whole numbers, got ${sizes.join(", ")}`);
  }
  const layers = sizes.slice(1).flatMap((fanOut, layer) => {
    const fanIn = sizes[layer]!;
    const last = layer === spec.hidden.length;
    const deviation = Math.sqrt((last ? 1 : 2) / fanIn) * (last && spec.linear ? BESIDE_LINEAR : 1);
    const w = stream(seed, "initial weights", layer).fillNormal(new Float32Array(fanIn * fanOut));
    return [
      fromHost(
        w.map((v) => v * deviation),
        [fanIn, fanOut],
      ),
      fromHost(new Float32Array(fanOut), [fanOut]),
    ];
  });
  if (!spec.linear) return layers;
  return [...layers, linear ?? fromHost(new Float32Array(spec.latent * spec.output), [spec.latent, spec.output])];
}

/** The network's output for latents z [batch, latent]: [batch, output]. */
export function applyNetwork(spec: NetworkSpec, weights: readonly tf.Tensor[], z: tf.Tensor): tf.Tensor {
  const activate = activations[spec.activation];
  const affine = (x: tf.Tensor, layer: number) =>
    tf.add(tf.matMul(x as tf.Tensor2D, weights[2 * layer] as tf.Tensor2D), weights[2 * layer + 1]!);
  let h = z;
  for (let layer = 0; layer < spec.hidden.length; layer++) h = activate(affine(h, layer));
  const u = affine(h, spec.hidden.length);
  return spec.linear ? tf.add(u, tf.matMul(z as tf.Tensor2D, weights.at(-1) as tf.Tensor2D)) : u;
}
