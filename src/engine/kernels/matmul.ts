import { type _FusedMatMulAttrs, type BatchMatMulAttrs, backend_util, type EinsumAttrs } from "#tf";
import { broadcastShape, type Graph, type Value } from "../graph.ts";
import { activate } from "./activation.ts";
import { input, type Kernels, kernel } from "./call.ts";

/** A matrix product. Rank 2 maps to Gemm, which takes transposed operands without copying them. */
function matMul(graph: Graph, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const turned = transposeA || transposeB;
  if (turned && a.shape.length === 2 && b.shape.length === 2 && a.dtype === "float32") {
    const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
    return graph.node("Gemm", [a, b], [rows, columns], a.dtype, attributes);
  }
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const p = transposeA ? graph.transpose(a, swapLast(a.shape.length)) : a;
  const q = transposeB ? graph.transpose(b, swapLast(b.shape.length)) : b;
  return graph.node("MatMul", [p, q], [...batch, rows, columns]);
}

const swapLast = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2];

const einsum = kernel<EinsumAttrs>(({ attrs, list, graph }) => {
  const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(attrs.equation, list.length);
  const sizes = new Map(idDims.flatMap((ids, i) => ids.map((id, axis) => [id, list[i]!.shape[axis]!] as const)));
  const shape = allDims.flatMap((_, id) => (summedDims.includes(id) ? [] : [sizes.get(id)!]));
  return graph.node("Einsum", list, shape, list[0]!.dtype, { equation: attrs.equation });
});

/** tfjs sends every matrix product to BatchMatMul, whatever its rank. */
export const products = {
  BatchMatMul: kernel<BatchMatMulAttrs>((call) =>
    matMul(call.graph, input(call, "a"), input(call, "b"), call.attrs.transposeA, call.attrs.transposeB),
  ),
  Einsum: einsum,
  _FusedMatMul: kernel<_FusedMatMulAttrs>((call) => {
    const { graph, inputs, attrs } = call;
    const product = matMul(graph, input(call, "a"), input(call, "b"), attrs.transposeA, attrs.transposeB);
    const sum = inputs.bias ? graph.elementwise("Add", [product, inputs.bias], product.dtype) : product;
    return activate(graph, sum, attrs, inputs.preluActivationWeights);
  }),
} satisfies Kernels;
