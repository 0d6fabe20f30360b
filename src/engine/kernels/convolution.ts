import {
  backend_util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type DepthwiseConv2dNativeAttrs,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type FusedConv2DAttrs,
} from "#tf";
import type { Graph, Value } from "../graph.ts";
import { activate } from "./activation.ts";
import { input, type Kernel, type Kernels, kernel } from "./call.ts";
import { sliceAxis } from "./slice.ts";
import { channelsFirst, channelsLast, isLast, outputPadding, type Window, windowAttributes } from "./window.ts";

/**
 * Convolutions of tfjs: images [batch, height, width, channels], filters [height, width, in, out], or [height, width, in, multiplier] if
 * each channel is convolved by itself (depthwise). In ONNX a depthwise convolution is a grouped one: output channel c·multiplier + q
 * belongs to group c. So the same code serves both, with `groups` 1 or `in`.
 */
interface ConvAttrs {
  readonly strides: number | [number, number];
  readonly pad: Conv2DAttrs["pad"];
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}
type Shape4 = [number, number, number, number];

function geometry(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvAttrs,
  depthwise: boolean,
): Window {
  return backend_util.computeConv2DInfo(
    [...xShape] as Shape4,
    [...filterShape] as Shape4,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    backend_util.convertConv2DDataFormat(attrs.dataFormat ?? "NHWC"),
  );
}

const groupsOf = (w: Window, depthwise: boolean): number => (depthwise ? w.inChannels : 1);

/** The filter as ONNX wants it for Conv: [out, in / groups, height, width]. */
function convFilter(graph: Graph, filter: Value, w: Window, depthwise: boolean): Value {
  if (!depthwise) return graph.transpose(filter, [3, 2, 0, 1]);
  return graph.reshape(graph.transpose(filter, [2, 3, 0, 1]), [w.outChannels, 1, w.filterHeight, w.filterWidth]);
}

function convolve(graph: Graph, x: Value, filter: Value, attrs: ConvAttrs, depthwise: boolean): Value {
  const w = geometry(x.shape, filter.shape, attrs, depthwise);
  const last = isLast(w);
  const operands = [channelsFirst(graph, x, last), convFilter(graph, filter, w, depthwise)];
  const shape = [w.batchSize, w.outChannels, w.outHeight, w.outWidth];
  const group = groupsOf(w, depthwise);
  return channelsLast(graph, graph.node("Conv", operands, shape, x.dtype, { ...windowAttributes(w), group }), last);
}

/** The adjoint with respect to the image, also known as transposed convolution. ConvTranspose takes the same filter as Conv. */
function backpropInput(
  graph: Graph,
  dy: Value,
  filter: Value,
  attrs: ConvAttrs & { readonly inputShape: Shape4 },
  depthwise: boolean,
): Value {
  const w = geometry(attrs.inputShape, filter.shape, attrs, depthwise);
  const last = isLast(w);
  const operands = [channelsFirst(graph, dy, last), convFilter(graph, filter, w, depthwise)];
  const shape = [w.batchSize, w.inChannels, w.inHeight, w.inWidth];
  const attributes = { ...windowAttributes(w), group: groupsOf(w, depthwise), output_padding: outputPadding(w) };
  return channelsLast(graph, graph.node("ConvTranspose", operands, shape, dy.dtype, attributes), last);
}

/**
 * The adjoint with respect to the filter: a convolution of the image by dy. In it batch and channels are swapped, and so are strides and
 * dilations. Rows that no window reached would give filter rows beyond the last; these are cut off.
 */
function backpropFilter(
  graph: Graph,
  x: Value,
  dy: Value,
  attrs: ConvAttrs & { readonly filterShape: Shape4 },
  depthwise: boolean,
): Value {
  const w = geometry(x.shape, attrs.filterShape, attrs, depthwise);
  const swap = isLast(w) ? [3, 0, 1, 2] : [1, 0, 2, 3]; // channels, batch, rows, columns
  const images = graph.transpose(x, swap);
  const group = groupsOf(w, depthwise);
  const { pads } = windowAttributes(w);
  const grown = (i: 0 | 1): number => {
    const [size, out, stride, dilation] =
      i === 0
        ? [w.inHeight, w.outHeight, w.strideHeight, w.dilationHeight]
        : [w.inWidth, w.outWidth, w.strideWidth, w.dilationWidth];
    return Math.floor((size + pads[i]! + pads[i + 2]! - ((out - 1) * stride + 1)) / dilation) + 1;
  };
  const result = graph.node(
    "Conv",
    [
      depthwise ? graph.reshape(images, [1, w.inChannels * w.batchSize, w.inHeight, w.inWidth]) : images,
      graph.transpose(dy, swap),
    ],
    [depthwise ? 1 : w.inChannels, w.outChannels, grown(0), grown(1)],
    x.dtype,
    {
      kernel_shape: [w.outHeight, w.outWidth],
      strides: [w.dilationHeight, w.dilationWidth],
      dilations: [w.strideHeight, w.strideWidth],
      pads,
      group,
    },
  );
  const cut = sliceAxis(graph, sliceAxis(graph, result, 2, 0, w.filterHeight), 3, 0, w.filterWidth);
  const [, , inChannels, last] = attrs.filterShape;
  return graph.transpose(graph.reshape(cut, [inChannels, last, w.filterHeight, w.filterWidth]), [2, 3, 0, 1]);
}

const forward = (depthwise: boolean): Kernel =>
  kernel<Conv2DAttrs | DepthwiseConv2dNativeAttrs>((call) =>
    convolve(call.graph, input(call, "x"), input(call, "filter"), call.attrs, depthwise),
  );

const fused = (depthwise: boolean): Kernel =>
  kernel<FusedConv2DAttrs>((call) => {
    const { graph, inputs, attrs } = call;
    const y = convolve(graph, input(call, "x"), input(call, "filter"), attrs, depthwise);
    const sum = inputs.bias ? graph.elementwise("Add", [y, inputs.bias], y.dtype) : y;
    return activate(graph, sum, attrs, inputs.preluActivationWeights);
  });

export const convolutions = {
  Conv2D: forward(false),
  Conv2DBackpropFilter: kernel<Conv2DBackpropFilterAttrs>((call) =>
    backpropFilter(call.graph, input(call, "x"), input(call, "dy"), call.attrs, false),
  ),
  Conv2DBackpropInput: kernel<Conv2DBackpropInputAttrs>((call) =>
    backpropInput(call.graph, input(call, "dy"), input(call, "filter"), call.attrs, false),
  ),
  DepthwiseConv2dNative: forward(true),
  DepthwiseConv2dNativeBackpropFilter: kernel<DepthwiseConv2dNativeBackpropFilterAttrs>((call) =>
    backpropFilter(call.graph, input(call, "x"), input(call, "dy"), call.attrs, true),
  ),
  DepthwiseConv2dNativeBackpropInput: kernel<DepthwiseConv2dNativeBackpropInputAttrs>((call) =>
    backpropInput(call.graph, input(call, "dy"), input(call, "filter"), call.attrs, true),
  ),
  FusedConv2D: fused(false),
  FusedDepthwiseConv2D: fused(true),
} satisfies Kernels;
