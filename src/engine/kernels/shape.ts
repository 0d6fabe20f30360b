import {
  type BatchToSpaceNDAttrs,
  backend_util,
  type CastAttrs,
  type ConcatAttrs,
  type DepthToSpaceAttrs,
  type ExpandDimsAttrs,
  type PackAttrs,
  type ReshapeAttrs,
  type SpaceToBatchNDAttrs,
  type TileAttrs,
  type TransposeAttrs,
} from "#tf";
import { sizeOf } from "../../data/array.ts";
import type { DType, Graph, Value } from "../graph.ts";
import { axisOf, input, type Kernels, kernel } from "./call.ts";
import { padAxis, sliceAxis } from "./slice.ts";

function concat(graph: Graph, parts: readonly Value[], axis: number): Value {
  const first = parts[0]!;
  const total = parts.reduce((n, v) => n + v.shape[axis]!, 0);
  return graph.node("Concat", parts, first.shape.with(axis, total), first.dtype, { axis });
}

const pack = kernel<PackAttrs>(({ graph, list, attrs }) => {
  const first = list[0]!;
  const axis = axisOf(attrs.axis, first.shape.length + 1);
  const one = first.shape.toSpliced(axis, 0, 1);
  return concat(
    graph,
    list.map((v) => graph.reshape(v, one)),
    axis,
  );
});

/** If only axes of size 1 are repeated, a tile is a broadcast, and elementwise operators read it unexpanded. */
const tile = kernel<TileAttrs>((call) => {
  const { graph, attrs } = call;
  const x = input(call, "x");
  const shape = x.shape.map((n, i) => n * attrs.reps[i]!);
  if (x.shape.every((n, i) => n === 1 || attrs.reps[i] === 1)) return graph.expand(x, shape);
  return graph.node("Tile", [x, graph.ints(attrs.reps)], shape, x.dtype);
});

const spaceToBatch = kernel<SpaceToBatchNDAttrs>((call) => {
  const { graph, attrs } = call;
  const { blockShape } = attrs;
  const blocks = sizeOf(blockShape);
  const padded = attrs.paddings.reduce(
    (x, [before, after], i) => (before! + after! > 0 ? padAxis(graph, x, i + 1, [before!, after!], 0) : x),
    input(call, "x"),
  );
  const split = backend_util.getReshaped([...padded.shape], blockShape, blocks, false);
  const perm = backend_util.getPermuted(split.length, blockShape.length, false);
  const shape = backend_util.getReshapedPermuted([...padded.shape], blockShape, blocks, false);
  return graph.reshape(graph.transpose(graph.reshape(padded, split), perm), shape);
});

const batchToSpace = kernel<BatchToSpaceNDAttrs>((call) => {
  const { graph, attrs } = call;
  const { blockShape, crops } = attrs;
  const x = input(call, "x");
  const blocks = sizeOf(blockShape);
  const split = backend_util.getReshaped([...x.shape], blockShape, blocks);
  const perm = backend_util.getPermuted(split.length, blockShape.length);
  const shape = backend_util.getReshapedPermuted([...x.shape], blockShape, blocks);
  const whole = graph.reshape(graph.transpose(graph.reshape(x, split), perm), shape);
  return crops.reduce((v, [before, after], i) => sliceAxis(graph, v, i + 1, before!, v.shape[i + 1]! - after!), whole);
});

const depthToSpace = kernel<DepthToSpaceAttrs>((call) => {
  const { graph, attrs } = call;
  const x = input(call, "x");
  const s = attrs.blockSize;
  if (attrs.dataFormat !== "NHWC") throw new Error(`depthToSpace: expected NHWC, got ${attrs.dataFormat}`);
  const [n = 0, h = 0, w = 0, c = 0] = x.shape;
  const depth = c / (s * s);
  const blocks = graph.transpose(graph.reshape(x, [n, h, w, s, s, depth]), [0, 1, 3, 2, 4, 5]);
  return graph.reshape(blocks, [n, h * s, w * s, depth]);
});

export const shapes = {
  BatchToSpaceND: batchToSpace,
  /** tfjs casts to bool by `x != 0` and to int32 by truncation, as ONNX does. */
  Cast: kernel<CastAttrs>((call) => call.graph.cast(input(call, "x"), call.attrs.dtype as DType)),
  Concat: kernel<ConcatAttrs>(({ graph, list, attrs }) =>
    concat(graph, list, axisOf(attrs.axis, list[0]!.shape.length)),
  ),
  DepthToSpace: depthToSpace,
  ExpandDims: kernel<ExpandDimsAttrs>((call) => {
    const x = input(call, "input");
    return call.graph.reshape(x, x.shape.toSpliced(axisOf(call.attrs.dim, x.shape.length + 1), 0, 1));
  }),
  Identity: (call) => input(call, "x"),
  Pack: pack,
  Reshape: kernel<ReshapeAttrs>((call) => {
    const x = input(call, "x");
    const known = sizeOf(call.attrs.shape.filter((n) => n >= 0));
    return call.graph.reshape(
      x,
      call.attrs.shape.map((n) => (n < 0 ? sizeOf(x.shape) / known : n)),
    );
  }),
  SpaceToBatchND: spaceToBatch,
  Tile: tile,
  Transpose: kernel<TransposeAttrs>((call) => call.graph.transpose(input(call, "x"), call.attrs.perm)),
} satisfies Kernels;
