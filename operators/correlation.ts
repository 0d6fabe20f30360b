import * as tf from "#tf";

/** The valid correlation of images [batch, height, width] with a kernel, c[i, j] = Σ_ab t[a, b] x[i + a, j + b], and its adjoint. */
export interface Correlation {
  forward(x: tf.Tensor): tf.Tensor;
  adjoint(c: tf.Tensor): tf.Tensor;
}

/** Sum by sum. kernel: t, [rows, columns]. */
export function directCorrelation(kernel: Float32Array, [rows, columns]: readonly [number, number]): Correlation {
  const turned = kernel.slice().reverse();
  const correlated = (x: tf.Tensor, values: Float32Array) =>
    tf.squeeze(
      tf.conv2d(tf.expandDims(x, 3) as tf.Tensor4D, tf.tensor4d(values, [rows, columns, 1, 1]), 1, "valid"),
      [3],
    );
  return {
    forward: (x) => correlated(x, kernel),
    adjoint: (c) => {
      const around = tf.pad(c, [
        [0, 0],
        [rows - 1, rows - 1],
        [columns - 1, columns - 1],
      ]);
      return correlated(around, turned);
    },
  };
}
