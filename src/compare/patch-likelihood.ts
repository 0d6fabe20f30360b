import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import type { PatchModel } from "../../priors/patches/index.ts";
import { contiguous } from "../data/array.ts";
import { symmetricEigen } from "../data/linalg.ts";
import { compile } from "../engine/index.ts";
import { mixtureCovariance, withoutMean } from "../sketch/index.ts";

/** Patches whose likelihood is computed in one compiled run, and numbers of the products in it. */
const [ROWS, MOST] = [512, 2 ** 23];

/**
 * log p(v) of every patch of some, v the patch without its mean in each channel, in the d − channels directions that are left: patches [n, …] to [n]. Of
 * pixels in [0, 1]. Errors: an aborted signal.
 */
export async function patchLogLikelihood(
  { weights, values, vectors, channels }: PatchModel,
  patches: NdArray<Float32Array>,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const [cells, d] = values.shape as [number, number];
  const free = d - channels;
  const rows = Math.max(1, Math.min(ROWS, Math.floor(MOST / (cells * free))));
  const whitening = new Float32Array(d * cells * free);
  const constants = new Float32Array(cells);
  for (let k = 0; k < cells; k++) {
    let logDet = free * Math.log(2 * Math.PI);
    for (let j = 0; j < free; j++) {
      const value = values.data[k * d + j]!;
      logDet += Math.log(value);
      for (let i = 0; i < d; i++)
        whitening[(i * cells + k) * free + j] = vectors.data[(k * d + j) * d + i]! / Math.sqrt(value);
    }
    constants[k] = Math.log(weights[k]!) - 0.5 * logDet;
  }
  const given = {
    x: ndarray(new Float32Array(rows * d), [rows, d]),
    whitening: ndarray(whitening, [d, cells * free]),
    constants: ndarray(constants, [1, cells]),
  };
  const compiled = await compile(
    ({ x, whitening, constants }: Record<"x" | "whitening" | "constants", tf.Tensor>) => {
      const white = tf.reshape(tf.matMul(withoutMean(x, channels), whitening), [rows, cells, free]);
      return tf.sub(constants, tf.mul(0.5, tf.sum(tf.square(white), 2)));
    },
    given,
    { name: "patch likelihood" },
  );
  const data = contiguous(patches) as Float32Array;
  const out = new Float64Array(patches.shape[0]!);
  try {
    for (let from = 0; from < out.length; from += rows) {
      signal?.throwIfAborted();
      const some = data.subarray(from * d, (from + rows) * d);
      given.x.data.set(some);
      const logs = (await compiled.run(given)) as NdArray<Float32Array>;
      for (let row = 0; row < some.length / d; row++)
        out[from + row] = logSumExp(logs.data.subarray(row * cells, (row + 1) * cells));
    }
  } finally {
    await compiled.dispose();
  }
  return out;
}

function logSumExp(logs: Float32Array): number {
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most + Math.log(logs.reduce((sum, v) => sum + Math.exp(v - most), 0));
}

/** The one Gaussian that has the covariance of a patch mixture. */
export async function asOneGaussian(model: PatchModel): Promise<PatchModel> {
  const d = model.values.shape[1]!;
  const { values, vectors } = symmetricEigen(
    await mixtureCovariance({ ...model, values: model.values.data, vectors: model.vectors.data }),
    d,
  );
  return {
    ...{ side: model.side, channels: model.channels, weights: Float64Array.of(1) },
    values: ndarray(Float32Array.from(values), [1, d]),
    vectors: ndarray(Float32Array.from(vectors), [1, d, d]),
  };
}
