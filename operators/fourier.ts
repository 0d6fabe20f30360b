import * as tf from "#tf";
import { stream } from "../src/data/random.ts";
import { alongAxis, type Matrix, matrixOf, transposed } from "./axes.ts";
import { perChannel } from "./channels.ts";
import { birdcage, withCoils } from "./coils.ts";
import { type Draws, madeOf, operatorKind } from "./kind.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";
import { selection } from "./selection.ts";
import { cartesianRows, radialPlaces } from "./trajectories.ts";

export interface CartesianFourierOptions {
  /** [h, w] or [h, w, channels]; channels are measured one by one. */
  readonly inShape: readonly number[];
  /** One of so many rows of k-space is measured, h/acceleration rounded in all; from 1 to h, default 4. */
  readonly acceleration?: number;
  /** Share of the h rows that is fully sampled at the centre, at least one row; default 0.08, as fastMRI's for an acceleration of 4. */
  readonly centre?: number;
  readonly seed: number;
  /** Tells scans of one size and seed apart; default 0. */
  readonly place?: number;
}

/**
 * MRI on Cartesian lines: y = (Fx)[kept], F the orthonormal discrete Fourier transform of a real image,
 *
 *     (Fx)[k, l] = Σ_ij x[i, j] exp(−2πi(ki/h + lj/w)) / √(hw),
 *
 * `numpy.fft.fft2(x, norm="ortho")`. Whole rows k are kept, those around frequency 0 and others at random, fewer the higher their
 * frequency (`cartesianRows`). x: [batch, h, w]; y: [batch, m, 2], real and imaginary parts, the coefficients row by row in the order of `fft2`.
 * Of images with channels y is [batch, channels, m, 2].
 * ‖Φ‖ = 1. Of a real image, row −k is the conjugate of row k and tells nothing new.
 *
 * Source: Lustig, Donoho, Pauly 2007, "Sparse MRI"; Zbontar et al. 2018, "fastMRI".
 * Errors (RangeError): a shape that is no image; an acceleration or centre out of range; a centre of more rows than are measured.
 */
export function cartesianFourier(options: CartesianFourierOptions): LinearOperator {
  const { inShape, acceleration = 4, centre = 0.08, seed, place = 0 } = options;
  const [height, width] = requireImage(inShape);
  if (!(acceleration >= 1 && acceleration <= height)) {
    throw new RangeError(
      `fourier: acceleration: expected a number from 1 to ${height}, the rows of the image, got ${acceleration}`,
    );
  }
  if (!(centre >= 0 && centre <= 1)) {
    throw new RangeError(`fourier: centre: expected a fraction between 0 and 1, got ${centre}`);
  }
  const count = Math.round(height / acceleration);
  const inner = Math.max(1, Math.round(centre * height));
  if (inner > count) {
    throw new RangeError(
      `fourier: centre: ${centre} of ${height} rows are ${inner}, but an acceleration of ${acceleration} measures ${count}; lower one of them`,
    );
  }
  const rows = cartesianRows(height, count, inner, stream(seed, "fourier operator", count, inner, height, place));
  const kept = Int32Array.from({ length: count * width }, (_, i) => rows[Math.floor(i / width)]! * width + (i % width));
  const other = centre === 0.08 ? "" : `,centre=${centre}`;
  return perChannel(fourier(`fourier(acceleration=${acceleration}${other})`, [height, width], kept), inShape);
}

export interface RadialFourierOptions {
  /** [h, w] or [h, w, channels]; channels are measured one by one. */
  readonly inShape: readonly number[];
  /** Lines through the centre of k-space, at equal angles. */
  readonly radial: number;
}

/**
 * MRI on radial lines: y = (Fx)[kept], as `cartesianFourier`, with the coefficients nearest to straight lines through frequency 0
 * (`radialPlaces`), each once. Nothing is drawn.
 *
 * Errors (RangeError): a shape that is no image; a number of lines that is no positive integer.
 */
export function radialFourier({ inShape, radial }: RadialFourierOptions): LinearOperator {
  const [height, width] = requireImage(inShape);
  if (!(Number.isInteger(radial) && radial >= 1)) {
    throw new RangeError(`fourier: radial: expected a positive integer, the number of lines, got ${radial}`);
  }
  const kept = radialPlaces(height, width, radial);
  return perChannel(fourier(`fourier(radial=${radial})`, [height, width], kept), inShape);
}

