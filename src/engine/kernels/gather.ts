import type { GatherV2Attrs, ScatterNdAttrs, UnsortedSegmentSumAttrs } from "#tf";
import { sizeOf } from "../../data/array.ts";
import type { Graph, Value } from "../graph.ts";
import { Calculator } from "./calculator.ts";
import { axisOf, input, type Kernel, type Kernels, kernel } from "./call.ts";

const gather = kernel<GatherV2Attrs>((call) => {
  const { graph, attrs } = call;
  const x = input(call, "x");
  const indices = graph.cast(input(call, "indices"), "int32");
  const axis = axisOf(attrs.axis, x.shape.length);
  const batches = attrs.batchDims ?? 0;
  if (batches === 0) {
    const shape = x.shape.toSpliced(axis, 1, ...indices.shape);
    return graph.node("Gather", [x, indices], shape, x.dtype, { axis });
  }
  // GatherND gathers along the first axis after the batches. So the gathered axis is moved there, and back in the result.
  const axes = [...x.shape.keys()];
  const outer = axes.slice(batches, axis);
  const first = graph.transpose(x, [...axes.slice(0, batches), axis, ...outer, ...axes.slice(axis + 1)]);
  const wanted = indices.shape.slice(batches);
  const picked = graph.node(
    "GatherND",
    [first, graph.reshape(graph.cast(indices, "int64"), [...indices.shape, 1])],
    [...indices.shape, ...first.shape.slice(batches + 1)],
    x.dtype,
    { batch_dims: batches },
  );
  const rest = [...picked.shape.keys()];
  const [from, to] = [batches + wanted.length, batches + wanted.length + outer.length];
  const perm = [...rest.slice(0, batches), ...rest.slice(from, to), ...rest.slice(batches, from), ...rest.slice(to)];
  return graph.transpose(picked, perm);
});

/**
 * Adds slices of `updates` to zeros of the given shape, at the places given by the last axis of `indices`. Places may repeat. It uses
 * ScatterElements on rows, because ONNX Runtime's ScatterND adds from several threads at once and loses some.
 */
function scatterAdd(graph: Graph, indices: Value, updates: Value, shape: readonly number[]): Value {
  const depth = indices.shape.at(-1)!;
  const count = sizeOf(indices.shape.slice(0, -1));
  const [rows, width] = [sizeOf(shape.slice(0, depth)), sizeOf(shape.slice(depth))];
  const strides = Int32Array.from({ length: depth }, (_, i) => sizeOf(shape.slice(i + 1, depth)));
  const places = graph.elementwise("Mul", [indices, graph.constant(strides, [depth], "int32")], "int32");
  const row = graph.node("ReduceSum", [places, graph.ints([-1])], indices.shape.with(-1, 1), "int32", { keepdims: 1 });
  const inputs = [
    graph.expand(graph.scalar(0, updates.dtype), [rows, width]),
    graph.expand(graph.reshape(row, [count, 1]), [count, width]),
    graph.reshape(updates, [count, width]),
  ];
  const attributes = { axis: 0, reduction: "add" };
  return graph.reshape(graph.node("ScatterElements", inputs, [rows, width], updates.dtype, attributes), shape);
}

/** Rows whose segment is not in 0 … n-1 are dropped: they are added to an extra segment, which is cut off. */
const segmentSum = kernel<UnsortedSegmentSumAttrs>((call) => {
  const { graph, attrs } = call;
  const x = input(call, "x");
  const ids = graph.cast(input(call, "segmentIds"), "int32");
  const n = attrs.numSegments;
  const math = new Calculator(graph);
  const inside = math.and(math.not(math.less(ids, 0)), math.less(ids, n));
  const rows = graph.reshape(math.where(inside, ids, n), [...ids.shape, 1]);
  const shape = [n, ...x.shape.slice(ids.shape.length)];
  const sums = scatterAdd(graph, rows, x, shape.with(0, n + 1));
  return graph.node("Slice", [sums, graph.ints([0]), graph.ints([n]), graph.ints([0])], shape, x.dtype);
});

const gatherNd: Kernel = (call) => {
  const { graph } = call;
  const [x, indices] = [input(call, "params"), input(call, "indices")];
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(indices.shape.at(-1))];
  return graph.node("GatherND", [x, graph.cast(indices, "int64")], shape, x.dtype);
};

export const gathers = {
  GatherNd: gatherNd,
  GatherV2: gather,
  ScatterNd: kernel<ScatterNdAttrs>((call) =>
    scatterAdd(call.graph, call.graph.cast(input(call, "indices"), "int32"), input(call, "updates"), call.attrs.shape),
  ),
  TensorScatterUpdate: (call) => {
    const { graph } = call;
    const x = input(call, "tensor");
    return graph.node("ScatterND", [x, graph.cast(input(call, "indices"), "int64"), input(call, "updates")], x.shape);
  },
  UnsortedSegmentSum: segmentSum,
} satisfies Kernels;
