import type { NdArray } from "ndarray";
import { fromHost } from "../../data/array.ts";
import { takeRows } from "../rows.ts";

/** Kernels [batch, rows, columns] as blurs: what is below 0 is cut, and the sum is 1, as `asBlur` does to tensors. A kernel of no positive number stays 0. */
export function blursOf(kernels: NdArray<Float32Array>): NdArray<Float32Array> {
  const [batch, rows, columns] = kernels.shape as [number, number, number];
  const l = rows * columns;
  const out = kernels.data.map((v) => Math.max(0, v)) as Float32Array;
  for (let i = 0; i < batch; i++) {
    const own = out.subarray(i * l, (i + 1) * l);
    const sum = own.reduce((a, b) => a + b, 0);
    if (sum > 0)
      own.forEach((v, at) => {
        own[at] = v / sum;
      });
  }
  return fromHost(out, kernels.shape);
}

/** One kernel [rows, columns] of a batch. */
export const kernelAt = (kernels: NdArray<Float32Array>, at: number): NdArray<Float32Array> =>
  takeRows(kernels, [at], kernels.shape.slice(1));
