import * as tf from "#tf";
import { fromHost, type HostArray, type HostData } from "../data/array.ts";
import { eagerBackend, withBackend } from "./backend.ts";
import { dtypeOf, isTensor } from "./host.ts";
import { flatten, type Leaf, type Struct, unflatten } from "./struct.ts";

/** Runs `call` operation by operation on tfjs, over host arrays. It is the second engine, and the reference for the first. */
export async function eager(call: (tensors: tf.Tensor[]) => Struct<tf.Tensor>, inputs: readonly Leaf<HostArray>[]) {
  const { name } = await eagerBackend();
  const run = (data: readonly HostData[]): Struct<HostArray> => {
    tf.engine().startScope();
    try {
      const tensors = inputs.map(({ value }, i) => tf.tensor(data[i]!, value.shape, dtypeOf(value)));
      const result = call(tensors);
      const leaves = flatten(result, isTensor).map(({ value }) => fromHost(hostData(value), value.shape));
      return unflatten(result, isTensor, leaves);
    } finally {
      tf.engine().endScope();
    }
  };
  return (data: readonly HostData[]) => withBackend(name, () => run(data));
}

/** A tensor's numbers in the array type of its dtype. After a cast, tfjs's cpu backend may still hold another array type. */
function hostData(tensor: tf.Tensor): HostData {
  const values = tensor.dataSync() as HostData;
  if (tensor.dtype === "int32") return Int32Array.from(values);
  return tensor.dtype === "bool" ? Uint8Array.from(values) : Float32Array.from(values);
}
