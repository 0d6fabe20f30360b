import type { NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";

/** Radius and standard deviation of the Gaussian window, in pixels: 11 × 11, σ = 1.5. */
const [RADIUS, SIGMA] = [5, 1.5];
const SIDE = 2 * RADIUS + 1;

/** The window along one axis; its sum is 1. */
const weights = ((): Float64Array => {
  const raw = Float64Array.from({ length: SIDE }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((w) => w / sum);
})();

/** Whether signals of this shape have an SSIM: images [h, w] or [h, w, channels] of at least 11 × 11 pixels and at most 3 channels. */
export const hasSsim = ([height = 0, width = 0, channels = 1, ...more]: readonly number[]): boolean =>
  more.length === 0 && height >= SIDE && width >= SIDE && channels <= 3;

/**
 * Structural similarity of every image of a batch [batch, h, w] or [batch, h, w, channels] with its estimate; 1 for equal images:
 *
 *   SSIM = mean over windows of (2 μx μy + c₁)(2 σxy + c₂) / ((μx² + μy² + c₁)(σx² + σy² + c₂)),  c₁ = (.01 L)², c₂ = (.03 L)²
 *
 * Wang, Bovik, Sheikh, Simoncelli 2004: Gaussian windows of 11 × 11 pixels that lie inside the image, σ = 1.5, L the peak (default 1). Of
 * colour images the mean over the channels.
 */
export function ssim(truth: NdArray<Float32Array>, estimate: NdArray<Float32Array>, peak = 1): Float64Array {
  const [count, height, width, channels = 1] = truth.shape as [number, number, number, number?];
  const [x, y] = [contiguous(truth), contiguous(estimate)];
  const size = height * width;
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) {
      const at = (p: number) => channels * (i * size + p) + c;
      const plane = (value: (p: number) => number) => filtered(value, height, width);
      const [mx, my] = [plane((p) => x[at(p)]!), plane((p) => y[at(p)]!)];
      const [xx, yy] = [plane((p) => x[at(p)]! ** 2), plane((p) => y[at(p)]! ** 2)];
      const xy = plane((p) => x[at(p)]! * y[at(p)]!);
      const [c1, c2] = [(0.01 * peak) ** 2, (0.03 * peak) ** 2];
      let sum = 0;
      for (let p = 0; p < mx.length; p++) {
        const product = mx[p]! * my[p]!;
        const squares = mx[p]! ** 2 + my[p]! ** 2;
        const similar = (2 * product + c1) * (2 * (xy[p]! - product) + c2);
        sum += similar / ((squares + c1) * (xx[p]! + yy[p]! - squares + c2));
      }
      out[i]! += sum / mx.length / channels;
    }
  }
  return out;
}

/** The values under the window, wherever it lies inside the image: [h − 10, w − 10]. */
function filtered(value: (pixel: number) => number, height: number, width: number): Float64Array {
  const [rows, columns] = [height - 2 * RADIUS, width - 2 * RADIUS];
  const across = new Float64Array(height * columns);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < SIDE; k++) sum += weights[k]! * value(row * width + column + k);
      across[row * columns + column] = sum;
    }
  }
  const out = new Float64Array(rows * columns);
  for (let p = 0; p < out.length; p++) {
    let sum = 0;
    for (let k = 0; k < SIDE; k++) sum += weights[k]! * across[p + k * columns]!;
    out[p] = sum;
  }
  return out;
}
