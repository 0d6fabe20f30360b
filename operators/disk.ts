import { diskKernel } from "../src/data/blur-kernels.ts";
import { boundaryOption, shapeBeforeBlur } from "./blur.ts";
import { convolution } from "./convolution.ts";
import { operatorKind } from "./kind.ts";
import type { Boundary, LinearOperator } from "./operator.ts";

export interface DiskOptions {
  /** [h, w] or [h, w, channels]; channels are blurred one by one. */
  readonly inShape: readonly number[];
  /** Radius of the disk in pixels. */
  readonly radius: number;
  /** What lies outside the image, as for `blur`; default reflect. */
  readonly boundary?: Boundary;
}

/**
 * Blur of a lens out of focus: y = k ∗ x with `diskKernel`, whose sum is 1. Keeps the shape, unless the boundary is valid. ‖Φ‖ = 1 for the boundary circular.
 * Errors (RangeError): a radius that is not positive, a kernel larger than the image; a shape that is no image.
 */
export function disk({ inShape, radius, boundary = "reflect" }: DiskOptions): LinearOperator {
  if (!(radius > 0 && radius < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`disk: radius: expected a positive number of pixels, got ${radius}`);
  }
  const name = `disk(radius=${radius}${boundary === "reflect" ? "" : `,boundary=${boundary}`})`;
  const operator = convolution({ inShape, kernel: diskKernel(radius), boundary, name });
  return boundary === "circular" ? { ...operator, norm: 1 } : operator;
}

export const diskKind = operatorKind({
  summary: "blur of a lens out of focus, a disk",
  options: {
    radius: { type: "number", required: true, description: "radius of the disk in pixels" },
    boundary: boundaryOption,
  },
  samples: [
    { inShape: [7, 9], spec: "disk:radius=2.5" },
    { inShape: [6, 5, 2], spec: "disk:radius=1.2,boundary=zero" },
    { inShape: [7, 8], spec: "disk:radius=3,boundary=circular" },
    { inShape: [11, 12], spec: "disk:radius=5" },
    { inShape: [7, 8, 2], spec: "disk:radius=1.2,boundary=valid" },
  ],
  signalShape: (measured, { radius, boundary }) => shapeBeforeBlur(measured, boundary, () => diskKernel(radius).shape),
  make: (inShape, values) => disk({ inShape, ...values }),
});
