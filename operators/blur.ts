import type { NdArray } from "ndarray";
import { fromHost } from "../src/data/array.ts";
import { moduli, spectrum } from "../src/data/spectrum.ts";
import { alongAxis, type Matrix, matrixOf, mirrored, requireSignal, transposed, wrapped } from "./axes.ts";
import { operatorKind } from "./kind.ts";
import { type Boundary, boundaries, continuations, type LinearOperator, linearOperator } from "./operator.ts";

/** The option of specs. */
export const boundaryOption = {
  type: "choice",
  choices: boundaries,
  default: "reflect",
  description: "what lies outside the image; valid: unknown, y has only the pixels that nothing outside reaches",
} as const;

/** The option where y and x have one shape. */
export const continuationOption = {
  type: "choice",
  choices: continuations,
  default: "reflect",
  description: "what lies outside the image",
} as const;

export interface BlurOptions {
  /** [h, w], [h, w, channels] or [length]; channels are blurred one by one. */
  readonly inShape: readonly number[];
  /** Standard deviation of the kernel in pixels; default 1. */
  readonly sigma?: number;
  /**
   * What lies outside the image. `reflect`: the image mirrored at its edge (b a | a b), so that constants stay constant;
   * `zero`: black; `circular`: the image again, as on a torus, where the blur is a product of spectra; `valid`: unknown, y has only the pixels that
   * nothing outside reaches, so that each axis is shorter by a kernel less one. Default reflect.
   */
  readonly boundary?: Boundary;
}

/**
 * Gaussian blur: y = k ∗ x with k(t) ∝ exp(-t²/(2σ²)) along each of the first two axes, cut at 4σ and normalised to sum 1.
 * Keeps the shape, unless the boundary is valid. Computed exactly, as one banded matrix an axis.
 *
 * Errors: a sigma that is not positive; a shape of more than three axes; with the boundary valid an image smaller than the kernel.
 */
export function blur({ inShape, sigma = 1, boundary = "reflect" }: BlurOptions): LinearOperator {
  if (!(sigma > 0 && sigma < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`blur: sigma: expected a positive number of pixels, got ${sigma}`);
  }
  requireSignal("blur", inShape);
  const kernel = gaussianKernel(sigma);
  const matrices = inShape.slice(0, 2).map((n) => bandedMatrix(n, kernel, boundary));
  if (matrices.some(({ rows }) => rows < 1)) {
    throw new RangeError(
      `blur: the kernel of ${kernel.length} pixels is larger than the image of ${inShape.join("×")}`,
    );
  }
  const adjoints = matrices.map(transposed);
  const other = boundary === "reflect" ? "" : `,boundary=${boundary}`;
  return linearOperator({
    name: `blur(sigma=${sigma}${other})`,
    inShape,
    outShape: [...matrices.map(({ rows }) => rows), ...inShape.slice(2)],
    form: { kind: "convolution", kernel: productKernel(kernel, Math.min(2, inShape.length)), boundary },
    ...(boundary === "circular" && { norm: inShape.slice(0, 2).reduce((norm, n) => norm * gainOf(n, kernel), 1) }),
    forward: (x) => matrices.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), x),
    adjoint: (y) => adjoints.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), y),
  });
}

/** The shape of a signal whose blur has the shape `measured`: with the boundary valid larger, by the sides of the kernel less one. */
export function shapeBeforeBlur(
  measured: readonly number[],
  boundary: Boundary,
  kernel: () => readonly number[],
): readonly number[] {
  if (boundary !== "valid") return measured;
  const sides = kernel();
  return measured.map((n, axis) => n + (sides[axis] ?? 1) - 1);
}

/** k(-r), …, k(r), r = ⌈4σ⌉, summing to 1. */
function gaussianKernel(sigma: number): number[] {
  const radius = Math.ceil(4 * sigma);
  const raw = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const total = raw.reduce((a, b) => a + b, 0);
  return raw.map((k) => k / total);
}

/** The kernel k[i] of lines, or k[i]k[j] of images. */
function productKernel(kernel: readonly number[], axes: number): NdArray<Float32Array> {
  const product = axes === 1 ? kernel : kernel.flatMap((a) => kernel.map((b) => a * b));
  return fromHost(Float32Array.from(product), new Array(axes).fill(kernel.length));
}

/** The n×n matrix of a convolution. Row i holds the kernel around i; what hangs over an end is folded back in or dropped. Of the boundary valid, the rows where nothing does. */
function bandedMatrix(n: number, kernel: readonly number[], boundary: Boundary): Matrix {
  const radius = (kernel.length - 1) / 2;
  if (boundary === "valid") return matrixOf(n - 2 * radius, n, (i, j) => kernel[j - i] ?? 0);
  const dense = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (const [k, weight] of kernel.entries()) {
      const at = i + k - radius;
      if (at >= 0 && at < n) dense[i * n + at]! += weight;
      else if (boundary === "reflect") dense[i * n + mirrored(at, n)]! += weight;
      else if (boundary === "circular") dense[i * n + wrapped(at, n)]! += weight;
    }
  }
  return matrixOf(n, n, (i, j) => dense[i * n + j]!);
}

/** The largest modulus of the kernel's spectrum on a circle of n pixels: the norm of the circular convolution. */
function gainOf(n: number, kernel: readonly number[]): number {
  const around = new Float64Array(n);
  for (const [k, weight] of kernel.entries()) around[wrapped(k - (kernel.length - 1) / 2, n)]! += weight;
  return Math.max(...moduli(spectrum(around)));
}

export const blurKind = operatorKind({
  summary: "Gaussian blur",
  options: {
    sigma: { type: "number", default: 1, description: "standard deviation of the kernel in pixels" },
    boundary: boundaryOption,
  },
  samples: [
    { inShape: [8, 6], spec: "blur" },
    { inShape: [5, 4, 3], spec: "blur:sigma=0.7,boundary=zero" },
    { inShape: [9], spec: "blur:sigma=2" },
    { inShape: [6, 5], spec: "blur:boundary=circular" },
    { inShape: [9, 8, 2], spec: "blur:sigma=0.7,boundary=valid" },
  ],
  signalShape: (measured, { sigma, boundary }) =>
    shapeBeforeBlur(measured, boundary, () => new Array(2).fill(gaussianKernel(sigma).length)),
  make: (inShape, values) => blur({ inShape, ...values }),
});
