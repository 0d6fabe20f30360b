import * as tf from "#tf";
import { type LinearOperator, linearOperator } from "./operator.ts";

/** [batch, h, w] or [batch, h, w, channels] as grey images, one a channel: [batch · channels, h, w]. */
export function apart(x: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number?];
  if (channels === undefined) return x;
  return tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [batch * channels, height, width]);
}

/** The reverse of `apart`, for images of `shape`. */
export function joined(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const [height, width, channels] = shape as [number, number, number?];
  if (channels === undefined) return x;
  return tf.transpose(tf.reshape(x, [x.shape[0]! / channels, channels, height, width]), [0, 2, 3, 1]);
}

/**
 * Φ of grey images [h, w] for images of `inShape`, [h, w] or [h, w, channels]: each channel is measured by itself, with the same Φ. x: [batch, h, w,
 * channels]; y: [batch, channels, ...outShape of Φ].
 */
export function perChannel(grey: LinearOperator, inShape: readonly number[]): LinearOperator {
  const { name, outShape, norm, form } = grey;
  if (inShape.length === grey.inShape.length) return grey;
  const channels = inShape[2]!;
  return linearOperator({
    name,
    inShape,
    outShape: [channels, ...outShape],
    ...(norm !== undefined && { norm }),
    ...(form && { form }),
    forward: (x) => tf.reshape(grey.forward(apart(x)), [-1, channels, ...outShape]),
    adjoint: (y) => joined(grey.adjoint(tf.reshape(y, [-1, ...outShape])), inShape),
  });
}
