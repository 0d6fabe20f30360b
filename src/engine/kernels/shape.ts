import type {
  CastAttrs,
  ConcatAttrs,
  ExpandDimsAttrs,
  FillAttrs,
  PackAttrs,
  ReshapeAttrs,
  TransposeAttrs,
} from "@tensorflow/tfjs";
import { type DType, sizeOf } from "../graph.ts";
import { input, type Kernel, kernel } from "./call.ts";

export const identity: Kernel = (call) => input(call, "x");

export const reshape = kernel<ReshapeAttrs>((call) => {
  const x = input(call, "x");
  const known = sizeOf(call.attrs.shape.filter((n) => n >= 0));
  return call.graph.reshape(
    x,
    call.attrs.shape.map((n) => (n < 0 ? sizeOf(x.shape) / known : n)),
  );
});

export const expandDims = kernel<ExpandDimsAttrs>((call) => {
  const x = input(call, "input");
  const dim = call.attrs.dim < 0 ? call.attrs.dim + x.shape.length + 1 : call.attrs.dim;
  return call.graph.reshape(x, [...x.shape.slice(0, dim), 1, ...x.shape.slice(dim)]);
});

export const transpose = kernel<TransposeAttrs>((call) => call.graph.transpose(input(call, "x"), call.attrs.perm));

/** tfjs casts to bool by `x != 0` and to int32 by truncation, as ONNX does. */
export const cast = kernel<CastAttrs>((call) => call.graph.cast(input(call, "x"), call.attrs.dtype as DType));

export const fill = kernel<FillAttrs>((call) => {
  const dtype = (call.attrs.dtype ?? "float32") as DType;
  return call.graph.expand(call.graph.scalar(Number(call.attrs.value), dtype), call.attrs.shape);
});

/** zerosLike and onesLike. */
export const like =
  (value: number): Kernel =>
  (call) => {
    const x = input(call, "x");
    return call.graph.expand(call.graph.scalar(value, x.dtype), x.shape);
  };

export const concat = kernel<ConcatAttrs>((call) => {
  const first = call.list[0]!;
  const axis = call.attrs.axis < 0 ? call.attrs.axis + first.shape.length : call.attrs.axis;
  const shape = first.shape.with(
    axis,
    call.list.reduce((n, v) => n + v.shape[axis]!, 0),
  );
  return call.graph.node("Concat", call.list, shape, first.dtype, { axis });
});

export const pack = kernel<PackAttrs>((call) => {
  const first = call.list[0]!;
  const axis = call.attrs.axis < 0 ? call.attrs.axis + first.shape.length + 1 : call.attrs.axis;
  const one = [...first.shape.slice(0, axis), 1, ...first.shape.slice(axis)];
  const parts = call.list.map((v) => call.graph.reshape(v, one));
  return call.graph.node("Concat", parts, one.with(axis, parts.length), first.dtype, { axis });
});
