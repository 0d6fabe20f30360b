import type { FillAttrs, LinSpaceAttrs, OneHotAttrs, RangeAttrs } from "#tf";
import { sizeOf } from "../../data/array.ts";
import { type DType, typedArray } from "../graph.ts";
import { Calculator } from "./calculator.ts";
import { input, type Kernel, type Kernels, kernel } from "./call.ts";

/** zerosLike and onesLike. */
const like =
  (value: number): Kernel =>
  (call) => {
    const x = input(call, "x");
    return call.graph.expand(call.graph.scalar(value, x.dtype), x.shape);
  };

/** 0, 1, …, n-1. */
const counting = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);

/** Made by comparison. ONNX's own OneHot counts negative indices from the back, but tfjs gives a row of off values for them. */
const oneHot = kernel<OneHotAttrs>((call) => {
  const { graph, attrs } = call;
  const indices = input(call, "indices");
  const depths = graph.constant(counting(attrs.depth), [attrs.depth], "int32");
  const hit = new Calculator(graph).equal(graph.reshape(graph.cast(indices, "int32"), [...indices.shape, 1]), depths);
  const dtype = (attrs.dtype ?? "int32") as DType;
  return graph.elementwise(
    "Where",
    [hit, graph.scalar(attrs.onValue, dtype), graph.scalar(attrs.offValue, dtype)],
    dtype,
  );
});

const diag: Kernel = (call) => {
  const { graph } = call;
  const x = input(call, "x");
  const n = sizeOf(x.shape);
  const rows = graph.constant(counting(n), [n], "int32");
  const math = new Calculator(graph);
  const onDiagonal = math.equal(graph.reshape(rows, [n, 1]), rows);
  const row = graph.reshape(x.dtype === "bool" ? graph.cast(x, "int32") : x, [1, n]);
  return graph.reshape(graph.cast(math.where(onDiagonal, row, 0), x.dtype), [...x.shape, ...x.shape]);
};

const sequence = kernel<RangeAttrs>(({ graph, attrs: { start, stop, step, dtype } }) => {
  const n = Math.max(0, Math.ceil((stop - start) / step));
  const values = typedArray(
    Array.from({ length: n }, (_, i) => start + i * step),
    dtype,
  );
  return graph.constant(values, [n], dtype);
});

export const creations = {
  Diag: diag,
  Fill: kernel<FillAttrs>(({ graph, attrs }) => {
    const dtype = (attrs.dtype ?? "float32") as DType;
    return graph.expand(graph.scalar(Number(attrs.value), dtype), attrs.shape);
  }),
  LinSpace: kernel<LinSpaceAttrs>(({ graph, attrs: { start, stop, num } }) => {
    const step = (stop - start) / (num - 1);
    return graph.constant(
      Float32Array.from({ length: num }, (_, i) => start + (i === 0 ? 0 : i * step)),
      [num],
      "float32",
    );
  }),
  OneHot: oneHot,
  OnesLike: like(1),
  Range: sequence,
  ZerosLike: like(0),
} satisfies Kernels;
