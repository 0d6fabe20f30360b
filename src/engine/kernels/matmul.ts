import type { BatchMatMulAttrs } from "@tensorflow/tfjs";
import { broadcastShape, type Graph, type Value } from "../graph.ts";
import { input, kernel } from "./call.ts";

/** tfjs sends every matrix product here. Rank 2 maps to Gemm, which takes transposed operands without copying them. */
export const batchMatMul = kernel<BatchMatMulAttrs>((call) =>
  matMul(call.graph, input(call, "a"), input(call, "b"), call.attrs.transposeA, call.attrs.transposeB),
);

export function matMul(graph: Graph, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  if (a.shape.length === 2 && b.shape.length === 2) {
    if (!transposeA && !transposeB) return graph.node("MatMul", [a, b], [rows, columns]);
    const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
    return graph.node("Gemm", [a, b], [rows, columns], a.dtype, attributes);
  }
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const p = transposeA ? graph.transpose(a, swapLast(a.shape.length)) : a;
  const q = transposeB ? graph.transpose(b, swapLast(b.shape.length)) : b;
  return graph.node("MatMul", [p, q], [...batch, rows, columns]);
}

const swapLast = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2];
