import { type Attribute, type Body, type Constant, elementTypes, type Graph, type Node, type Value } from "./graph.ts";
import { attributeTypes, ModelProto } from "./onnx-schema.ts";

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
  const hidden = graph.hidden.filter((c) => used.has(c.name));
  const inside = graph.inline.filter((c) => used.has(c.name)).concat(options.embed ? hidden : []);
  return model(options, {
    input: [...graph.inputs, ...(options.embed ? [] : hidden)].map((v) => valueInfo(v, named(v.name), options.batch)),
    output: outputs.map((v, i) => valueInfo(v, outName(i), options.batch)),
    initializer: inside.map(tensor),
    node: [...nodesOf(graph, used, named), ...identities(outputs, named, outName)],
  });
}

/** A loop over a traced step. */
export interface LoopParts {
  /** The step: its first inputs and outputs are carried from one step to the next, its other inputs are given for every step. */
  readonly graph: GraphParts;
  readonly outputs: readonly Value[];
  readonly carried: number;
  /** The most steps of a run: the leading size of the inputs that are given for every step. */
  readonly most: number;
}

/** The input of a loop that says how many steps to run, int64 []. */
export const COUNT = "count";

/**
 * Serialises a loop over a step: the inputs in0, in1, … are those of the step, with a leading axis of size `most` where they are given for every
 * step, and `COUNT`; the outputs out0, out1, … those that are carried, of the last step, and then the others, of all steps below each other.
 */
export function encodeLoop(
  { graph, outputs, carried, most }: LoopParts,
  { embed }: Pick<OnnxOptions, "embed">,
): Uint8Array {
  const used = reachable(graph, outputs);
  const plain = (name: string) => name;
  const [state, given] = [graph.inputs.slice(0, carried), graph.inputs.slice(carried)];
  const [next, told] = [outputs.slice(0, carried), outputs.slice(carried)];
  const scalar = (name: string, dtype: Value["dtype"]) => valueInfo({ name, shape: [], dtype }, name);
  const [index, going, still] = ["index", "going", "still"];
  const all = ({ name }: Value) => `all-${name}`;
  const hidden = graph.hidden.filter((c) => used.has(c.name));
  const body = {
    name: "step",
    input: [scalar(index, "int64"), scalar(going, "bool"), ...state.map((v) => valueInfo(v, v.name))],
    output: [scalar(still, "bool"), ...outputs.map((v, i) => valueInfo(v, `next${i}`))],
    initializer: graph.inline.filter((c) => used.has(c.name)).map(tensor),
    node: [
      { input: [going], output: [still], op_type: "Identity", attribute: [] },
      ...given.map((v) => ({ input: [all(v), index], output: [v.name], op_type: "Gather", attribute: [] })),
      ...nodesOf(graph, used, plain),
      ...identities(outputs, plain, (i) => `next${i}`),
    ],
  };
  const loop = {
    input: [COUNT, "", ...state.map((v) => `first-${v.name}`)],
    output: outputs.map((_, i) => `out${i}`),
    op_type: "Loop",
    attribute: [{ name: "body", g: body, type: attributeTypes.graph }],
  };
  return model(
    {},
    {
      input: [
        ...state.map((v) => valueInfo(v, `first-${v.name}`)),
        ...given.map((v) => valueInfo({ ...v, shape: [most, ...v.shape] }, all(v))),
        scalar(COUNT, "int64"),
        ...(embed ? [] : hidden).map((v) => valueInfo(v, v.name)),
      ],
      output: [
        ...next.map((v, i) => valueInfo(v, `out${i}`)),
        ...told.map((v, i) => valueInfo({ ...v, shape: [-1, ...v.shape] }, `out${carried + i}`)),
      ],
      initializer: embed ? hidden.map(tensor) : [],
      node: [loop],
    },
  );
}

const model = ({ metadata = {} }: OnnxOptions, graph: object): Uint8Array =>
  ModelProto.encode(
    ModelProto.fromObject({
      ir_version: IR_VERSION,
      producer_name: "sketchprior",
      opset_import: [{ domain: "", version: OPSET }],
      metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: { name: "sketchprior", ...graph },
    }),
  ).finish();

const nodesOf = ({ nodes }: GraphParts, used: ReadonlySet<string>, named: (name: string) => string) =>
  nodes.filter((n) => n.outputs.some((name) => used.has(name))).map((n) => nodeOf(n, named));

const nodeOf = (node: Node, named: (name: string) => string): object => ({
  input: node.inputs.map(named),
  output: node.outputs,
  op_type: node.op,
  attribute: Object.entries(node.attributes).map(([name, value]) => attribute(name, value, named)),
});

const bodyOf = ({ inputs, nodes, outputs }: Body, named: (name: string) => string): object => ({
  name: "body",
  input: inputs.map((v) => valueInfo(v, v.name)),
  output: outputs.map((v) => valueInfo(v, v.name)),
  node: nodes.map((n) => nodeOf(n, named)),
});

/** An Identity per output gives every output a name of its own, even if two outputs are one edge, or an output is an input. */
const identities = (outputs: readonly Value[], named: (name: string) => string, outName: (i: number) => string) =>
  outputs.map((v, i) => ({ input: [named(v.name)], output: [outName(i)], op_type: "Identity", attribute: [] }));

/** Names of the edges that the outputs depend on. Nodes are in topological order, so one backward pass finds them. */
export function reachable(graph: GraphParts, outputs: readonly Value[]): Set<string> {
  const used = new Set(outputs.map((v) => v.name));
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => used.has(name))) continue;
    for (const name of namesIn(node)) used.add(name);
  }
  return used;
}

/** Names of the edges that a node reads, those that its body reads included. */
const namesIn = ({ inputs, attributes }: Node): string[] => [
  ...inputs,
  ...Object.values(attributes).flatMap((value) =>
    typeof value === "object" && "body" in value ? value.body.nodes.flatMap(namesIn) : [],
  ),
];

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

function attribute(name: string, value: Attribute, named: (name: string) => string): object {
  if (typeof value === "number") return { name, i: value, type: attributeTypes.int };
  if (typeof value === "string") return { name, s: new TextEncoder().encode(value), type: attributeTypes.string };
  if ("body" in value) return { name, g: bodyOf(value.body, named), type: attributeTypes.graph };
  if ("float" in value) return { name, f: value.float, type: attributeTypes.float };
  return { name, ints: value, type: attributeTypes.ints };
}
