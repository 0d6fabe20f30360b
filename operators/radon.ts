import * as tf from "#tf";
import { stream } from "../src/data/random.ts";
import { perChannel } from "./channels.ts";
import { operatorKind } from "./kind.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";
import { type Elements, sparseProduct } from "./sparse.ts";

export interface RadonOptions {
  /** [h, w] or [h, w, channels]; channels are projected one by one. */
  readonly inShape: readonly number[];
  /** Number of projections, 180/angles degrees apart. */
  readonly angles: number;
  /** Angle of the first one in degrees; default 0. */
  readonly first?: number;
}

/**
 * Parallel-beam tomography: y[a, d] is the sum of x along the ray of detector d at the angle θ = πa/angles, turned by `first`,
 *
 *     y[a, d] = Σ_t x(row −s sin θ + t cos θ, column s cos θ + t sin θ),  s = d − ⌊N/2⌋,  t = −⌊N/2⌋, …, N − 1 − ⌊N/2⌋,
 *
 * about the pixel (⌊h/2⌋, ⌊w/2⌋), with N = ⌈√2 max(h, w)⌉ detectors one pixel apart. Between pixels x is interpolated bilinearly, outside it is
 * 0. So y is in units of x times pixels. x: [batch, h, w]; y: [batch, angles, N], the transpose of
 * `skimage.transform.radon(x, theta, circle=False)`. Of images with channels y is [batch, channels, angles, N]. The adjoint is exact, not a
 * filtered backprojection.
 *
 * The matrix is kept by its elements, about 6 for each angle and pixel, 8 bytes each.
 * Source: Kak, Slaney 1988, "Principles of Computerized Tomographic Imaging", chapter 3.
 * Errors (RangeError): a shape that is no image; a number of angles that is no positive integer.
 */
export function radon({ inShape, angles, first = 0 }: RadonOptions): LinearOperator {
  if (inShape.length !== 2 && inShape.length !== 3) {
    throw new RangeError(`radon: expected images [h, w] or [h, w, channels], got signals of [${inShape.join(", ")}]`);
  }
  if (!(Number.isInteger(angles) && angles >= 1)) {
    throw new RangeError(`radon: angles: expected a positive integer, the number of projections, got ${angles}`);
  }
  const [height, width] = inShape as readonly [number, number];
  const pixels = height * width;
  const detectors = Math.ceil(Math.SQRT2 * Math.max(height, width));
  const parts = Array.from({ length: angles }, (_, a) =>
    projection(height, width, detectors, (Math.PI * a) / angles + (Math.PI * first) / 180, a * detectors),
  );
  const project = sparseProduct(angles * detectors, parts);
  const backproject = sparseProduct(
    pixels,
    parts.map(({ rows, columns, values }) => ({ rows: columns, columns: rows, values })),
  );
  const grey = linearOperator({
    name: first === 0 ? `radon(angles=${angles})` : `radon(angles=${angles},first=${first})`,
    inShape: [height, width],
    outShape: [angles, detectors],
    ...(first === 0 && { form: { kind: "parallel-beam" } as const }),
    matrix: () => denseOf(parts, angles * detectors, pixels),
    forward: (x) => tf.reshape(project(tf.reshape(x, [-1, pixels])), [-1, angles, detectors]),
    adjoint: (y) => tf.reshape(backproject(tf.reshape(y, [-1, angles * detectors])), [-1, height, width]),
  });
  return perChannel(grey, inShape);
}

/** The matrix [rows, columns] of some elements. */
function denseOf(parts: readonly Elements[], rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (const part of parts) {
    for (const [k, row] of part.rows.entries()) out[row * columns + part.columns[k]!] = part.values[k]!;
  }
  return out;
}

/** The matrix of one angle: how much each pixel adds to each detector, whose rows begin at `first`. */
function projection(height: number, width: number, detectors: number, angle: number, first: number): Elements {
  const elements = { rows: [] as number[], columns: [] as number[], values: [] as number[] };
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middle, top, left] = [detectors, height, width].map((n) => Math.floor(n / 2)) as [number, number, number];
  const weights = new Float64Array(height * width);
  for (let d = 0; d < detectors; d++) {
    const touched: number[] = [];
    const add = (row: number, column: number, weight: number) => {
      if (weight < LEAST || row < 0 || row >= height || column < 0 || column >= width) return;
      const pixel = row * width + column;
      if (weights[pixel] === 0) touched.push(pixel);
      weights[pixel]! += weight;
    };
    for (let t = -middle; t < detectors - middle; t++) {
      const row = top - (d - middle) * sin + t * cos;
      const column = left + (d - middle) * cos + t * sin;
      const [r, c] = [Math.floor(row), Math.floor(column)];
      if (r < -1 || r >= height || c < -1 || c >= width) continue;
      const [down, right] = [row - r, column - c];
      add(r, c, (1 - down) * (1 - right));
      add(r, c + 1, (1 - down) * right);
      add(r + 1, c, down * (1 - right));
      add(r + 1, c + 1, down * right);
    }
    for (const pixel of touched) {
      elements.rows.push(first + d);
      elements.columns.push(pixel);
      elements.values.push(weights[pixel]!);
      weights[pixel] = 0;
    }
  }
  return {
    rows: Int32Array.from(elements.rows),
    columns: Int32Array.from(elements.columns),
    values: Float32Array.from(elements.values),
  };
}

/** Weights below it are rounding of a sine that should be 0. */
const LEAST = 1e-9;

export const radonKind = operatorKind({
  summary: "parallel-beam tomography: sums along rays, at angles evenly over 180°",
  options: {
    angles: { type: "integer", required: true, description: "number of projections" },
    first: { type: "choice", choices: ["zero", "random"], description: "angle of the first one; default zero" },
  },
  samples: [
    { inShape: [8, 8], spec: "radon:angles=6" },
    { inShape: [5, 9], spec: "radon:angles=7" },
    { inShape: [5, 4, 3], spec: "radon:angles=4" },
    { inShape: [7, 4], spec: "radon:angles=1" },
    { inShape: [7, 7], spec: "radon:angles=2,first=random" },
  ],
  make: (inShape, { angles, first }, { seed, place }) =>
    radon({
      ...{ inShape, angles },
      ...(first === "random" && { first: 180 * stream(seed, "radon operator", angles, place).uniform() }),
    }),
});
