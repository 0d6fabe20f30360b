import * as tf from "#tf";
import { type Continuation, type ForwardOperator, forwardOperator } from "../../../operators/operator.ts";
import { pairedConvolution } from "../../../operators/paired-convolution.ts";
import { sizeOf } from "../../data/array.ts";
import { TINY } from "../batch.ts";

type Size = readonly [number, number];

/** An image and a kernel as one signal [n + l]: the image's n pixels, then the kernel's l. */
export const joinedPair = (image: tf.Tensor, kernel: tf.Tensor): tf.Tensor => tf.concat([flat(image), flat(kernel)], 1);

const flat = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [x.shape[0]!, -1]);

/** A kernel as a blur: what is below 0 is cut, and the sum is 1. This fixes the scale, which y = k ∗ x leaves open. */
export function asBlur(kernels: tf.Tensor): tf.Tensor {
  const positive = tf.relu(kernels);
  return tf.div(positive, tf.add(tf.sum(positive, [1, 2], true), TINY));
}

/** Φ(x, k) = (k₊/Σk₊) ∗ x of an image and a kernel as one signal (`joinedPair`): [batch, n + l] to [batch, h, w]. It is not linear. */
export function blindBlur(image: Size, kernel: Size, boundary: Continuation): ForwardOperator {
  const convolved = pairedConvolution(image, kernel, boundary);
  const [n, l] = [sizeOf(image), sizeOf(kernel)];
  return forwardOperator({
    name: `blind-blur${boundary === "reflect" ? "" : `:boundary=${boundary}`}`,
    inShape: [n + l],
    outShape: image,
    forward: (pair) => {
      const [x, k] = tf.split(pair as tf.Tensor2D, [n, l], 1) as [tf.Tensor, tf.Tensor];
      return convolved(tf.reshape(x, [-1, ...image]), asBlur(tf.reshape(k, [-1, ...kernel])));
    },
  });
}
