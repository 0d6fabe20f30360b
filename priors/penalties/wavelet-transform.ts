import * as tf from "#tf";
import { alongAxis, matrixOf, requireSignal, transposed } from "../../operators/axes.ts";
import type { OrthonormalTransform } from "./lasso.ts";

/** Low-pass filters of orthogonal wavelets, of norm 1 and sum √2 (Daubechies 1992, tables 6.1 and 8.1; PyWavelets). */
export const filters = {
  haar: [Math.SQRT1_2, Math.SQRT1_2],
  db2: [0.48296291314453416, 0.8365163037378079, 0.2241438680420134, -0.12940952255126037],
  db4: [
    0.2303778133088965, 0.7148465705529157, 0.6308807679298589, -0.027983769416859854, -0.18703481171909309,
    0.030841381835560764, 0.0328830116668852, -0.010597401785069032,
  ],
  db8: [
    0.05441584224310401, 0.31287159091429995, 0.6756307362972898, 0.5853546836542067, -0.015829105256349306,
    -0.2840155429615469, 0.0004724845739132828, 0.12874742662047847, -0.017369301001807547, -0.044088253930794755,
    0.013981027917398282, 0.008746094047405777, -0.004870352993451574, -0.00039174037337694705, 0.0006754494064505693,
    -0.00011747678412476953,
  ],
  coif1: [
    -0.01565572813546454, -0.0727326195128539, 0.38486484686420286, 0.8525720202122554, 0.3378976624578092,
    -0.0727326195128539,
  ],
  sym4: [
    -0.07576571478927333, -0.02963552764599851, 0.49761866763201545, 0.8037387518059161, 0.29785779560527736,
    -0.09921954357684722, -0.012603967262037833, 0.0322231006040427,
  ],
  sym8: [
    -0.0033824159510061256, -0.0005421323317911481, 0.03169508781149298, 0.007607487324917605, -0.1432942383508097,
    -0.061273359067658524, 0.4813596512583722, 0.7771857517005235, 0.3644418948353314, -0.05194583810770904,
    -0.027219029917056003, 0.049137179673607506, 0.003808752013890615, -0.01495225833704823, -0.0003029205147213668,
    0.0018899503327594609,
  ],
} as const;

export type WaveletName = keyof typeof filters;
export const waveletNames = Object.keys(filters) as readonly WaveletName[];

export interface WaveletOptions {
  /** Default sym4. */
  readonly wavelet?: WaveletName;
  /** Default: as many as the sides allow (each level halves them exactly), at most 4. 28×28 has 2. */
  readonly levels?: number;
}

export interface WaveletTransform extends OrthonormalTransform {
  readonly levels: number;
}

/**
 * Ψ, an orthogonal periodic wavelet transform (Mallat 1989) along the first two axes: at every level the low-pass block of the last one is split
 * again. The coarse coefficients are in the corner of the first pixel.
 * Errors (RangeError): signals of more axes than [h, w, channels]; sides that cannot be halved so often.
 */
export function waveletTransform(shape: readonly number[], options: WaveletOptions = {}): WaveletTransform {
  const { wavelet: name = "sym4" } = options;
  const sides = shape.slice(0, 2);
  requireSignal("wavelet", shape);
  const most = Math.min(...sides.map(halvings));
  const levels = options.levels ?? Math.min(4, most);
  if (!(Number.isInteger(levels) && levels >= 1 && levels <= most)) {
    throw new RangeError(
      most < 1
        ? `wavelet: needs even sides, got signals of [${shape.join(", ")}]; crop or pad them, or use tv`
        : `wavelet: levels: expected 1 to ${most} for signals of [${shape.join(", ")}], got ${levels}`,
    );
  }
  const matrices = Array.from({ length: levels }, (_, level) =>
    sides.map((n) => splitMatrix(n / 2 ** level, filters[name])),
  );
  const inverses = matrices.map((level) => level.map(transposed));
  const blockOf = (c: tf.Tensor) =>
    tf.slice(
      c,
      c.shape.map(() => 0),
      c.shape.map((n, axis) => (axis >= 1 && axis <= sides.length ? n / 2 : n)),
    );
  const analysed = (x: tf.Tensor, level: number): tf.Tensor => {
    const c = matrices[level]!.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), x);
    return level + 1 === levels ? c : withBlock(c, analysed(blockOf(c), level + 1), sides.length);
  };
  const synthesised = (c: tf.Tensor, level: number): tf.Tensor => {
    const whole = level + 1 === levels ? c : withBlock(c, synthesised(blockOf(c), level + 1), sides.length);
    return inverses[level]!.reduce((image, matrix, axis) => alongAxis(image, axis, matrix), whole);
  };
  return { levels, analysis: (x) => analysed(x, 0), synthesis: (c) => synthesised(c, 0) };
}

/** How often n can be halved. */
const halvings = (n: number): number => (n % 2 === 0 ? 1 + halvings(n / 2) : 0);

/** Coefficients whose corner, half as long along the first `axes` axes, is `block`. */
function withBlock(c: tf.Tensor, block: tf.Tensor, axes: number): tf.Tensor {
  let out = block;
  for (let axis = axes; axis >= 1; axis--) {
    const begin = c.shape.map((n, at) => (at === axis ? n / 2 : 0));
    const size = c.shape.map((n, at) => (at >= 1 && at <= axis ? n / 2 : n));
    out = tf.concat([out, tf.slice(c, begin, size)], axis);
  }
  return out;
}

/** n×n: the periodic filter bank, low-pass half first. */
function splitMatrix(n: number, filter: readonly number[]) {
  const dense = new Float64Array(n * n);
  const taps = filter.length;
  for (let i = 0; i < n / 2; i++) {
    for (let k = 0; k < taps; k++) {
      const at = (2 * i + k) % n;
      dense[i * n + at]! += filter[k]!;
      dense[(n / 2 + i) * n + at]! += (k % 2 ? -1 : 1) * filter[taps - 1 - k]!;
    }
  }
  return matrixOf(n, n, (i, j) => dense[i * n + j]!);
}
