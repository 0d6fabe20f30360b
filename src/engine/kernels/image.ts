import {
  type AvgPoolAttrs,
  backend_util,
  type FusedBatchNormAttrs,
  type MaxPoolAttrs,
  type ResizeBilinearAttrs,
} from "#tf";
import { sizeOf } from "../../data/array.ts";
import type { Graph, Value } from "../graph.ts";
import { Calculator } from "./calculator.ts";
import { input, type Kernel, type Kernels, kernel } from "./call.ts";
import { bilinearWeights, nearestRows, nearestWeights, type Weights } from "./resize.ts";
import { channelsFirst, channelsLast, outputPadding, type Window, windowAttributes } from "./window.ts";

const poolWindow = (shape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: MaxPoolAttrs): Window =>
  backend_util.computePool2DInfo(
    [...shape] as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );

const outShape = (w: Window): number[] => [w.batchSize, w.outChannels, w.outHeight, w.outWidth];

/** An average does not count padding, neither in tfjs nor in ONNX. */
const pool = (op: string): Kernel =>
  kernel<MaxPoolAttrs>((call) => {
    const { graph } = call;
    const x = input(call, "x");
    const w = poolWindow(x.shape, call.attrs);
    const images = channelsFirst(graph, graph.cast(x, "float32"));
    const pooled = graph.node(op, [images], outShape(w), "float32", windowAttributes(w));
    return graph.cast(channelsLast(graph, pooled), x.dtype);
  });

/** MaxPool returns the place of each maximum in the flattened images; dy is added there. */
const maxPoolGrad = kernel<MaxPoolAttrs>((call) => {
  const { graph } = call;
  const [dy, x] = [input(call, "dy"), input(call, "input")];
  const w = poolWindow(x.shape, call.attrs);
  const images = channelsFirst(graph, x);
  const outs = [
    { shape: outShape(w), dtype: x.dtype },
    { shape: outShape(w), dtype: "int64" as const },
  ];
  const [, places] = graph.multi("MaxPool", [images], outs, windowAttributes(w));
  const flat = [sizeOf(outShape(w))];
  const inputs = [
    graph.expand(graph.scalar(0, "float32"), [sizeOf(x.shape)]),
    graph.reshape(places!, flat),
    graph.reshape(channelsFirst(graph, dy), flat),
  ];
  const sums = graph.node("ScatterElements", inputs, [sizeOf(x.shape)], "float32", { axis: 0, reduction: "add" });
  return channelsLast(graph, graph.reshape(sums, images.shape));
});

/** tfjs divides by the whole window, although its average leaves out padding. Both engines must agree. */
const avgPoolGrad = kernel<AvgPoolAttrs>((call) => {
  const { graph } = call;
  const [dy, x] = [input(call, "dy"), input(call, "input")];
  const w = poolWindow(x.shape, call.attrs);
  const share = graph.scalar(1 / (w.filterHeight * w.filterWidth), "float32");
  const shares = graph.expand(share, [w.inChannels, 1, w.filterHeight, w.filterWidth]);
  const attributes = { ...windowAttributes(w), group: w.inChannels, output_padding: outputPadding(w) };
  const shape = [w.batchSize, w.inChannels, w.inHeight, w.inWidth];
  return channelsLast(
    graph,
    graph.node("ConvTranspose", [channelsFirst(graph, dy), shares], shape, "float32", attributes),
  );
});

/** Any separable linear map: multiplies the rows, then the columns, of images [batch, height, width, channels] by matrices. */
function separable(graph: Graph, images: Value, rows: Weights, columns: Weights): Value {
  const [n = 0, h = 0, w = 0, c = 0] = images.shape;
  const matrix = ({ data, shape }: Weights): Value => graph.constant(data, shape, "float32");
  const [height, width] = [rows.shape[0], columns.shape[0]];
  const tall = graph.node(
    "MatMul",
    [matrix(rows), graph.reshape(images, [n, h, w * c])],
    [n, height, w * c],
    "float32",
  );
  const wide = graph.node(
    "MatMul",
    [matrix(columns), graph.reshape(tall, [n * height, w, c])],
    [n * height, width, c],
    "float32",
  );
  return graph.reshape(wide, [n, height, width, c]);
}

const resizeBilinear = kernel<ResizeBilinearAttrs>((call) => {
  const { attrs } = call;
  const x = call.graph.cast(input(call, "images"), "float32");
  const [rows, columns] = attrs.size.map((n, i) => bilinearWeights(x.shape[i + 1]!, n, attrs));
  return separable(call.graph, x, rows!, columns!);
});

const resizeNearest = kernel<ResizeBilinearAttrs>((call) => {
  const { graph, attrs } = call;
  return attrs.size.reduce(
    (x, size, i) => {
      const picked = graph.constant(nearestRows(x.shape[i + 1]!, size, attrs), [size], "int32");
      return graph.node("Gather", [x, picked], x.shape.with(i + 1, size), x.dtype, { axis: i + 1 });
    },
    input(call, "images"),
  );
});

/** The gradients of tfjs ignore half pixel centers. Both engines must agree. */
const resizeGrad = (weights: typeof bilinearWeights): Kernel =>
  kernel<{ alignCorners: boolean }>((call) => {
    const [dy, x] = [input(call, "dy"), input(call, "images")];
    const { alignCorners } = call.attrs;
    const of = (axis: number) =>
      weights(x.shape[axis]!, dy.shape[axis]!, { alignCorners, halfPixelCenters: false, transposed: true });
    return separable(call.graph, dy, of(1), of(2));
  });

/** (x - mean) / √(variance + ε) · scale + offset, over whatever mean and variance broadcast to. */
const batchNorm = kernel<FusedBatchNormAttrs>((call) => {
  const { graph, inputs, attrs } = call;
  const math = new Calculator(graph);
  const deviation = math.unary("Sqrt", math.add(input(call, "variance"), attrs.varianceEpsilon ?? 0.001));
  const slope = math.div(inputs.scale ?? 1, deviation);
  const scaled = math.mul(math.sub(input(call, "x"), input(call, "mean")), slope);
  return inputs.offset ? math.add(scaled, inputs.offset) : scaled;
});

export const images = {
  AvgPool: pool("AveragePool"),
  AvgPoolGrad: avgPoolGrad,
  FusedBatchNorm: batchNorm,
  MaxPool: pool("MaxPool"),
  MaxPoolGrad: maxPoolGrad,
  ResizeBilinear: resizeBilinear,
  ResizeBilinearGrad: resizeGrad(bilinearWeights),
  ResizeNearestNeighbor: resizeNearest,
  ResizeNearestNeighborGrad: resizeGrad(nearestWeights),
} satisfies Kernels;
