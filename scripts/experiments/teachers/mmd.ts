import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { applyNetwork } from "../../../priors/generator/network.ts";
import { withMoments } from "../../../priors/generator/sketch-loss.ts";
import { constant } from "../../../priors/signals.ts";
import { InputError } from "../../../src/data/errors.ts";
import type { Lesson, Teacher } from "./teacher.ts";

/** The kernel of the batch is computed with this many samples at a time. It stays in the cache: half the time of 4096 samples. */
const BLOCK = 1024;

/**
 * The exact kernel loss that the sketch approximates: MMD² between the batch and all samples of the data (Gretton et al.
 * 2012, the U-statistic), for the kernel whose Fourier transform is the sketch's law. Frequencies N(0, I/σ²) belong to
 * exp(−|f − f'|²/2σ²); several scales to the mean of their kernels. A step costs batch · n kernel values. The losses of the mean and the
 * covariance have the same weights as with the sketch loss.
 *
 * The data's own term, mean k(x, x'), is left out: it is a constant, and costs n² kernel values.
 */
export function mmdTeacher({ network, target, fourier, settings }: Lesson, data: NdArray<Float32Array>): Teacher {
  const { law, scales } = fourier;
  if (law !== "gaussian") {
    throw new InputError(
      `teach: mmd has the kernel of the law gaussian only, the sketch is of ${law}; sketch with --law gaussian`,
    );
  }
  const samples = augmented(data, target.decoder.scale);
  return {
    parameters: [],
    draws: () => [],
    gradients: (parameters, z) => {
      const objective = (...weights: tf.Tensor[]): tf.Scalar => {
        const u = applyNetwork(network, weights, z);
        const features = tf.mul(u, constant(target.decoder.scale));
        return withMoments(kernelLoss(features, samples, scales), u, target, settings);
      };
      const { value, grads } = tf.valueAndGrads(objective)([...parameters]);
      return { loss: value, gradients: grads };
    },
  };
}

/**
 * Rows (y, 1, −|y|²/2), [n, k + 2], of the samples y = scale ⊙ u. With g' = (g, −|g|²/2, 1) the exponent −|g − y|²/2 is
 * their inner product, and the kernel's row sums and means of y come from one product with the same rows.
 */
export function augmented(u: NdArray<Float32Array>, scale: NdArray<Float32Array>): NdArray<Float32Array> {
  const [n, k] = u.shape as [number, number];
  const rows = new Float32Array(n * (k + 2));
  for (let i = 0; i < n; i++) {
    let squares = 0;
    for (let j = 0; j < k; j++) {
      const y = u.get(i, j) * scale.data[j]!;
      rows[i * (k + 2) + j] = y;
      squares += y * y;
    }
    rows[i * (k + 2) + k] = 1;
    rows[i * (k + 2) + k + 1] = -squares / 2;
  }
  return ndarray(rows, [n, k + 2]);
}

/** mean_{i≠j} k(gᵢ, gⱼ) − 2 mean k(gᵢ, yⱼ) for generated features g [batch, k] and the augmented samples. */
export function kernelLoss(g: tf.Tensor, samples: NdArray<Float32Array>, scales: readonly number[]): tf.Tensor {
  return tf.sub(withinBatch(g, scales), tf.mul(2, withSamples(g, samples, scales)));
}

const halfSquares = (g: tf.Tensor): tf.Tensor => tf.mul(tf.sum(tf.square(g), 1, true), -0.5);

/** g' = (g, −|g|²/2, 1) over σ², [batch, k + 2]. */
const left = (g: tf.Tensor, scale: number): tf.Tensor =>
  tf.div(tf.concat([g, halfSquares(g), tf.ones([g.shape[0]!, 1])], 1), scale ** 2);

/** The mean of k(gᵢ, gⱼ) over all i ≠ j. */
function withinBatch(g: tf.Tensor, scales: readonly number[]): tf.Tensor {
  const b = g.shape[0]!;
  const right = tf.concat([g, tf.ones([b, 1]), halfSquares(g)], 1) as tf.Tensor2D;
  const sums = scales.map((scale) => tf.sum(tf.exp(tf.matMul(left(g, scale) as tf.Tensor2D, right, false, true))));
  const mean = tf.div(tf.addN(sums), scales.length);
  return tf.div(tf.sub(mean, b), b * (b - 1)); // k(gᵢ, gᵢ) = 1
}

/**
 * The mean of k(gᵢ, yⱼ). Its gradient, mean_j k(gᵢ, yⱼ)(yⱼ − gᵢ)/σ², is made with the value, block by block: automatic
 * differentiation would keep the kernel of the whole data in memory.
 */
function withSamples(g: tf.Tensor, samples: NdArray<Float32Array>, scales: readonly number[]): tf.Tensor {
  const [n, width] = samples.shape as [number, number];
  const [b, k] = g.shape as [number, number];
  const evaluate = tf.customGrad((g, save) => {
    const points = g as tf.Tensor2D;
    const all = constant(samples) as tf.Tensor2D;
    const lefts = scales.map((scale) => left(points, scale) as tf.Tensor2D);
    let totals: tf.Tensor[] = scales.map(() => tf.zeros([b, width])); // Σ_j k(gᵢ, yⱼ)(yⱼ, 1, −|yⱼ|²/2) of every scale
    for (let from = 0; from < n; from += BLOCK) {
      const block = tf.slice(all, [from, 0], [Math.min(BLOCK, n - from), width]);
      totals = totals.map((total, s) =>
        tf.add(total, tf.matMul(tf.exp(tf.matMul(lefts[s]!, block, false, true)), block)),
      );
    }
    const share = 1 / (scales.length * b * n);
    const sums = totals.map((total) => tf.slice(total, [0, k], [b, 1])); // Σ_j k(gᵢ, yⱼ)
    const pulls = totals.map((total, s) =>
      tf.div(tf.sub(tf.slice(total, [0, 0], [b, k]), tf.mul(points, sums[s]!)), scales[s]! ** 2),
    );
    (save as tf.GradSaveFunc)([tf.mul(tf.addN(pulls), share)]);
    return {
      value: tf.mul(tf.sum(tf.addN(sums)), share),
      gradFunc: (dy: tf.Tensor, [gradient]: tf.Tensor[]) => tf.mul(dy, gradient!),
    };
  });
  return evaluate(g);
}
