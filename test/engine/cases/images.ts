import * as tf from "#tf";
import type { HostArray } from "../../../src/data/array.ts";
import { floats } from "../support.ts";
import { type Case, type Cases, on, valueOnly } from "./case.ts";

type X = tf.Tensor4D;
type Pad = "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];
interface Geometry {
  readonly size?: readonly [number, number];
  readonly kernel?: readonly [number, number];
  readonly strides?: number | [number, number];
  readonly pad?: Pad;
  readonly rounding?: "floor" | "round" | "ceil";
}
const geometries: readonly Geometry[] = [
  {},
  { pad: "valid" },
  { strides: 2 },
  { strides: 2, pad: "valid", size: [6, 7] },
  { strides: [2, 3], pad: 1, size: [7, 8], rounding: "floor" },
  { kernel: [2, 4], size: [5, 6] },
  { kernel: [1, 1], strides: 2, pad: "valid" },
  { kernel: [5, 5], strides: 2, size: [4, 4] },
  {
    pad: [
      [0, 0],
      [2, 0],
      [0, 1],
      [0, 0],
    ],
    kernel: [3, 2],
  },
];
type Build = (pad: Pad, strides: number | [number, number], rounding?: "floor" | "round" | "ceil") => Case["fn"];

/** Convolutions of every geometry, 2 images of 3 channels; `last` is the filter's last axis. */
const convolutions = (build: Build, last: number): Case[] =>
  geometries.map(({ size = [5, 5], kernel = [3, 3], strides = 1, pad = "same", rounding }) =>
    on(build(pad, strides, rounding) as never, floats([2, ...size, 3]), floats([...kernel, 3, last])),
  );
const conv2d = convolutions((pad, strides, r) => (x, f) => tf.conv2d(x as X, f as X, strides, pad, "NHWC", 1, r), 4);
const depthwise = convolutions(
  (pad, strides, r) => (x, f) => tf.depthwiseConv2d(x as X, f as X, strides, pad, "NHWC", 1, r),
  2,
);

const transposed = (size: number, kernel: number, strides: number, pad: "same" | "valid", out: number): Case =>
  on(
    (x: X, f: X) => tf.conv2dTranspose(x, f, [2, out, out, 3], strides, pad),
    floats([2, size, size, 4]),
    floats([kernel, kernel, 3, 4]),
  );

const pools = (fn: typeof tf.maxPool, images: HostArray): Case[] => [
  on((x: X) => fn(x, 2, 2, "valid"), images),
  on((x: X) => fn(x, 3, 1, "same"), images),
  on((x: X) => fn(x, [2, 3], [2, 1], "same"), images),
  on((x: X) => fn(x, 3, 2, 1, "floor"), images),
  valueOnly((x: X) => fn(x, 3, 2, 1, "ceil"), images), // tfjs's gradient forgets the rounding
];

const sizes: readonly [number, number][] = [
  [8, 12],
  [3, 2],
  [5, 6],
  [1, 1],
  [7, 3],
];
type Resize = (x: X, size: [number, number], alignCorners?: boolean, half?: boolean) => tf.Tensor;
/**
 * tfjs's cpu gradients of resizing mix up height, width and batch, and leave half pixel centers out of account: one square
 * image alone can be compared. gradients.test.ts checks the others against the definition.
 */
const resizes = (fn: Resize): Case[] => [
  on((x: X) => fn(x, [8, 8]), floats([1, 4, 4, 1])),
  ...sizes.flatMap((size) => [
    valueOnly((x: X) => fn(x, size), floats([2, 4, 6, 3])),
    valueOnly((x: X) => fn(x, size, true), floats([1, 4, 6, 2])),
    valueOnly((x: X) => fn(x, size, false, true), floats([1, 4, 6, 2])),
  ]),
];

const photo = floats([2, 5, 6, 3]);
const norm = (scale: boolean): Case =>
  on(
    (x: X, mean: tf.Tensor1D, variance: tf.Tensor1D, offset: tf.Tensor1D, gain: tf.Tensor1D) =>
      tf.batchNorm(x, mean, variance, scale ? offset : undefined, scale ? gain : undefined, 1e-3),
    photo,
    floats([3]),
    floats([3], 0.5, 2),
    floats([3], -1, 1, "offset"),
    floats([3], 0.5, 1.5, "gain"),
  );
const fusedConv = (fn: typeof tf.fused.conv2d, activation: "linear" | "relu" | "elu", last: number): Case =>
  on(
    (x: X, filter: X, bias: tf.Tensor1D) => fn({ x, filter, bias, strides: 2, pad: "same", activation }),
    photo,
    floats([3, 3, 3, last]),
    floats([12 / last === 3 ? 4 : 6]),
  );

export const imageCases = {
  AvgPool: pools(tf.avgPool, photo),
  AvgPoolGrad: pools(tf.avgPool, floats([1, 6, 6, 2])),
  Conv2D: [
    ...conv2d,
    valueOnly((x: X, f: X) => tf.conv2d(x, f, 1, "same", "NHWC", 2), photo, floats([3, 3, 3, 4])),
    valueOnly((x: X, f: X) => tf.conv2d(x, f, [2, 1], "same", "NCHW"), floats([2, 3, 6, 5]), floats([3, 3, 3, 4])),
  ],
  Conv2DBackpropFilter: conv2d,
  Conv2DBackpropInput: [
    transposed(3, 3, 2, "same", 6),
    transposed(3, 3, 2, "same", 5),
    transposed(3, 4, 2, "valid", 8),
    transposed(3, 4, 2, "valid", 9),
    transposed(4, 5, 1, "same", 4),
    transposed(2, 2, 3, "same", 6),
    ...conv2d,
  ],
  DepthwiseConv2dNative: [
    ...depthwise,
    valueOnly((x: X, f: X) => tf.depthwiseConv2d(x, f, 1, "same", "NHWC", 2), photo, floats([3, 3, 3, 1])),
    valueOnly(
      (x: X, f: X, p: X) => tf.separableConv2d(x, f, p, 1, "same"),
      photo,
      floats([3, 3, 3, 2]),
      floats([1, 1, 6, 4]),
    ),
  ],
  DepthwiseConv2dNativeBackpropFilter: depthwise,
  DepthwiseConv2dNativeBackpropInput: depthwise,
  FusedBatchNorm: [norm(true), { ...norm(false), by: [] }], // tfjs has no gradient without a scale
  FusedConv2D: [fusedConv(tf.fused.conv2d, "relu", 4), fusedConv(tf.fused.conv2d, "linear", 4)],
  FusedDepthwiseConv2D: [fusedConv(tf.fused.depthwiseConv2d as typeof tf.fused.conv2d, "elu", 2)],
  MaxPool: pools(tf.maxPool, photo),
  MaxPoolGrad: pools(tf.maxPool, floats([1, 6, 6, 2])),
  ResizeBilinear: resizes(tf.image.resizeBilinear as Resize),
  ResizeBilinearGrad: resizes(tf.image.resizeBilinear as Resize),
  ResizeNearestNeighbor: resizes(tf.image.resizeNearestNeighbor as Resize),
  ResizeNearestNeighborGrad: resizes(tf.image.resizeNearestNeighbor as Resize),
} satisfies Cases;
