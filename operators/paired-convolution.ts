import * as tf from "#tf";
import { alongAxis, type Matrix, matrixOf, mirrored, wrapped } from "./axes.ts";
import type { Continuation } from "./operator.ts";

/** Convolves every image of a batch with its own kernel: images [batch, h, w], kernels [batch, rows, columns], to [batch, h, w]. */
export type PairedConvolution = (images: tf.Tensor, kernels: tf.Tensor) => tf.Tensor;

/**
 * y = k ∗ x as `convolution` has it, but bilinear: both x and k are tensors, so that gradients in both follow. One of the batches may have one row, which all
 * of the other share.
 *
 * By the discrete Fourier transform of p = h + rows − 1 and q = w + columns − 1 points, along each axis one real matrix of cosines above sines, which also continues
 * the image at its border and cuts the result. Dense matrices, for kernels that change with every step; for one fixed kernel `convolution` is quicker.
 */
export function pairedConvolution(
  [h, w]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  boundary: Continuation = "reflect",
): PairedConvolution {
  const axes = [transforms(h, rows, boundary), transforms(w, columns, boundary)] as const;
  const through = (x: tf.Tensor, part: "ofImage" | "ofKernel" | "back") =>
    alongAxis(alongAxis(x, 0, axes[0][part]), 1, axes[1][part]);
  const [p, q] = [h + rows - 1, w + columns - 1];
  /** The blocks (a, b) of [batch, 2p, 2q]: cosines or sines along each axis. */
  const block = (x: tf.Tensor, a: number, b: number) => tf.slice(x, [0, a * p, b * q], [-1, p, q]);
  const spectrum = (x: tf.Tensor) => ({
    real: tf.sub(block(x, 0, 0), block(x, 1, 1)),
    imaginary: tf.neg(tf.add(block(x, 0, 1), block(x, 1, 0))),
  });
  return (images, kernels) => {
    const [x, k] = [spectrum(through(images, "ofImage")), spectrum(through(kernels, "ofKernel"))];
    const real = tf.sub(tf.mul(x.real, k.real), tf.mul(x.imaginary, k.imaginary));
    const minus = tf.neg(tf.add(tf.mul(x.real, k.imaginary), tf.mul(x.imaginary, k.real)));
    const whole = tf.concat([tf.concat([real, minus], 2), tf.concat([minus, tf.neg(real)], 2)], 1);
    return through(whole, "back");
  };
}

/** The transforms along an axis of n pixels for a kernel of `size`. */
function transforms(n: number, size: number, boundary: Continuation): Record<"ofImage" | "ofKernel" | "back", Matrix> {
  const p = n + size - 1;
  /** Cosines above sines of k·at, rows k. */
  const wave = (row: number, at: number) => {
    const turn = (2 * Math.PI * (((row % p) * at) % p)) / p;
    return row < p ? Math.cos(turn) : Math.sin(turn);
  };
  const before = size - 1 - Math.floor(size / 2); // pixels that the image is continued by
  const sources = Array.from({ length: p }, (_, at) => sourceOf(at - before, n, boundary));
  const continued = new Float64Array(2 * p * n);
  for (let row = 0; row < 2 * p; row++) {
    for (const [at, source] of sources.entries()) {
      if (source !== undefined) continued[row * n + source]! += wave(row, at);
    }
  }
  return {
    ofImage: matrixOf(2 * p, n, (row, i) => continued[row * n + i]!),
    ofKernel: matrixOf(2 * p, size, wave),
    back: matrixOf(n, 2 * p, (i, row) => wave(row, i + size - 1) / p),
  };
}

/** The pixel of an axis of n that stands at `at`, which may be outside; undefined: black. */
function sourceOf(at: number, n: number, boundary: Continuation): number | undefined {
  if (at >= 0 && at < n) return at;
  if (boundary === "zero") return undefined;
  return boundary === "circular" ? wrapped(at, n) : mirrored(at, n);
}
