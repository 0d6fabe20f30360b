import * as tf from "@tensorflow/tfjs";
import { stream } from "../../src/data/random.ts";
import { fromHost, type HostArray } from "../../src/engine/index.ts";

/** Activations of the hidden layers. To add one: a line here. */
export const activations = {
  relu: (x: tf.Tensor) => tf.relu(x),
  leakyRelu: (x: tf.Tensor) => tf.leakyRelu(x, 0.2),
  elu: (x: tf.Tensor) => tf.elu(x),
  tanh: (x: tf.Tensor) => tf.tanh(x),
  softplus: (x: tf.Tensor) => tf.softplus(x),
} as const;
export type Activation = keyof typeof activations;

/** A multilayer perceptron: latent → hidden… → output, affine layers, the last one linear. */
export interface NetworkSpec {
  /** Size of the latent z. */
  readonly latent: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** Size of the output. */
  readonly output: number;
}

/** Weights in layer order: w₁ [latent, h₁], b₁ [h₁], w₂, b₂, … */
export type Weights = readonly HostArray[];

/** He's initialisation (He et al. 2015): w ~ N(0, 2/fan-in), the linear last layer N(0, 1/fan-in), b = 0. */
export function initialWeights(spec: NetworkSpec, seed: number): Weights {
  const sizes = [spec.latent, ...spec.hidden, spec.output];
  if (sizes.some((n) => !(Number.isInteger(n) && n > 0))) {
    throw new RangeError(`network: layer sizes must be positive whole numbers, got ${sizes.join(", ")}`);
  }
  return sizes.slice(1).flatMap((fanOut, layer) => {
    const fanIn = sizes[layer]!;
    const gain = layer === spec.hidden.length ? 1 : 2;
    const w = stream(seed, "initial weights", layer).fillNormal(new Float32Array(fanIn * fanOut));
    for (let i = 0; i < w.length; i++) w[i]! *= Math.sqrt(gain / fanIn);
    return [fromHost(w, [fanIn, fanOut]), fromHost(new Float32Array(fanOut), [fanOut])];
  });
}

/** The network's output for latents z [batch, latent]: [batch, output]. */
export function applyNetwork(spec: NetworkSpec, weights: readonly tf.Tensor[], z: tf.Tensor): tf.Tensor {
  const activate = activations[spec.activation];
  let h = z;
  for (let layer = 0; layer < weights.length / 2; layer++) {
    h = tf.add(tf.matMul(h as tf.Tensor2D, weights[2 * layer] as tf.Tensor2D), weights[2 * layer + 1]!);
    if (layer < spec.hidden.length) h = activate(h);
  }
  return h;
}
