import { motionKernel } from "../src/data/blur-kernels.ts";
import { boundaryOption, shapeBeforeBlur } from "./blur.ts";
import { convolution } from "./convolution.ts";
import { operatorKind } from "./kind.ts";
import type { Boundary, LinearOperator } from "./operator.ts";

export interface MotionOptions {
  /** [h, w] or [h, w, channels]; channels are blurred one by one. */
  readonly inShape: readonly number[];
  /** Length of the path in pixels, at least 1, which is no blur. */
  readonly length: number;
  /** Direction in degrees, anticlockwise from the horizontal; default 0. */
  readonly angle?: number;
  /** What lies outside the image, as for `blur`; default reflect. */
  readonly boundary?: Boundary;
}

/**
 * Motion blur along a straight line: y = k ∗ x with `motionKernel`, whose sum is 1. Keeps the shape, unless the boundary is valid. ‖Φ‖ = 1 for the boundary circular.
 * Errors (RangeError): a length below 1, an angle that is not finite, a kernel larger than the image; a shape that is no image.
 */
export function motion({ inShape, length, angle = 0, boundary = "reflect" }: MotionOptions): LinearOperator {
  if (!(length >= 1 && length < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`motion: length: expected a number of pixels from 1 on, got ${length}`);
  }
  if (!Number.isFinite(angle)) throw new RangeError(`motion: angle: expected a number of degrees, got ${angle}`);
  const other = `${angle === 0 ? "" : `,angle=${angle}`}${boundary === "reflect" ? "" : `,boundary=${boundary}`}`;
  const name = `motion(length=${length}${other})`;
  const operator = convolution({ inShape, kernel: motionKernel(length, angle), boundary, name });
  return boundary === "circular" ? { ...operator, norm: 1 } : operator;
}

export const motionKind = operatorKind({
  summary: "motion blur along a straight line",
  options: {
    length: { type: "number", required: true, description: "length of the path in pixels" },
    angle: { type: "number", default: 0, description: "direction in degrees, anticlockwise from the horizontal" },
    boundary: boundaryOption,
  },
  samples: [
    { inShape: [7, 9], spec: "motion:length=5" },
    { inShape: [8, 7, 2], spec: "motion:length=4.5,angle=30,boundary=zero" },
    { inShape: [8, 7], spec: "motion:length=4,angle=100,boundary=circular" },
    { inShape: [8, 9], spec: "motion:length=4,angle=30,boundary=valid" },
  ],
  signalShape: (measured, { length, angle, boundary }) =>
    shapeBeforeBlur(measured, boundary, () => motionKernel(length, angle).shape),
  make: (inShape, values) => motion({ inShape, ...values }),
});
