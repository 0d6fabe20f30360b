import type { NdArray } from "ndarray";
import { contiguous, fromHost, isArray } from "../src/data/array.ts";
import { alongAxis, matrixOf, mirrored, transposed, wrapped } from "./axes.ts";
import { boundaryOption, shapeBeforeBlur } from "./blur.ts";
import { apart, joined } from "./channels.ts";
import { directCorrelation } from "./correlation.ts";
import { fastCorrelation } from "./fast-correlation.ts";
import { madeOf, operatorKind } from "./kind.ts";
import { type Boundary, type Continuation, type LinearOperator, linearOperator } from "./operator.ts";

export interface ConvolutionOptions {
  /** [h, w] or [h, w, channels]; channels are convolved one by one. */
  readonly inShape: readonly number[];
  /** k [rows, columns]. Its centre is the entry (⌊rows/2⌋, ⌊columns/2⌋). */
  readonly kernel: NdArray<Float32Array>;
  /** What lies outside the image, as for `blur`; default reflect. */
  readonly boundary?: Boundary;
  /** What the operator and its errors are called; default convolution and the kernel's size. */
  readonly name?: string;
}

/**
 * Kernels of so many numbers are convolved by Fourier transforms. Measured there and back on one thread: of images of 128 to 1024 pixels a side 7 × 7 is quicker
 * directly or about as quick, 13 × 13 takes a third to a half by transforms, 31 × 31 a tenth; of 28 × 28 pixels 13 × 13 is as quick either way.
 */
const FAST_FROM = 100;

/**
 * Convolution with any kernel: y[i, j] = Σ_ab k[a, b] x[i + ⌊rows/2⌋ − a, j + ⌊columns/2⌋ − b]. Keeps the shape; with the boundary valid
 * y has the pixels alone whose sums lie inside x: rows − 1 and columns − 1 fewer.
 * Computed sum by sum, or by Fourier transforms where the kernel is large. The kernel is used as it is; for a blur its sum should be 1.
 * Errors: a kernel that is no float32 matrix (TypeError), is not finite or larger than the image; a shape that is no image (RangeError).
 */
export function convolution({ inShape, kernel, boundary = "reflect", name }: ConvolutionOptions): LinearOperator {
  const who = name ?? "convolution";
  if (!isArray(kernel) || kernel.shape.length !== 2 || !(kernel.data instanceof Float32Array)) {
    const got = isArray(kernel)
      ? `${kernel.data.constructor.name} of shape [${kernel.shape.join(", ")}]`
      : typeof kernel;
    throw new TypeError(`convolution: kernel: expected an array of float32 with two axes, [rows, columns], got ${got}`);
  }
  const [rows, columns] = kernel.shape as [number, number];
  const [height = 0, width = 0] = inShape;
  if (inShape.length < 2 || inShape.length > 3) {
    throw new RangeError(`${who}: expected images [h, w] or [h, w, channels], got [${inShape.join(", ")}]`);
  }
  if (rows > height || columns > width) {
    throw new RangeError(`${who}: the kernel of ${rows}×${columns} is larger than the image of ${height}×${width}`);
  }
  const data = contiguous(kernel) as Float32Array;
  if (!data.every(Number.isFinite)) throw new RangeError("convolution: kernel: expected finite numbers");
  const turned = data.slice().reverse();
  const pads = boundary === "valid" ? [] : [padding(height, rows, boundary), padding(width, columns, boundary)];
  const folds = pads.map(transposed);
  const [high, wide] = pads.length === 0 ? [height, width] : [height + rows - 1, width + columns - 1];
  const outShape = [high - rows + 1, wide - columns + 1, ...inShape.slice(2)];
  const correlation =
    data.length < FAST_FROM
      ? directCorrelation(turned, [rows, columns])
      : fastCorrelation(turned, [rows, columns], [high, wide]);
  return linearOperator({
    name: name ?? `convolution(${rows}×${columns}${boundary === "reflect" ? "" : `,boundary=${boundary}`})`,
    inShape,
    outShape,
    form: { kind: "convolution", kernel, boundary },
    forward: (x) => {
      const padded = pads.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), x);
      return joined(correlation.forward(apart(padded)), outShape);
    },
    adjoint: (y) => {
      const whole = joined(correlation.adjoint(apart(y)), [high, wide, ...inShape.slice(2)]);
      return folds.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), whole);
    },
  });
}

/** Continues an axis of n pixels by what `size` − 1 of a kernel hang over it: [n + size − 1, n]. */
function padding(n: number, size: number, boundary: Continuation) {
  const before = size - 1 - Math.floor(size / 2);
  return matrixOf(n + size - 1, n, (i, j) => {
    const at = i - before;
    if (at >= 0 && at < n) return Number(at === j);
    if (boundary === "zero") return 0;
    if (boundary === "circular") return Number(wrapped(at, n) === j);
    return Number(mirrored(at, n) === j);
  });
}

/** A kernel divided by its sum. Errors (RangeError): the sum is 0. */
function normalised(kernel: NdArray<Float32Array>): NdArray<Float32Array> {
  const numbers = contiguous(kernel) as Float32Array;
  const sum = numbers.reduce((a, b) => a + b, 0);
  if (!(Math.abs(sum) > 0)) throw new RangeError(`the kernel's sum is ${sum}, it cannot be 1`);
  return fromHost(
    numbers.map((v) => v / sum),
    kernel.shape,
  );
}

export const convolutionKind = operatorKind({
  summary: "y = k ∗ x, k your own blur kernel",
  options: {
    file: { type: "text", required: true, description: "the kernel: .npy, .npz, k.npz:member, .csv or an image" },
    boundary: boundaryOption,
    normalise: { type: "flag", description: "divide the kernel by its sum" },
  },
  files: ["file"],
  samples: [],
  signalShape: (measured, { file: path, boundary }, file) =>
    shapeBeforeBlur(measured, boundary, () => file(path).shape),
  make: (inShape, { file: path, boundary, normalise }, _, file) =>
    madeOf(path, () => {
      const kernel = normalise ? normalised(file(path)) : file(path);
      return convolution({ inShape, kernel, boundary });
    }),
});
