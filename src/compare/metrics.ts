import type { NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import { squaredNorm } from "../data/vector.ts";

/**
 * Mean squared error per pixel of every signal of a batch: `e_i = (1/n) Σ_j (x̂_ij − x_ij)²`, in squared signal units.
 * Both arrays are [batch, ...shape]; throws RangeError when their shapes differ.
 */
export function meanSquaredErrors(truth: NdArray<Float32Array>, estimate: NdArray<Float32Array>): Float64Array {
  if (truth.shape.join() !== estimate.shape.join()) {
    throw new RangeError(
      `meanSquaredErrors: expected an estimate of shape [${truth.shape.join(", ")}], got [${estimate.shape.join(", ")}]`,
    );
  }
  const count = truth.shape[0]!;
  const [x, xhat] = [contiguous(truth), contiguous(estimate)];
  const size = x.length / count;
  const errors = new Float64Array(count);
  for (let i = 0; i < x.length; i++) errors[Math.floor(i / size)]! += (xhat[i]! - x[i]!) ** 2 / size;
  return errors;
}

/** Peak signal-to-noise ratio in decibel: `10 log10(peak² / mse)`; Infinity where the error is 0. Default peak: 1. */
export const psnr = (mse: number, peak = 1): number => 10 * Math.log10(peak ** 2 / mse);

/** ‖x̂ − x‖/‖x‖ of every signal of a batch, [batch]; NaN for a signal that is 0. Both arrays are [batch, ...shape]. */
export function relativeErrors(truth: NdArray<Float32Array>, estimate: NdArray<Float32Array>): Float64Array {
  const x = contiguous(truth);
  const size = x.length / truth.shape[0]!;
  return meanSquaredErrors(truth, estimate).map((error, i) => {
    const energy = squaredNorm(x as Float32Array, i * size, size);
    return energy > 0 ? Math.sqrt((error * size) / energy) : Number.NaN;
  });
}
