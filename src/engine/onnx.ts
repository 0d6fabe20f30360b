import protobuf from "protobufjs";
import { type Attribute, type Constant, elementTypes, type Graph, type Value } from "./graph.ts";

/** The part of the ONNX schema (onnx.proto3, with its field numbers) that the graphs here use. */
const root = protobuf.parse(
  `syntax = "proto3";
  message AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated float floats = 7; repeated int64 ints = 8; int32 type = 20; }
  message ValueInfoProto { string name = 1; TypeProto type = 2; }
  message TypeProto { message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; } Tensor tensor_type = 1; }
  message TensorShapeProto { message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } } repeated Dimension dim = 1; }
  message NodeProto { repeated string input = 1; repeated string output = 2; string op_type = 4; repeated AttributeProto attribute = 5; string domain = 7; }
  message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
  message OperatorSetIdProto { string domain = 1; int64 version = 2; }
  message StringStringEntryProto { string key = 1; string value = 2; }
  message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; repeated StringStringEntryProto metadata_props = 14; }`,
  { keepCase: true },
).root;
const ModelProto = root.lookupType("ModelProto");

/** AttributeProto.AttributeType numbers. */
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const INTS = 7;

const IR_VERSION = 10;
const OPSET = 21;

export interface OnnxOptions {
  /** Put the large constants into the file instead of leaving them as inputs; default false. */
  readonly embed?: boolean;
  /** Names for the graph's inputs and outputs, in order; default in0, in1, … and out0, out1, … */
  readonly inputNames?: readonly string[];
  readonly outputNames?: readonly string[];
  /** A leading axis of this size, in inputs and outputs, is written as the symbolic dimension `batch`. */
  readonly batch?: number;
  /** Texts by name, written to the file's `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The parts of a graph that are written. */
export type GraphParts = { readonly [K in "inputs" | "nodes" | "inline" | "hidden"]: Readonly<Graph[K]> };

/** Serialises the part of `graph` that `outputs` depend on as an ONNX model. */
export function encodeOnnx(graph: GraphParts, outputs: readonly Value[], options: OnnxOptions = {}): Uint8Array {
  const used = reachable(graph, outputs);
  const rename = new Map<string, string>();
  graph.inputs.forEach((v, i) => {
    rename.set(v.name, options.inputNames?.[i] ?? v.name);
  });
  const named = (name: string): string => rename.get(name) ?? name;
  const outName = (i: number): string => options.outputNames?.[i] ?? `out${i}`;
  // An Identity per output gives every output a name of its own, even if two outputs are one edge, or an output is an input.
  const identities = outputs.map((v, i) => ({ input: [named(v.name)], output: [outName(i)], op_type: "Identity" }));
  const hidden = graph.hidden.filter((c) => used.has(c.name));
  const inside = graph.inline.filter((c) => used.has(c.name)).concat(options.embed ? hidden : []);
  const model = {
    ir_version: IR_VERSION,
    producer_name: "sketchprior",
    opset_import: [{ domain: "", version: OPSET }],
    metadata_props: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: "sketchprior",
      input: [...graph.inputs, ...(options.embed ? [] : hidden)].map((v) => valueInfo(v, named(v.name), options.batch)),
      output: outputs.map((v, i) => valueInfo(v, outName(i), options.batch)),
      initializer: inside.map(tensor),
      node: graph.nodes
        .filter((n) => n.outputs.some((name) => used.has(name)))
        .map((n) => ({
          input: n.inputs.map(named),
          output: n.outputs,
          op_type: n.op,
          attribute: Object.entries(n.attributes).map(([name, value]) => attribute(name, value)),
        }))
        .concat(identities.map((n) => ({ ...n, attribute: [] }))),
    },
  };
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}

/** Names of the edges that the outputs depend on. Nodes are in topological order, so one backward pass finds them. */
export function reachable(graph: GraphParts, outputs: readonly Value[]): Set<string> {
  const used = new Set(outputs.map((v) => v.name));
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => used.has(name))) continue;
    for (const name of node.inputs) used.add(name);
  }
  return used;
}

function valueInfo(value: Value, name: string, batch?: number): object {
  const dim = value.shape.map((n, axis) => {
    if (n < 0) return {};
    return axis === 0 && n === batch ? { dim_param: "batch" } : { dim_value: n };
  });
  return { name, type: { tensor_type: { elem_type: elementTypes[value.dtype], shape: { dim } } } };
}

function tensor(c: Constant): object {
  const raw_data = new Uint8Array(c.data.buffer, c.data.byteOffset, c.data.byteLength);
  return { name: c.name, dims: c.shape, data_type: elementTypes[c.dtype], raw_data };
}

function attribute(name: string, value: Attribute): object {
  if (typeof value === "number") return { name, i: value, type: INT };
  if (typeof value === "string") return { name, s: new TextEncoder().encode(value), type: STRING };
  if ("float" in value) return { name, f: value.float, type: FLOAT };
  return { name, ints: value, type: INTS };
}
