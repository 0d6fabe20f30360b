import type { ArgMaxAttrs, CumsumAttrs, TopKAttrs } from "#tf";
import type { GraphDType, Value } from "../graph.ts";
import { axisOf, input, type Kernel, type KernelCall, type Kernels, kernel } from "./call.ts";

interface ReduceAttrs {
  readonly axis?: number | readonly number[];
  /** The axis of Max; only for this reduction tfjs uses this name. */
  readonly reductionIndices?: number | readonly number[];
  readonly keepDims?: boolean;
}

/** A reduction along the axes of the attributes (none given: all), with tfjs's output shape. */
function reduced({ attrs, graph }: KernelCall<ReduceAttrs>, op: string, x: Value): Value {
  const rank = x.shape.length;
  const wanted = attrs.axis ?? attrs.reductionIndices ?? [...x.shape.keys()];
  const axes = (typeof wanted === "number" ? [wanted] : wanted).map((axis) => axisOf(axis, rank));
  if (axes.length === 0) return x; // ONNX reads "no axes" as "all axes"
  const keep = attrs.keepDims === true;
  const shape = x.shape.flatMap((n, i) => (axes.includes(i) ? (keep ? [1] : []) : [n]));
  return graph.node(op, [x, graph.ints(axes)], shape, x.dtype, { keepdims: Number(keep) });
}

const reduce = (op: string, dtype?: GraphDType): Kernel =>
  kernel<ReduceAttrs>((call) => {
    const x = input(call, "x");
    return reduced(call, op, dtype ? call.graph.cast(x, dtype) : x);
  });

/** All and Any: the minimum and the maximum of numbers 0 and 1. */
const reduceBool = (op: string): Kernel =>
  kernel<ReduceAttrs>((call) => call.graph.cast(reduced(call, op, call.graph.cast(input(call, "x"), "int32")), "bool"));

/** The input x, with booleans as integers, because ONNX neither orders nor adds booleans. */
function numbersOf(call: Pick<KernelCall, "inputs" | "graph">): Value {
  const x = input(call, "x");
  return x.dtype === "bool" ? call.graph.cast(x, "int32") : x;
}

const arg = (op: string): Kernel =>
  kernel<ArgMaxAttrs>((call) => {
    const x = numbersOf(call);
    const axis = axisOf(call.attrs.axis, x.shape.length);
    const found = call.graph.node(op, [x], x.shape.toSpliced(axis, 1), "int64", { axis, keepdims: 0 });
    return call.graph.cast(found, "int32");
  });

/** out_i = x_0 ⋯ x_i by one multiplication per row, because ONNX has no cumulative product before opset 26. */
const cumprod = kernel<CumsumAttrs>((call) => {
  const { attrs, graph } = call;
  const x = numbersOf(call);
  const axis = axisOf(attrs.axis, x.shape.length);
  const count = x.shape[axis]!;
  const one = x.shape.with(axis, 1);
  const rows = graph.multi("Split", [x, graph.ints(new Array(count).fill(1))], rowsOf(count, one, x), { axis });
  const ordered = attrs.reverse ? rows.reverse() : rows;
  const products: Value[] = [];
  let product = graph.expand(graph.scalar(1, x.dtype), one);
  for (const row of ordered) {
    const next = graph.elementwise("Mul", [product, row], x.dtype);
    products.push(attrs.exclusive ? product : next);
    product = next;
  }
  if (attrs.reverse) products.reverse();
  return graph.node("Concat", products, x.shape, x.dtype, { axis });
});

const rowsOf = (count: number, shape: readonly number[], { dtype }: Value) =>
  Array.from({ length: count }, () => ({ shape, dtype }));

export const reductions = {
  All: reduceBool("ReduceMin"),
  Any: reduceBool("ReduceMax"),
  ArgMax: arg("ArgMax"),
  ArgMin: arg("ArgMin"),
  Cumprod: cumprod,
  Cumsum: kernel<CumsumAttrs>((call) => {
    const { attrs, graph } = call;
    const x = numbersOf(call);
    const axis = graph.scalar(axisOf(attrs.axis, x.shape.length), "int64");
    const attributes = { exclusive: Number(attrs.exclusive === true), reverse: Number(attrs.reverse === true) };
    return graph.node("CumSum", [x, axis], x.shape, x.dtype, attributes);
  }),
  Max: reduce("ReduceMax"),
  Mean: reduce("ReduceMean", "float32"),
  Min: reduce("ReduceMin"),
  Prod: reduce("ReduceProd"),
  Sum: reduce("ReduceSum"),
  TopK: kernel<TopKAttrs>(({ attrs, graph, inputs }) => {
    const x = inputs.x!;
    const shape = x.shape.with(-1, attrs.k);
    const outs = [
      { shape, dtype: x.dtype },
      { shape, dtype: "int64" as const },
    ];
    const [values, indices] = graph.multi("TopK", [x, graph.ints([attrs.k])], outs);
    return [values!, graph.cast(indices!, "int32")];
  }),
} satisfies Kernels;
