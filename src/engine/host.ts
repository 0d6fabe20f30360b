import * as tf from "@tensorflow/tfjs";
import ndarray from "ndarray";
import { type DType, sizeOf } from "./graph.ts";
import type { HostArray, HostData } from "./struct.ts";

/** The bridge between ndarrays, in which data travels, and the dtypes of tensors. */

export const isArray = (value: unknown): value is HostArray =>
  typeof value === "object" && value !== null && "data" in value && "stride" in value && "offset" in value;

export const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor;

export function dtypeOf(array: HostArray): DType {
  if (array.data instanceof Float32Array) return "float32";
  if (array.data instanceof Int32Array) return "int32";
  if (array.data instanceof Uint8Array) return "bool";
  throw new TypeError(`dtype: expected Float32Array, Int32Array or Uint8Array (bool), got ${array.dtype}`);
}

/** Elements in row-major order: the array's own memory where it is contiguous already, else a copy. */
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
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < size; i++) {
    out[i] = data[index.reduce((at, n, axis) => at + n * stride[axis]!, offset)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

export const fromHost = <T extends HostData>(data: T, shape: readonly number[]) => ndarray(data, [...shape]);
