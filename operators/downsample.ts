import { alongAxis, type Matrix, matrixOf, mirrored, requireSignal, transposed } from "./axes.ts";
import { operatorKind } from "./kind.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";

export const downsamplings = ["bicubic", "area"] as const;
export type Downsampling = (typeof downsamplings)[number];

export interface DownsampleOptions {
  /** [h, w], [h, w, channels] or [length]; channels are downsampled one by one. */
  readonly inShape: readonly number[];
  /** Pixels of the signal for one pixel of y along each axis, an integer; 1 keeps the signal. */
  readonly factor: number;
  /**
   * `bicubic`: what super-resolution is measured with; `area`: the mean of factor × factor pixels, as a detector of larger pixels sees it.
   * Default bicubic.
   */
  readonly method?: Downsampling;
}

/**
 * Fewer pixels, for super-resolution. Along each of the first two axes of n pixels, y has ⌈n/f⌉:
 *
 *     bicubic   y[i] = Σ_j k((c − j)/f) x[j] / Σ_j k((c − j)/f),  c = f(i + ½) − ½, over all integers j,
 *     area      y[i] = the mean of x[fi], …, x[fi + f − 1]; the last block has what is left.
 *
 * k is the cubic kernel of Keys with a = −½, stretched by f against aliasing. x is mirrored at its edges (b a | a b). That is
 * `imresize(x, 1/f)` of MATLAB, and what Pillow's BICUBIC gives where the kernel lies inside the image and the factor divides the sides: at the edge Pillow cuts it.
 * ‖Φ‖ of `area` is 1/√b an axis, b the smallest block.
 *
 * Source: Keys 1981, "Cubic convolution interpolation for digital image processing".
 * Errors (RangeError): a factor that is no positive integer or larger than an axis; a shape of more than three axes.
 */
export function downsample({ inShape, factor, method = "bicubic" }: DownsampleOptions): LinearOperator {
  requireSignal("downsample", inShape);
  const sizes = inShape.slice(0, 2);
  if (!(Number.isInteger(factor) && factor >= 1 && sizes.every((n) => factor <= n))) {
    throw new RangeError(
      `downsample: factor: expected an integer from 1 to ${Math.min(...sizes)}, the shorter side, got ${factor}`,
    );
  }
  const matrices = sizes.map((n) => (method === "area" ? means(n, factor) : bicubic(n, factor)));
  const adjoints = matrices.map(transposed);
  const smallestBlock = (n: number) => n % factor || factor;
  return linearOperator({
    name: `downsample(factor=${factor}${method === "bicubic" ? "" : `,method=${method}`})`,
    inShape,
    outShape: [...matrices.map(({ rows }) => rows), ...inShape.slice(2)],
    form: { kind: "downsampling", factor },
    ...(method === "area" && { norm: sizes.reduce((norm, n) => norm / Math.sqrt(smallestBlock(n)), 1) }),
    forward: (x) => matrices.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), x),
    adjoint: (y) => adjoints.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), y),
  });
}

function means(n: number, factor: number): Matrix {
  return matrixOf(Math.ceil(n / factor), n, (i, j) =>
    Math.floor(j / factor) === i ? 1 / Math.min(factor, n - i * factor) : 0,
  );
}

function bicubic(n: number, factor: number): Matrix {
  const rows = Math.ceil(n / factor);
  const dense = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++) {
    const centre = factor * (i + 0.5) - 0.5;
    const first = Math.ceil(centre - 2 * factor); // the kernel is 0 from 2 on
    const weights = Array.from({ length: 4 * factor + 1 }, (_, k) => keys((centre - first - k) / factor));
    const total = weights.reduce((a, b) => a + b, 0);
    for (const [k, weight] of weights.entries()) dense[i * n + mirrored(first + k, n)]! += weight / total;
  }
  return matrixOf(rows, n, (i, j) => dense[i * n + j]!);
}

/**
 * `imresize(y, f)` of MATLAB along an axis that had n pixels before it was downsampled by f: x[j] = Σ_i k(c − i) y[i], c = (j + ½)/f − ½, y mirrored at its
 * edges. [n, ⌈n/f⌉].
 */
export function bicubicUpsampling(n: number, factor: number): Matrix {
  const columns = Math.ceil(n / factor);
  const dense = new Float64Array(n * columns);
  for (let j = 0; j < n; j++) {
    const centre = (j + 0.5) / factor - 0.5;
    const first = Math.floor(centre) - 1;
    for (let k = first; k < first + 4; k++) dense[j * columns + mirrored(k, columns)]! += keys(centre - k);
  }
  return matrixOf(n, columns, (j, i) => dense[j * columns + i]!);
}

/** The cubic kernel of Keys (1981) with a = −½. */
function keys(t: number): number {
  const s = Math.abs(t);
  if (s < 1) return 1.5 * s ** 3 - 2.5 * s ** 2 + 1;
  return s < 2 ? -0.5 * s ** 3 + 2.5 * s ** 2 - 4 * s + 2 : 0;
}

export const downsampleKind = operatorKind({
  summary: "fewer pixels, an integer factor along each axis: super-resolution",
  options: {
    factor: { type: "integer", required: true, description: "pixels of the signal for one of y, along each axis" },
    method: {
      type: "choice",
      choices: downsamplings,
      default: "bicubic",
      description: "antialiased, or the mean of factor × factor pixels",
    },
  },
  samples: [
    { inShape: [8, 6], spec: "downsample:factor=2" },
    { inShape: [7, 10, 3], spec: "downsample:factor=3" },
    { inShape: [9], spec: "downsample:factor=4" },
    { inShape: [8, 6], spec: "downsample:factor=2,method=area" },
    { inShape: [7, 5, 2], spec: "downsample:factor=3,method=area" },
  ],
  signalShape: (measured, { factor }) => measured.map((n, axis) => (axis < 2 ? n * factor : n)),
  make: (inShape, values) => downsample({ inShape, ...values }),
});
