import ndarray from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../../src/data/array.ts";
import type { Dataset, Range } from "../../../src/data/index.ts";
import { transpose } from "../../../src/data/matmul.ts";
import {
  designFor,
  dimensionsOf,
  featureBasis,
  frequencies,
  labelCounts,
  type Sketch,
  sketchDataset,
} from "../../../src/sketch/index.ts";
import { characteristicFunction } from "./characteristic.ts";
import type { MomentTarget } from "./target.ts";

export interface FourierSettings {
  /** Frequencies ω. */
  readonly count: number;
  /** Multiplies the scales `auto`: 0.5 makes frequencies twice as fine. */
  readonly scale: number;
  readonly seed: number;
  /** The samples of the pass. */
  readonly range: Range;
  readonly signal: AbortSignal;
}

/** Fourier moments in signal coordinates: frequencies [m, n], one a row; real and imaginary means of each label [labels, m]. */
interface FourierMoments {
  readonly omega: Float32Array;
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  readonly counts: Float64Array;
  /** m, n. */
  readonly shape: readonly [number, number];
}

/** Fourier moments of whole images by label, in the features `pca:K`. */
export async function wholeImages(data: Dataset, features: string, settings: FourierSettings): Promise<MomentTarget> {
  return targetOf(await sketched(data, features, settings));
}

/** Side and step of the patches. */
const SIDE = 8;
const STEP = 4;
const MARGIN = 2;

/** Fourier moments of patches of 8×8 pixels at a grid of places, each place with its own frequencies. */
export async function patches(data: Dataset, settings: FourierSettings): Promise<MomentTarget> {
  const [height, width] = data.shape as [number, number];
  const along = (size: number) => {
    const places = [];
    for (let at = MARGIN; at + SIDE <= size - MARGIN; at += STEP) places.push(at);
    return places;
  };
  const places = along(height).flatMap((top) => along(width).map((left) => [top, left] as const));
  const count = Math.ceil(settings.count / places.length);
  const parts: FourierMoments[] = [];
  for (const [i, [top, left]] of places.entries()) {
    const own = { ...settings, count, seed: settings.seed + i };
    parts.push(inImage(await sketched(cropped(data, top, left), "raw", own), top, left, width, height * width));
  }
  return targetOf(joined(parts));
}

/** The patch of every image whose first pixel is (top, left), as a data set. */
function cropped(data: Dataset, top: number, left: number): Dataset {
  return {
    ...data,
    shape: [SIDE, SIDE],
    async *batches(size, range) {
      for await (const { first, data: images } of data.batches(size, range)) {
        const view = images.lo(0, top, left).hi(images.shape[0]!, SIDE, SIDE);
        const patch = new Float32Array(view.size);
        for (let at = 0; at < patch.length; at++) {
          patch[at] = view.get(Math.floor(at / SIDE ** 2), Math.floor(at / SIDE) % SIDE, at % SIDE);
        }
        yield { first, data: ndarray(patch, [...view.shape]) };
      }
    },
  };
}

/** Frequencies of patches as frequencies of images that are 0 elsewhere. */
function inImage(part: FourierMoments, top: number, left: number, width: number, n: number): FourierMoments {
  const [m, d] = part.shape;
  const omega = new Float32Array(m * n);
  for (let j = 0; j < m; j++) {
    for (let i = 0; i < d; i++) {
      omega[j * n + (top + Math.floor(i / SIDE)) * width + left + (i % SIDE)] = part.omega[j * d + i]!;
    }
  }
  return { ...part, omega, shape: [m, n] };
}

/** Moments of one data set as one list. */
function joined(parts: readonly FourierMoments[]): FourierMoments {
  const [first] = parts as [FourierMoments];
  const [own, n] = first.shape;
  const m = own * parts.length;
  const omega = new Float32Array(m * n);
  const labels = first.counts.length;
  const [cos, sin] = [new Float32Array(labels * m), new Float32Array(labels * m)];
  for (const [i, part] of parts.entries()) {
    omega.set(part.omega, i * own * n);
    for (let label = 0; label < labels; label++) {
      const row = (all: Float32Array) => all.subarray(label * own, (label + 1) * own);
      cos.set(row(part.cos), label * m + i * own);
      sin.set(row(part.sin), label * m + i * own);
    }
  }
  return { omega, cos, sin, counts: first.counts, shape: [m, n] };
}

