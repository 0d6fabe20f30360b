import ndarray, { type NdArray } from "ndarray";

/** Numbers are passed between files and tensors as ndarrays. This file holds the helpers that every part of the program needs. */

/** The typed arrays that tensors travel in: float32, int32, and bytes for bool. */
export type HostData = Float32Array | Int32Array | Uint8Array;
export type HostArray = NdArray<HostData>;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

export const isArray = (value: unknown): value is HostArray =>
  typeof value === "object" && value !== null && "data" in value && "stride" in value && "offset" in value;

/** Elements in row-major order: the array's own memory if it is contiguous already, else a copy. */
export function contiguous(array: HostArray): HostData {
  const { data, shape, stride, offset } = array;
  let expected = 1;
  let packed = true;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && stride[i] !== expected) packed = false;
    expected *= shape[i]!;
  }
  const size = sizeOf(shape);
  if (packed) return offset === 0 && data.length === size ? data : data.subarray(offset, offset + size);
  const out = data.slice(0, size);
  let at = 0;
  const copy = (axis: number, from: number): void => {
    const [length, step] = [shape[axis]!, stride[axis]!];
    if (axis < shape.length - 1) for (let i = 0; i < length; i++) copy(axis + 1, from + i * step);
    else for (let i = 0; i < length; i++) out[at++] = data[from + i * step]!;
  };
  copy(0, offset);
  return out;
}

export const fromHost = <T extends HostData>(data: T, shape: readonly number[]) => ndarray(data, [...shape]);
