import { Graph, type Value } from "../../src/engine/graph.ts";
import { encodeOnnx } from "../../src/engine/onnx.ts";
import type { RegulariserModel } from "./model.ts";

/** A size that is not known before the graph runs. */
const ANY = -1;

/**
 * A regulariser as an ONNX model for images of any size: input `image` [n, channels, H, W], outputs `value` [n], Ψ, and `gradient`, ∇Ψ, of the shape of the image. Any ONNX runtime runs it.
 */
export function regulariserOnnx({ filters, weights }: RegulariserModel): Uint8Array {
  const [side = 0, , channels = 0, count = 0] = filters.shape;
  const graph = new Graph();
  const image = graph.input([ANY, channels, ANY, ANY], "float32");
  const node = (op: string, inputs: readonly Value[], rank = 4, dtype = inputs[0]!.dtype, attributes = {}): Value =>
    graph.node(op, inputs, new Array<number>(rank).fill(ANY), dtype, attributes);
  const first = new Float32Array(filters.size); // [filters, channels, side, side]
  for (let at = 0; at < filters.size; at++) {
    const [c, channel] = [at % count, Math.floor(at / count) % channels];
    first[(c * channels + channel) * side ** 2 + Math.floor(at / (count * channels))] = filters.data[at]!;
  }
  const table = graph.constant(first, [count, channels, side, side], "float32");
  const weight = graph.constant(weights.data, [1, count, 1, 1], "float32");
  const pixels = node("ReduceProd", [node("Shape", [image], 1, "int64", { start: 2, end: 4 })], 0, "int64", {
    keepdims: 0,
  });
  const root = node("Sqrt", [node("Cast", [pixels], 0, "float32", { to: 1 })], 0);
  const responses = node("Conv", [image, table]);
  const grown = node("Add", [node("Mul", [responses, responses]), graph.scalar(1, "float32")]);
  const logs = node("Mul", [node("Log", [grown]), graph.scalar(0.5, "float32")]);
  const sums = node("ReduceSum", [node("Mul", [logs, weight]), graph.ints([1, 2, 3])], 1, "float32", { keepdims: 0 });
  const pulls = node("Mul", [node("Div", [responses, grown]), weight]);
  const gradient = node("Div", [node("ConvTranspose", [pulls, table]), root]);
  const value = node("Div", [sums, root], 1);
  return encodeOnnx(graph, [value, { ...gradient, shape: image.shape }], {
    ...{ embed: true, inputNames: ["image"], outputNames: ["value", "gradient"] },
    metadata: { image: `float32 [n, ${channels}, rows, columns], each side at least ${side}` },
  });
}
