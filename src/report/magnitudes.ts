import type { NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";

/** One magnitude a pixel of every picture [n, h, w] or [n, h, w, channels]: |value|, of colours the root mean square over the channels. */
export function magnitudes(array: NdArray<Float32Array>): Float32Array[] {
  const [count, height, width, channels = 1] = array.shape as [number, number, number, number?];
  const data = contiguous(array);
  const size = height * width;
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from({ length: size }, (_, p) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += data[channels * (i * size + p) + c]! ** 2;
      return Math.sqrt(sum / channels);
    }),
  );
}
