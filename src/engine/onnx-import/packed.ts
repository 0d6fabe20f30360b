import { sizeOf } from "../../data/array.ts";
import type { DType } from "../graph.ts";
import type { OnnxAttribute, OnnxModel } from "./model.ts";
import { type StoredTensor, typed } from "./tensor.ts";

/** A tensor in a packed network: where its float32 numbers begin among the weights, or the numbers themselves, of other types. */
interface PackedTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly at?: number;
  readonly numbers?: readonly number[];
}

type PackedAttribute = Exclude<OnnxAttribute, StoredTensor> | PackedTensor;

/** A network without its float32 numbers: what JSON holds without loss. */
export interface PackedOnnx {
  readonly opset: number;
  /** With null where any size is taken. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | null)[] }[];
  readonly outputs: readonly string[];
  readonly nodes: readonly {
    readonly op: string;
    readonly name: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly attributes: Readonly<Record<string, PackedAttribute>>;
  }[];
  readonly stored: readonly (readonly [name: string, tensor: PackedTensor])[];
}

/** A network as plain data and its weights, all float32 numbers of its tensors after each other. */
export function packedOnnx(model: OnnxModel): { readonly network: PackedOnnx; readonly weights: Float32Array } {
  const parts: Float32Array[] = [];
  let size = 0;
  const packed = ({ shape, dtype, data }: StoredTensor): PackedTensor => {
    if (!(data instanceof Float32Array)) return { shape, dtype, numbers: Array.from(data, Number) };
    parts.push(data);
    size += data.length;
    return { shape, dtype, at: size - data.length };
  };
  const attribute = (value: OnnxAttribute) => (isTensor(value) ? packed(value) : value);
  const network: PackedOnnx = {
    opset: model.opset,
    inputs: model.inputs.map(({ name, shape }) => ({ name, shape: shape.map((n) => n ?? null) })),
    outputs: model.outputs.map(({ name }) => name),
    nodes: model.nodes.map(({ attributes, ...node }) => ({ ...node, attributes: mapped(attributes, attribute) })),
    stored: [...model.stored].map(([name, tensor]) => [name, packed(tensor)]),
  };
  const weights = new Float32Array(size);
  let at = 0;
  for (const part of parts) {
    weights.set(part, at);
    at += part.length;
  }
  return { network, weights };
}

/** The network again; `where` names it in messages. */
export function unpackedOnnx(network: PackedOnnx, weights: Float32Array, where: string): OnnxModel {
  const tensor = ({ shape, dtype, at, numbers = [] }: PackedTensor): StoredTensor => {
    const size = sizeOf(shape);
    return { shape, dtype, data: at === undefined ? typed(numbers, dtype) : weights.subarray(at, at + size) };
  };
  const attribute = (value: PackedAttribute): OnnxAttribute => (isTensor(value) ? tensor(value) : value);
  const { opset, inputs, outputs, nodes, stored } = network;
  return {
    ...{ where, producer: "", opset, external: [], metadata: {}, weights: weights.length },
    inputs: inputs.map(({ name, shape }) => ({ name, shape: shape.map((n) => n ?? undefined), dtype: "float32" })),
    outputs: outputs.map((name) => ({ name, shape: [], dtype: "float32" })),
    operators: [...new Set(nodes.map(({ op }) => op))],
    nodes: nodes.map(({ attributes, ...node }) => ({ ...node, attributes: mapped(attributes, attribute) })),
    stored: new Map(stored.map(([name, packed]) => [name, tensor(packed)])),
  };
}

const isTensor = <T extends { readonly dtype: DType }>(
  value: number | string | readonly number[] | readonly string[] | T,
): value is T => typeof value === "object" && "dtype" in value;

const mapped = <A, B>(record: Readonly<Record<string, A>>, of: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, of(value)]));
