import * as tf from "#tf";
import { imageSpectrum } from "../src/data/spectrum.ts";
import type { Correlation } from "./correlation.ts";

/** A constant tensor. */
interface Constant {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * The valid correlation of images with a kernel t, c[i, j] = Σ_ab t[a, b] x[i + a, j + b], and its adjoint, by Fourier transforms: a product of spectra.
 * x: [batch, height, width]; c: [batch, height − rows + 1, width − columns + 1].
 *
 * An axis of n pixels is continued by zeros to p = ab, a and b near √n, so that no p is slow. Its transform has two steps (Cooley, Tukey 1965), of
 * j = b j₁ + j₂ and k = k₁ + a k₂, which are products with matrices of sides near a and 2b:
 *
 *     X[k] = Σ_j₂ exp(−2πi j₂k/p) Σ_j₁ exp(−2πi j₁k₁/a) x[j]
 *
 * The spectrum stays in the order (k₁, k₂), and the way back is the same in reverse. Of real images half of the k₁ along the first axis tell all.
 * The spectrum of t is made on the host in float64.
 */
export function fastCorrelation(
  kernel: Float32Array,
  [rows, columns]: readonly [number, number],
  [height, width]: readonly [number, number],
): Correlation {
  const [down, across] = [splitOf(height), splitOf(width)];
  const half = Math.floor(down.a / 2) + 1; // these k₁ of the first axis
  const kept = half * down.b;
  const [toDown, toAcross] = [stepsOf(down, half, 1), stepsOf(across, across.a, 2)];
  const [fromDown, fromAcross] = [stepsBack(down, half, 1), stepsBack(across, across.a, 2)];
  const [real, imaginary] = spectrumOf(kernel, [rows, columns], down, across, half);

  const transformed = (x: tf.Tensor) => {
    const batch = x.shape[0]!;
    const filled = tf.pad(x, [
      [0, 0],
      [0, down.p - x.shape[1]!],
      [0, across.p - x.shape[2]!],
    ]);
    const first = tf.matMul(tensor(toDown.outer), tf.reshape(filled, [batch, down.a, down.b * across.p]));
    const lines = tf.matMul(tensor(toDown.inner), tf.reshape(first, [batch, half, 2 * down.b, across.p]));
    const turned = tf.transpose(tf.reshape(lines, [batch, kept, 2, across.p]), [0, 3, 2, 1]);
    const second = tf.matMul(tensor(toAcross.outer), tf.reshape(turned, [batch, across.a, across.b * 2 * kept]));
    const whole = tf.matMul(tensor(toAcross.inner), tf.reshape(second, [batch, across.a, 4 * across.b, kept]));
    return tf.reshape(whole, [batch, across.a, 2, across.b * kept]);
  };
  const image = (spectrum: tf.Tensor, wide: number, high: number) => {
    const batch = spectrum.shape[0]!;
    const inner = tf.matMul(tensor(fromAcross.inner), tf.reshape(spectrum, [batch, across.a, 2 * across.b, kept]));
    const lines = tf.matMul(tensor(fromAcross.outer), tf.reshape(inner, [batch, 2 * across.a, across.b * kept]));
    const seen = tf.slice(tf.reshape(lines, [batch, 2, across.p, kept]), [0, 0, 0, 0], [-1, -1, wide, -1]);
    const turned = tf.reshape(tf.transpose(seen, [0, 3, 1, 2]), [batch, half, 2 * down.b, wide]);
    const columnwise = tf.matMul(tensor(fromDown.inner), turned);
    const out = tf.matMul(tensor(fromDown.outer), tf.reshape(columnwise, [batch, 2 * half, down.b * wide]));
    return tf.slice(tf.reshape(out, [batch, down.p, wide]), [0, 0, 0], [-1, high, -1]);
  };
  /** The spectrum times that of t, or its conjugate. */
  const times = (spectrum: tf.Tensor, conjugate: boolean) => {
    const [re, im] = [0, 1].map((part) => tf.slice(spectrum, [0, 0, part, 0], [-1, -1, 1, -1])) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const [tRe, tIm] = [tensor(real), tensor(imaginary)];
    const [p, q] = [tf.mul(im, tIm), tf.mul(re, tIm)];
    return conjugate
      ? tf.concat([tf.add(tf.mul(re, tRe), p), tf.sub(tf.mul(im, tRe), q)], 2)
      : tf.concat([tf.sub(tf.mul(re, tRe), p), tf.add(tf.mul(im, tRe), q)], 2);
  };
  return {
    forward: (x) => image(times(transformed(x), true), width - columns + 1, height - rows + 1),
    adjoint: (c) => image(times(transformed(c), false), width, height),
  };
}

const tensor = ({ data, shape }: Constant): tf.Tensor => tf.tensor(data, shape as number[]);

/** A length p = ab of at least n. */
interface Split {
  readonly a: number;
  readonly b: number;
  readonly p: number;
}

/** The split of the fewest operations: an element takes some a + 2b of them. */
function splitOf(n: number): Split {
  const splits = Array.from({ length: Math.ceil(Math.sqrt(n)) * 2 }, (_, i) => {
    const [a, b] = [i + 1, Math.ceil(n / (i + 1))];
    return { a, b, p: a * b };
  });
  const cost = ({ a, b, p }: Split) => p * (a + 2 * b);
  return splits.reduce((best, split) => (cost(split) < cost(best) ? split : best));
}

interface Steps {
  /** Sums over j₁, or back over k₁. */
  readonly outer: Constant;
  /** Sums over j₂ for every k₁, or back over k₂. */
  readonly inner: Constant;
}

/** Real or imaginary part of iᶠ exp(−iθ): part 0 or 1. */
const partOf = (part: number, factor: number, theta: number): number => {
  const turned = (factor * Math.PI) / 2 - theta;
  return part === 0 ? Math.cos(turned) : Math.sin(turned);
};

const turn = (jk: number, n: number): number => (2 * Math.PI * (jk % n)) / n;

/**
 * Forward, along the first axis, of real numbers (`parts` 1), and along the second, of complex ones (2), for `count` of the k₁. The outer step treats real and imaginary
 * numbers alike; what follows is in the order (k₁, part of the outer step, j₂, part of x).
 * The inner step ends in (k₁, k₂, part) along the first axis and in (k₁, part, k₂) along the second.
 */
function stepsOf({ a, b, p }: Split, count: number, parts: 1 | 2): Steps {
  const outer = constant([2 * count, a], (row, j1) => partOf(row % 2, 0, turn(j1 * (row >> 1), a)));
  const inner = constant([1, count, 2 * b, 2 * parts * b], (k1, row, column) => {
    const [k2, part] = parts === 1 ? [row >> 1, row % 2] : [row % b, Math.floor(row / b)];
    const [outerPart, rest] = [Math.floor(column / (parts * b)), column % (parts * b)];
    const [j2, ofX] = [Math.floor(rest / parts), rest % parts];
    return partOf(part, outerPart + ofX, turn(j2 * (k1 + a * k2), p));
  });
  return { outer, inner };
}

/** The way back. Along the first axis the result is real, and a k₁ that was left out is the conjugate of another. */
function stepsBack({ a, b, p }: Split, count: number, parts: 1 | 2): Steps {
  const inner = constant([1, count, 2 * b, 2 * b], (k1, row, column) => {
    const [part, j2] = [Math.floor(row / b), row % b];
    const [k2, ofX] = parts === 1 ? [column >> 1, column % 2] : [column % b, Math.floor(column / b)];
    return partOf(part, ofX, -turn(j2 * (k1 + a * k2), p)) / p;
  });
  const outer = constant([parts * a, 2 * count], (row, column) => {
    const [part, j1] = [Math.floor(row / a), row % a];
    const k1 = column >> 1;
    const twice = parts === 1 && k1 > 0 && 2 * k1 !== a ? 2 : 1;
    return twice * partOf(part, column % 2, -turn(j1 * k1, a));
  });
  return { outer, inner };
}

/** An array whose last two axes and one before them are indexed: at(i, j) or at(k, i, j). */
function constant(shape: readonly number[], at: (...index: number[]) => number): Constant {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const data = Float32Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, flat) => {
    const [i, j] = [Math.floor(flat / columns) % rows, flat % columns];
    return shape.length === 2 ? at(i, j) : at(Math.floor(flat / (rows * columns)), i, j);
  });
  return { data, shape };
}

/** The spectrum of a kernel [rows, columns], real and imaginary, in the order of the transform: [1, a, 1, b · kept]. */
function spectrumOf(
  kernel: Float32Array,
  [rows, columns]: readonly [number, number],
  down: Split,
  across: Split,
  half: number,
): [Constant, Constant] {
  const filled = new Float64Array(2 * down.p * across.p);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) filled[2 * (i * across.p + j)] = kernel[i * columns + j]!;
  }
  const all = imageSpectrum(filled, down.p, across.p);
  const kept = half * down.b;
  const shape = [1, across.a, 1, across.b * kept];
  const part = (offset: number): Constant => ({
    shape,
    data: Float32Array.from({ length: across.p * kept }, (_, flat) => {
      const [wave, row] = [Math.floor(flat / kept), flat % kept]; // (k₁, k₂) of each axis
      const k = Math.floor(row / down.b) + down.a * (row % down.b);
      const l = Math.floor(wave / across.b) + across.a * (wave % across.b);
      return all[2 * (k * across.p + l) + offset]!;
    }),
  });
  return [part(0), part(1)];
}
