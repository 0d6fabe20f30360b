import * as tf from "#tf";
import { alongAxis, type Matrix, matrixOf, transposed } from "../../operators/axes.ts";
import { penaltyKind } from "../kind.ts";
import type { ProximalPenalty } from "../prior.ts";
import { normLambda } from "./default-lambda.ts";
import { lasso, type OrthonormalTransform } from "./lasso.ts";

/** Low-pass filters of orthogonal wavelets, of norm 1 and sum √2 (Daubechies 1992, tables 6.1 and 8.1; PyWavelets). */
const filters = {
  haar: [Math.SQRT1_2, Math.SQRT1_2],
  db2: [0.48296291314453416, 0.8365163037378079, 0.2241438680420134, -0.12940952255126037],
  coif1: [
    -0.01565572813546454, -0.0727326195128539, 0.38486484686420286, 0.8525720202122554, 0.3378976624578092,
    -0.0727326195128539,
  ],
  sym4: [
    -0.07576571478927333, -0.02963552764599851, 0.49761866763201545, 0.8037387518059161, 0.29785779560527736,
    -0.09921954357684722, -0.012603967262037833, 0.0322231006040427,
  ],
} as const;

export type WaveletName = keyof typeof filters;
export const waveletNames = Object.keys(filters) as readonly WaveletName[];

export interface WaveletOptions {
  /**
   * Default sym4. Compared with haar, db2 and coif1 on 30 MNIST training digits, λ tuned for each: lowest error for a blur, for
   * Gaussian m = 200 with noise, and for m = 100 (mean of five Φ). coif1 was 1 % better at m = 50; haar was worst everywhere.
   */
  readonly wavelet?: WaveletName;
  /** Default: as many as the sides allow (each level halves them exactly), at most 4. 28×28 has 2. */
  readonly levels?: number;
}

export interface WaveletTransform extends OrthonormalTransform {
  readonly levels: number;
}

/**
 * Wavelet sparsity: r(x) = ‖Ψx‖₁, Ψ an orthogonal periodic wavelet transform of several levels (Mallat 1989), coarse
 * coefficients included. Signals: [h, w], [h, w, channels] (each channel by itself) or [length].
 */
export function wavelet(shape: readonly number[], options: WaveletOptions = {}): ProximalPenalty {
  return { ...lasso("wavelet", shape, waveletTransform(shape, options)), defaultLambda: normLambda(0.5) };
}

export const waveletKind = penaltyKind({
  summary: "sparse wavelet coefficients, r(x) = ‖Ψx‖₁, orthogonal",
  options: {
    wavelet: { type: "choice", choices: waveletNames, default: "sym4", description: "filters" },
    levels: { type: "integer", description: "splits; default: as many as halve the sides exactly, at most 4" },
  },
  baseline: true,
  samples: [
    { shape: [8, 4], spec: "wavelet" },
    { shape: [4, 4, 2], spec: "wavelet:wavelet=haar,levels=1" },
    { shape: [16], spec: "wavelet:wavelet=db2" },
  ],
  make: (shape, { wavelet: name, levels }) =>
    wavelet(shape, { wavelet: name, ...(levels !== undefined && { levels }) }),
});

/** Ψ along the first two axes: at every level the low-pass block of the last one is split again. */
export function waveletTransform(shape: readonly number[], options: WaveletOptions = {}): WaveletTransform {
  const { wavelet: name = "sym4" } = options;
  const sides = shape.slice(0, 2);
  if (shape.length < 1 || shape.length > 3) {
    throw new RangeError(
      `wavelet: expected signals of [h, w], [h, w, channels] or [length], got [${shape.join(", ")}]`,
    );
  }
  const most = Math.min(...sides.map(halvings));
  const levels = options.levels ?? Math.min(4, most);
  if (!(Number.isInteger(levels) && levels >= 1 && levels <= most)) {
    throw new RangeError(
      most < 1
        ? `wavelet: needs even sides, got signals of [${shape.join(", ")}]; crop or pad them, or use tv`
        : `wavelet: levels: expected 1 to ${most} for signals of [${shape.join(", ")}], got ${levels}`,
    );
  }
  const steps = Array.from({ length: levels }, (_, level) => split(sides, level, filters[name]));
  const apply = (x: tf.Tensor, matrices: readonly Matrix[], kept: Matrix | undefined): tf.Tensor => {
    const block = matrices.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), x);
    if (!kept) return block;
    const keep = tf.tensor(kept.data, [1, ...sides, ...shape.slice(2).map(() => 1)]);
    return tf.add(tf.mul(x, keep), block);
  };
  return {
    levels,
    analysis: (x) => steps.reduce((c, { forward, kept }) => apply(c, forward, kept), x),
    synthesis: (c) => steps.toReversed().reduce((x, { backward, kept }) => apply(x, backward, kept), c),
  };
}

/** How often n can be halved. */
const halvings = (n: number): number => (n % 2 === 0 ? 1 + halvings(n / 2) : 0);

/**
 * One level. `forward`: per axis, the matrix that transforms the block of coarse coefficients and zeroes the rest. `kept`: a mask of that
 * rest, which is added back unchanged.
 */
function split(sides: readonly number[], level: number, filter: readonly number[]) {
  const forward = sides.map((n) => splitMatrix(n, n / 2 ** level, filter));
  const [height = 1, width = 1] = sides;
  const inside = (i: number, n: number) => i < n / 2 ** level;
  const outside = matrixOf(height, width, (i, j) =>
    inside(i, height) && (sides.length === 1 || inside(j, width)) ? 0 : 1,
  );
  return { forward, backward: forward.map(transposed), kept: level === 0 ? undefined : outside };
}

/** n×n: the periodic filter bank on the first `size` elements, low-pass half first; zero elsewhere. */
function splitMatrix(n: number, size: number, filter: readonly number[]): Matrix {
  const dense = new Float64Array(n * n);
  const taps = filter.length;
  for (let i = 0; i < size / 2; i++) {
    for (let k = 0; k < taps; k++) {
      const at = (2 * i + k) % size;
      dense[i * n + at]! += filter[k]!;
      dense[(size / 2 + i) * n + at]! += (k % 2 ? -1 : 1) * filter[taps - 1 - k]!;
    }
  }
  return matrixOf(n, n, (i, j) => dense[i * n + j]!);
}
