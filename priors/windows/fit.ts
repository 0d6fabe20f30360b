import ndarray, { type NdArray } from "ndarray";
import { sizeOf } from "../../src/data/array.ts";
import { cholesky } from "../../src/data/cholesky.ts";
import { InputError } from "../../src/data/errors.ts";
import { trace } from "../../src/data/linalg.ts";
import { windowNumbers } from "../../src/data/windows.ts";
import { familySpec, inCells, LEAST, mean, type Sketch, sizesOfWindows, triangleSize } from "../../src/sketch/index.ts";
import type { WindowPrior } from "../prior.ts";
import { shrunkCovariance } from "../shrunk-covariance.ts";

/** A prior of windows, without a name. */
export type WindowModel = Omit<WindowPrior, "kind" | "name"> & {
  /** How many samples the stationary part of the covariance counts for; 0 where the sketch has enough. */
  readonly added: number;
};

/** Samples of the covariance of all windows, scaled to the cell's contrast, that every cell is given. */
const LEANING = 20;

/**
 * The prior of a sketch's second moments and window moments in closed form: μ and C of the images (`shrunkCovariance`), how probable each cell is at each place, (n_Pk + 1)/(n_P + K), and
 * mean and covariance of the windows in each.
 * Errors (InputError): the sketch has not both; windows that do not vary, or by less than their numbers are rounded. Ends with the signal's reason.
 */
export async function fitWindows(sketch: Sketch, signal?: AbortSignal): Promise<WindowModel> {
  const { design, sums, count } = sketch;
  const spec = familySpec(design, "window-moments", "windows");
  const sizes = sizesOfWindows(spec);
  const { cells } = spec;
  const [d, { channels }] = [windowNumbers(sizes), sizes];
  const counts = sums["window-moments.count"]!;
  const places = counts.length / cells;
  const whole = await shrunkCovariance(sketch, signal);
  const own = inCells(counts, cells);
  const moments = { a: sums["window-moments.a"]!, aa: sums["window-moments.aa"]!, d, channels };
  const all = summed(moments, cells);
  const pooled = gaussianOf(all.a, all.aa, count * places, moments);
  const power = trace(pooled.covariance, d);
  if (!(power > 0)) throw new InputError("windows: the windows of the images do not vary; sketch others");
  const means = new Float32Array(cells * d);
  const covariances = new Float32Array(cells * d * d);
  for (let k = 0; k < cells; k++) {
    const known = own[k]!;
    const w = d + channels;
    const cell =
      known > 1
        ? gaussianOf(moments.a.subarray(k * w, (k + 1) * w), triangleOf(moments.aa, k, w), known, moments)
        : pooled;
    const contrast = trace(cell.covariance, d) / power;
    means.set(cell.mean, k * d);
    for (let at = 0; at < d * d; at++) {
      const leaned = (known * cell.covariance[at]! + LEANING * contrast * pooled.covariance[at]!) / (known + LEANING);
      covariances[k * d * d + at] = at % (d + 1) === 0 ? leaned + LEAST : leaned;
    }
    signal?.throwIfAborted();
    requireDefinite(covariances.subarray(k * d * d, (k + 1) * d * d), d);
  }
  const float64 = (data: Float64Array, ...shape: number[]): NdArray<Float64Array> => ndarray(data, shape);
  return {
    ...{ shape: design.shape, mean: mean(sketch), added: whole.added, side: spec.side },
    covariance: whole.covariance.map((v, at) => (at % (sizeOf(design.shape) + 1) === 0 ? v + LEAST : v)),
    weights: float64(
      counts.map((n) => (Math.max(0, n) + 1) / (count + cells)),
      places,
      cells,
    ),
    means: ndarray(means, [cells, d]),
    covariances: ndarray(covariances, [cells, d, d]),
  };
}

/** Errors (InputError): a covariance [d, d] that the rounding of its sums has left without an inverse. */
function requireDefinite(covariance: Float32Array, d: number): void {
  try {
    cholesky(covariance, d);
  } catch {
    throw new InputError(
      "windows: the images vary by less than their numbers are rounded; bring them into [0, 1], and sketch again",
    );
  }
}

interface Moments {
  readonly a: Float64Array;
  readonly aa: Float64Array;
  readonly d: number;
  readonly channels: number;
}

const triangleOf = (aa: Float64Array, k: number, w: number): Float64Array =>
  aa.subarray(k * triangleSize(w), (k + 1) * triangleSize(w));

/** The moments of all cells together. */
function summed({ a, aa, d, channels }: Moments, cells: number) {
  const w = d + channels;
  const out = { a: new Float64Array(w), aa: new Float64Array(triangleSize(w)) };
  for (let k = 0; k < cells; k++) {
    for (let i = 0; i < w; i++) out.a[i]! += a[k * w + i]!;
    for (const [at, v] of triangleOf(aa, k, w).entries()) out.aa[at]! += v;
  }
  return out;
}

/** Mean and covariance of windows x = v + m from the sums of a = (v, m) and aaᵀ: each number of a window is one of v and the mean of its channel. */
function gaussianOf(a: Float64Array, aa: Float64Array, count: number, { d, channels }: Moments) {
  const second = (i: number, j: number) => aa[triangleSize(Math.max(i, j)) + Math.min(i, j)]! / count;
  const meanOf = (i: number) => d + (i % channels);
  const mean = Float64Array.from({ length: d }, (_, i) => (a[i]! + a[meanOf(i)]!) / count);
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const [p, q] = [meanOf(i), meanOf(j)];
      const value = second(i, j) + second(i, q) + second(p, j) + second(p, q) - mean[i]! * mean[j]!;
      covariance[i * d + j] = value;
      covariance[j * d + i] = value;
    }
  }
  return { mean, covariance };
}