/** One pass over the data: its moments by label. */
async function sketched(data: Dataset, features: string, { count, scale, seed, range, signal }: FourierSettings) {
  const design = (scales: readonly number[] | "auto") =>
    designFor(data, { byLabel: true, features, families: [{ kind: "fourier", m: count, scales, seed }] });
  const auto = await design("auto");
  const [spec] = auto.families;
  const scales = spec?.kind === "fourier" ? spec.scales : [];
  const chosen = scale === 1 ? auto : await design(scales.map((s) => s * scale));
  return inSignals(await sketchDataset(data, chosen, { range, signal }));
}

/** Moments at exp(iΩᵀu) of features u = Bᵀ(x − mean) as those at exp(iωᵀx), ω = BΩ. */
function inSignals(sketch: Sketch): FourierMoments {
  const { design, sums } = sketch;
  const { data: own, shape } = frequencies(design);
  const [k, m] = shape as [number, number];
  const n = dimensionsOf(design).sample;
  const pca = featureBasis(design.arrays);
  const directions = pca && transpose(pca.basis.data, n, k);
  const omega = new Float32Array(m * n);
  for (let j = 0; j < m; j++) {
    const row = omega.subarray(j * n, (j + 1) * n);
    for (let a = 0; a < k; a++) {
      const v = own[a * m + j]!;
      if (directions) for (let i = 0; i < n; i++) row[i]! += v * directions[a * n + i]!;
      else row[a] = v;
    }
  }
  const turn = Float64Array.from({ length: m }, (_, j) => {
    let phase = 0;
    if (pca) for (let i = 0; i < n; i++) phase += omega[j * n + i]! * pca.mean.data[i]!;
    return phase;
  });
  const counts = labelCounts(sketch);
  const [cos, sin] = [new Float32Array(counts.length * m), new Float32Array(counts.length * m)];
  for (let at = 0; at < cos.length; at++) {
    const samples = counts[Math.floor(at / m)]!;
    const [c, s] = [Math.cos(turn[at % m]!), Math.sin(turn[at % m]!)];
    const [re, im] = [sums["fourier.cos"]![at]! / samples, sums["fourier.sin"]![at]! / samples];
    cos[at] = re * c - im * s;
    sin[at] = re * s + im * c;
  }
  return { omega, cos, sin, counts, shape: [m, n] };
}

/** Least sampling variance. Moments whose modulus is almost 1 tell nothing, but would get an unlimited weight. */
const LEAST_VARIANCE = 1e-3;

function targetOf({ omega, cos, sin, counts, shape: [m, n] }: FourierMoments): MomentTarget {
  const labels = counts.length;
  return {
    ...{ size: m, numbers: 2 * m * labels },
    batch: (moments) => {
      const b = moments.length;
      const chosen = new Float32Array(b * n);
      for (const [row, j] of moments.entries()) chosen.set(omega.subarray(j * n, (j + 1) * n), row * n);
      const of = (value: (label: number, j: number) => number) =>
        fromHost(
          Float32Array.from({ length: labels * b }, (_, at) => value(Math.floor(at / b), moments[at % b]!)),
          [labels, b],
        );
      const [re, im] = [of((label, j) => cos[label * m + j]!), of((label, j) => sin[label * m + j]!)];
      const precision = of((label, j) => {
        const variance = 1 - cos[label * m + j]! ** 2 - sin[label * m + j]! ** 2; // of one sample
        return counts[label]! / Math.max(LEAST_VARIANCE, variance);
      });
      return { omega: fromHost(chosen, [b, n]), re, im, precision };
    },
    misfit: (mixture, { omega: own, re, im, precision }) => {
      const predicted = characteristicFunction(mixture, own!);
      const squares = tf.add(tf.square(tf.sub(predicted.cos, re!)), tf.square(tf.sub(predicted.sin, im!)));
      return tf.mean(tf.mul(squares, precision!));
    },
  };
}
