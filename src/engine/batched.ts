import type * as tf from "#tf";
import { type HostArray, isArray } from "../data/array.ts";
import { sameBits } from "./constant.ts";
import type { Constant, Node, Value } from "./graph.ts";
import { encodeOnnx, type OnnxOptions } from "./onnx.ts";
import { flatten, type Struct, type TensorsOf, unflatten } from "./struct.ts";
import { type Trace, trace } from "./trace.ts";

/** Batch sizes to trace: large primes, which no other dimension is likely to be. The third checks what the first two suggest. */
const SIZES = [1009, 1013, 1019] as const;

/** A constant (a shape or indices) as a function of the batch size n: a + bn, elementwise. */
interface Affine {
  readonly constant: Constant;
  readonly a: BigInt64Array;
  readonly b: BigInt64Array;
}

/**
 * The ONNX model of a pure function for a batch of any size: the leading axis of every input is the symbolic dimension
 * `batch`. `inputs(n)` gives example arrays of n rows.
 *
 * The function is traced at three batch sizes. The graphs may differ only in int64 constants (shapes, ranges) that are
 * affine in n. The model computes these from the shape of its first input. Errors: the graph depends on n in another way.
 */
export function batchedOnnx<I extends Struct<HostArray>>(
  fn: (inputs: TensorsOf<I>) => Struct<tf.Tensor>,
  inputs: (rows: number) => I,
  options: Pick<OnnxOptions, "inputNames" | "outputNames" | "metadata"> = {},
): Uint8Array {
  const traces = SIZES.map((rows) => {
    const example = inputs(rows) as Struct<HostArray>;
    const examples = flatten(example, isArray).map(({ value }) => value);
    return trace((tensors) => fn(unflatten(example, isArray, tensors) as never), examples);
  });
  const [{ graph, outputs }] = traces as [Trace, ...Trace[]];
  requireSameNodes(traces.map((t) => t.graph.nodes));
  const values = traces.map((t) => [...t.graph.inputs, ...t.outputs]);
  for (const [i, value] of values[0]!.entries())
    requireBatchAxis(
      values.map((list) => list[i]!),
      value.name,
    );
  const hidden = sameConstants(traces.map((t) => t.graph.hidden));
  const inline = sameConstants(traces.map((t) => t.graph.inline));
  const affine = [...hidden, ...inline].filter((c): c is Affine => "a" in c);
  const fixed = (list: readonly (Constant | Affine)[]) => list.filter((c): c is Constant => !("a" in c));
  const coefficients = affine.flatMap(({ constant: c, a, b }) => [
    { ...c, name: `${c.name}_a`, data: a },
    { ...c, name: `${c.name}_b`, data: b },
  ]);
  const parts = {
    inputs: graph.inputs,
    nodes: [...(affine.length > 0 ? sizeNodes(graph.inputs[0]!, affine) : []), ...graph.nodes],
    inline: [...fixed(inline), ...coefficients],
    hidden: fixed(hidden),
  };
  return encodeOnnx(parts, outputs, { ...options, embed: true, batch: SIZES[0] });
}

/** Nodes for the constants that depend on n: name = name_a + name_b · n. */
function sizeNodes(input: Value, affine: readonly Affine[]): Node[] {
  const node = (op: string, inputs: readonly string[], output: string, attributes = {}): Node => ({
    ...{ op, inputs, attributes },
    outputs: [output],
  });
  return [
    node("Shape", [input.name], "batch_size", { start: 0, end: 1 }),
    ...affine.flatMap(({ constant: { name } }) => [
      node("Mul", [`${name}_b`, "batch_size"], `${name}_bn`),
      node("Add", [`${name}_a`, `${name}_bn`], name),
    ]),
  ];
}

function requireSameNodes(lists: readonly (readonly Node[])[]): void {
  const [first, ...others] = lists;
  for (const other of others) {
    const i = first!.findIndex((node, k) => JSON.stringify(node) !== JSON.stringify(other[k]));
    if (i >= 0 || first!.length !== other.length) throw dependent(`the node ${first![i]?.op ?? "at the end"}`);
  }
}

/** Errors: rank or sizes of an input or output differ between traces, except for a leading axis of n. */
function requireBatchAxis(values: readonly Value[], name: string): void {
  const good = values.every(
    ({ shape }, k) => shape[0] === SIZES[k] && shape.slice(1).join() === values[0]!.shape.slice(1).join(),
  );
  if (!good) throw dependent(`the shape [${values[0]!.shape}] of ${name}, whose leading axis should be the batch,`);
}

/** Every constant: as it is if the traces agree, else as an affine function of n. */
function sameConstants(lists: readonly (readonly Constant[])[]): (Constant | Affine)[] {
  const [first] = lists;
  if (lists.some((list) => list.length !== first!.length)) throw dependent("the number of constants");
  return first!.map((constant, i) => {
    const found = lists.map((list) => list[i]!);
    const same = found.every(
      ({ data, shape }) => String(shape) === String(constant.shape) && sameBits(data, constant.data),
    );
    return same ? constant : affineOf(found);
  });
}

function affineOf(found: readonly Constant[]): Affine {
  const [constant] = found as [Constant, ...Constant[]];
  const what = `the ${constant.dtype} constant [${constant.shape}]`;
  const shaped = found.every(({ dtype, shape }) => dtype === "int64" && String(shape) === String(constant.shape));
  if (!shaped || constant.shape.length !== 1) throw dependent(what);
  const [p, q, r] = found.map(({ data }) => data as BigInt64Array);
  const [n, next, last] = SIZES.map(BigInt);
  const b = q!.map((v, i) => (v - p![i]!) / (next! - n!));
  const a = p!.map((v, i) => v - b[i]! * n!);
  for (const [data, rows] of [
    [q!, next!],
    [r!, last!],
  ] as const) {
    if (!data.every((v, i) => v === a[i]! + b[i]! * rows)) throw dependent(what);
  }
  return { constant, a, b };
}

const dependent = (what: string): Error =>
  new Error(
    `batchedOnnx: ${what} depends on the batch size otherwise than shapes do, so one model cannot serve all sizes; ` +
      "let every row be computed by itself, or draw nothing at random",
  );
