import type { NdArray } from "ndarray";
import { contiguous } from "../../data/array.ts";
import { median } from "../../data/vector.ts";

/** Median of |N(0, 1)|. */
const NORMAL = 0.6745;

/**
 * σ from the median absolute deviation of the finest diagonal wavelet coefficients of images (Donoho, Johnstone 1994):
 * median|d|/0.6745, d = ½(a − b − c + d) of every 2 × 2 block (Haar), of all images [batch, h, w] or [batch, h, w, channels] together.
 * In smooth parts d is noise alone, and the median is hardly changed by a minority of edges. If a side is odd, its last pixel is left out.
 */
export function waveletDeviation(images: NdArray<Float32Array>): number {
  return median(fineDetails(images)) / NORMAL;
}

/** |d| of every 2 × 2 block. */
export function fineDetails(images: NdArray<Float32Array>): Float64Array {
  const [batch = 0, height = 0, width = 0, channels = 1] = images.shape;
  const data = contiguous(images);
  const [right, down] = [channels, width * channels];
  const sizes: number[] = [];
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i + 1 < height; i += 2) {
      for (let j = 0; j + 1 < width; j += 2) {
        for (let c = 0; c < channels; c++) {
          const at = ((image * height + i) * width + j) * channels + c;
          sizes.push(Math.abs(data[at]! - data[at + right]! - data[at + down]! + data[at + right + down]!) / 2);
        }
      }
    }
  }
  return Float64Array.from(sizes);
}