/** The coefficients `kept`, among which is 0: a constant image then keeps its norm, and no image gains any. */
function fourier(name: string, [height, width]: readonly [number, number], kept: Int32Array): LinearOperator {
  const matrices = [waves(height), waves(width)];
  const adjoints = matrices.map(transposed);
  const { take, putBack } = selection(kept, height * width);
  return linearOperator({
    name,
    inShape: [height, width],
    outShape: [kept.length, 2],
    form: { kind: "coefficients" },
    norm: 1,
    forward: (x) => {
      const products = matrices.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), x);
      const [[cc, cs], [sc, ss]] = quarters(products);
      const parts = [tf.sub(cc, ss), tf.neg(tf.add(sc, cs))]; // exp(-i(a + b)) by the cosines and sines of a and b
      return take(tf.reshape(tf.stack(parts, 3), [-1, height * width, 2]));
    },
    adjoint: (y) => {
      const all = tf.reshape(putBack(y), [-1, height, width, 2]);
      const [real, minus] = [tf.slice(all, [0, 0, 0, 0], [-1, -1, -1, 1]), tf.neg(tf.slice(all, [0, 0, 0, 1]))];
      const [re, negIm] = [tf.squeeze(real, [3]), tf.squeeze(minus, [3])];
      const products = tf.concat([tf.concat([re, negIm], 2), tf.concat([negIm, tf.neg(re)], 2)], 1);
      return adjoints.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), products);
    },
  });
}

/** The cosines of all frequencies of n pixels, and below them the sines, over √n: [2n, n]. */
const waves = (n: number): Matrix =>
  matrixOf(2 * n, n, (k, i) => (k < n ? Math.cos : Math.sin)((2 * Math.PI * (((k % n) * i) % n)) / n) / Math.sqrt(n));

/** [batch, 2h, 2w] as its four quarters [batch, h, w], two rows of two. */
function quarters(x: tf.Tensor): [[tf.Tensor, tf.Tensor], [tf.Tensor, tf.Tensor]] {
  const [h, w] = [x.shape[1]! / 2, x.shape[2]! / 2];
  const at = (row: number, column: number) => tf.slice(x, [0, row * h, column * w], [-1, h, w]);
  return [
    [at(0, 0), at(0, 1)],
    [at(1, 0), at(1, 1)],
  ];
}

function requireImage(inShape: readonly number[]): readonly [number, number] {
  if (inShape.length === 2 || inShape.length === 3) return inShape as readonly [number, number];
  throw new RangeError(`fourier: expected images [h, w] or [h, w, channels], got signals of [${inShape.join(", ")}]`);
}

export const fourierKind = operatorKind({
  summary: "MRI: Fourier coefficients on random rows, or on lines through the centre",
  options: {
    acceleration: { type: "number", description: "measures one of so many rows of k-space; 4 without radial" },
    centre: {
      type: "number",
      description: "share of rows fully sampled at the centre; 0.08 without radial",
    },
    radial: { type: "integer", description: "number of lines through the centre instead" },
    coils: { type: "integer", description: "receiver coils around the image, each with its own y" },
    sensitivities: {
      type: "text",
      description: "those of your own coils instead: array [coils, h, w, 2], real and imaginary",
    },
  },
  files: ["sensitivities"],
  samples: [
    { inShape: [12, 7], spec: "fourier" },
    { inShape: [9, 6], spec: "fourier:acceleration=2,centre=0.3" },
    { inShape: [7, 10], spec: "fourier:radial=3" },
    { inShape: [6, 5, 3], spec: "fourier:acceleration=2" },
    { inShape: [7, 6], spec: "fourier:acceleration=2,coils=3" },
    { inShape: [6, 5, 2], spec: "fourier:radial=2,coils=2" },
  ],
  make: (inShape, { coils, sensitivities: path, ...lines }, draws, file) => {
    if (coils === undefined && path === undefined) return ofLines(inShape, lines, draws);
    if (coils !== undefined && path !== undefined) {
      throw new RangeError("fourier: give coils, which are drawn up here, or the sensitivities of your own, not both");
    }
    const [height, width] = requireImage(inShape);
    const single = ofLines([height, width], lines, draws);
    if (path !== undefined) {
      const own = madeOf(path, () => withCoils(single, file(path), named(single, `sensitivities=${path}`)));
      return perChannel(own, inShape);
    }
    if (!(coils! >= 1)) throw new RangeError(`fourier: coils: expected a positive integer, got ${coils}`);
    return perChannel(withCoils(single, birdcage(coils!, height, width), named(single, `coils=${coils}`)), inShape);
  },
});

/** fourier(acceleration=4) with one more option. */
const named = ({ name }: LinearOperator, option: string): string => `${name.slice(0, -1)},${option})`;

interface Lines {
  readonly acceleration: number | undefined;
  readonly centre: number | undefined;
  readonly radial: number | undefined;
}

function ofLines(inShape: readonly number[], { acceleration, centre, radial }: Lines, draws: Draws): LinearOperator {
  if (radial === undefined) {
    const given = { ...(acceleration !== undefined && { acceleration }), ...(centre !== undefined && { centre }) };
    return cartesianFourier({ inShape, ...given, ...draws });
  }
  if (acceleration === undefined && centre === undefined) return radialFourier({ inShape, radial });
  throw new RangeError("fourier: give acceleration and centre (rows) or radial (lines through the centre), not both");
}
