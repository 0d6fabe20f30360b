import type { GraphDType } from "../graph.ts";
import { input, type Kernel, kernel } from "./call.ts";

interface ReduceAttrs {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/** A reduction with an ONNX operator of the same meaning. tfjs may pass no axis (all axes), negative ones, or a number. */
export const reduce = (op: string, dtype?: GraphDType): Kernel =>
  kernel<ReduceAttrs>((call) => {
    const given = input(call, "x");
    const x = dtype ? call.graph.cast(given, dtype) : given;
    const rank = x.shape.length;
    const wanted = call.attrs.axis ?? [...x.shape.keys()];
    const axes = (Array.isArray(wanted) ? wanted : [wanted]).map((a) => (a < 0 ? a + rank : a));
    const keep = call.attrs.keepDims === true;
    if (axes.length === 0) return x;
    const shape = x.shape.flatMap((n, i) => (axes.includes(i) ? (keep ? [1] : []) : [n]));
    return call.graph.node(op, [x, call.graph.ints(axes)], shape, x.dtype, { keepdims: Number(keep) });
  });
