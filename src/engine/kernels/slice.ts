import {
  backend_util,
  type MirrorPadAttrs,
  type PadV2Attrs,
  type ReverseAttrs,
  type SliceAttrs,
  type SplitVAttrs,
  type StridedSliceAttrs,
  slice_util,
  type UnpackAttrs,
} from "#tf";
import type { Graph, Value } from "../graph.ts";
import { axisOf, input, type Kernels, kernel } from "./call.ts";

const range = (n: number): number[] => [...Array(n).keys()];

/** The part of `x` from `start` to before `end` along one axis. */
export function sliceAxis(graph: Graph, x: Value, axis: number, start: number, end: number): Value {
  if (start === 0 && end === x.shape[axis]) return x;
  const inputs = [x, graph.ints([start]), graph.ints([end]), graph.ints([axis])];
  return graph.node("Slice", inputs, x.shape.with(axis, end - start));
}

export function reverse(graph: Graph, x: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return x;
  const all = (v: number) => graph.ints(axes.map(() => v));
  return graph.node("Slice", [x, all(-1), all(-(2 ** 31)), graph.ints(axes), all(-1)], x.shape);
}

/** `x` with `[before, after]` copies of a number around it along one axis. */
export function padAxis(graph: Graph, x: Value, axis: number, [before, after]: [number, number], fill: number): Value {
  return pad(
    graph,
    x,
    x.shape.map((_, i) => (i === axis ? [before, after] : [0, 0])),
    fill,
  );
}

function pad(graph: Graph, x: Value, paddings: readonly (readonly number[])[], fill: number): Value {
  const pads = graph.ints([...paddings.map((p) => p[0]!), ...paddings.map((p) => p[1]!)]);
  const shape = x.shape.map((n, i) => n + paddings[i]![0]! + paddings[i]![1]!);
  return graph.node("Pad", [x, pads, graph.scalar(fill, x.dtype)], shape, x.dtype, { mode: "constant" });
}

const slice = kernel<SliceAttrs>((call) => {
  const { graph, attrs } = call;
  const x = input(call, "x");
  const [begin, size] = slice_util.parseSliceParams(x as never, attrs.begin, attrs.size) as [number[], number[]];
  const ends = begin.map((b, i) => b + size[i]!);
  if (x.shape.every((n, i) => n === size[i])) return x;
  return graph.node("Slice", [x, graph.ints(begin), graph.ints(ends)], size, x.dtype);
});

const stridedSlice = kernel<StridedSliceAttrs>((call) => {
  const { graph, attrs: a } = call;
  const x = input(call, "x");
  const info = slice_util.sliceInfo(
    [...x.shape],
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
  const sizes = slice_util.computeOutShape(info.begin, info.end, info.strides);
  // To go backwards to element 0, tfjs gives the end -1, which ONNX would count from the back.
  const ends = info.end.map((e, i) => (e < 0 ? e - x.shape[i]! : e));
  const inputs = [
    x,
    graph.ints(info.begin),
    graph.ints(ends),
    graph.ints(range(ends.length)),
    graph.ints(info.strides),
  ];
  return graph.reshape(info.isIdentity ? x : graph.node("Slice", inputs, sizes, x.dtype), info.finalShape);
});

/** Gathers along every padded axis, because ONNX has no symmetric padding (the one that repeats the edge). */
const mirrorPad = kernel<MirrorPadAttrs>((call) => {
  const { attrs, graph } = call;
  const edge = attrs.mode === "reflect" ? 0 : 1;
  return attrs.paddings.reduce(
    (x, [before, after], axis) => {
      const n = x.shape[axis]!;
      if (before + after === 0) return x;
      const at = (i: number): number => (i < 0 ? -i - edge : i >= n ? 2 * n - 2 - i + edge : i);
      const indices = Int32Array.from({ length: before + n + after }, (_, i) => at(i - before));
      const shape = x.shape.with(axis, indices.length);
      return graph.node("Gather", [x, graph.constant(indices, [indices.length], "int32")], shape, x.dtype, { axis });
    },
    input(call, "x"),
  );
});

function split(graph: Graph, x: Value, axis: number, sizes: readonly number[]): Value[] {
  if (sizes.length === 1) return [x];
  const outs = sizes.map((n) => ({ shape: x.shape.with(axis, n), dtype: x.dtype }));
  return graph.multi("Split", [x, graph.ints(sizes)], outs, { axis });
}

export const slices = {
  MirrorPad: mirrorPad,
  PadV2: kernel<PadV2Attrs>((call) => pad(call.graph, input(call, "x"), call.attrs.paddings, call.attrs.constantValue)),
  Reverse: kernel<ReverseAttrs>((call) => {
    const x = input(call, "x");
    const dims: number | number[] | undefined = call.attrs.dims; // tfjs leaves it out for "all"
    const axes = dims === undefined ? range(x.shape.length) : [dims].flat().map((d) => axisOf(d, x.shape.length));
    return reverse(call.graph, x, axes);
  }),
  Slice: slice,
  SplitV: kernel<SplitVAttrs>((call) => {
    const x = input(call, "x");
    const axis = axisOf(call.attrs.axis, x.shape.length);
    return split(call.graph, x, axis, backend_util.prepareSplitSize(x as never, call.attrs.numOrSizeSplits, axis));
  }),
  StridedSlice: stridedSlice,
  Unpack: kernel<UnpackAttrs>((call) => {
    const x = input(call, "value");
    const axis = axisOf(call.attrs.axis, x.shape.length);
    const parts = split(call.graph, x, axis, Array(x.shape[axis]!).fill(1));
    return parts.map((part) => call.graph.reshape(part, x.shape.toSpliced(axis, 1)));
  }),
} satisfies Kernels;
