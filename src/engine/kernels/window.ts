import type { backend_util } from "#tf";
import type { Attributes, Graph, Value } from "../graph.ts";

/** The geometry of a convolution or pooling window, which tfjs computes from strides and padding of every form. */
export type Window = ReturnType<typeof backend_util.computeConv2DInfo>;

const ROWS_COLUMNS = ["Height", "Width"] as const;
const per = (f: (axis: (typeof ROWS_COLUMNS)[number]) => number): number[] => ROWS_COLUMNS.map(f);

/** How far the last window reaches beyond the input rows (columns): positive is padding; negative are rows that no window reaches. */
const excess = (w: Window): number[] =>
  per(
    (a) =>
      (w[`out${a}`] - 1) * w[`stride${a}`] + w[`effectiveFilter${a}`] - w[`in${a}`] - begins(w)[Number(a === "Width")]!,
  );

const begins = (w: Window): number[] => [w.padInfo.top, w.padInfo.left];

/** ONNX attributes of the window. The padding at the end is chosen so that the output has the size that tfjs computes. */
export function windowAttributes(w: Window): Attributes & { readonly pads: readonly number[] } {
  return {
    kernel_shape: [w.filterHeight, w.filterWidth],
    strides: [w.strideHeight, w.strideWidth],
    dilations: [w.dilationHeight, w.dilationWidth],
    pads: [...begins(w), ...excess(w).map((n) => Math.max(0, n))],
  };
}

/** For the transposed operation: the number of rows and columns that no window reached. It must add them again. */
export const outputPadding = (w: Window): number[] => excess(w).map((n) => Math.max(0, -n));

/** The ONNX layout is channels first. */
export const isLast = (w: Window): boolean => w.dataFormat === "channelsLast";
export const channelsFirst = (graph: Graph, x: Value, last = true): Value =>
  last ? graph.transpose(x, [0, 3, 1, 2]) : x;
export const channelsLast = (graph: Graph, x: Value, last = true): Value =>
  last ? graph.transpose(x, [0, 2, 3, 1]) : x;
