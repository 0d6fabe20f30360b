import * as tf from "#tf";
import type { HostArray } from "../data/array.ts";
import type { DType } from "./graph.ts";

/** The dtypes of ndarrays as tensors. */

export const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor;

export function dtypeOf(array: HostArray): DType {
  if (array.data instanceof Float32Array) return "float32";
  if (array.data instanceof Int32Array) return "int32";
  if (array.data instanceof Uint8Array) return "bool";
  throw new TypeError(`dtype: expected Float32Array, Int32Array or Uint8Array (bool), got ${array.dtype}`);
}
