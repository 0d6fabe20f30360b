import { mirrored, wrapped } from "../../../operators/axes.ts";
import { isLinear, type OperatorForm } from "../../../operators/operator.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import { type Complex, imageSpectrum } from "../../data/spectrum.ts";
import { pauses } from "../../engine/events.ts";
import type { Problem } from "../problem.ts";
import { rowSigmas } from "../row-sigma.ts";
import { recoveryMethod } from "./method.ts";
import { type Coefficient, fittedPower } from "./power.ts";

type Convolution = Extract<OperatorForm, { kind: "convolution" }>;

/** σ counts as at least this part of the root mean square of y: without noise, blind frequencies would divide rounding by 0. */
const LEAST = 1e-5;

/**
 * Wiener's filter: the best linear estimate for signals of a known power spectrum S and white noise, exact in the Fourier basis, where the blur is
 * a factor H:
 *
 *     X̂_k = H̄_k S_k / (|H_k|² S_k + σ²) · Y_k,   S_k = a f_k^(−p),
 *
 * f the frequency in cycles a pixel; X̂_0 = Y_0/H_0. a and, unless `decay` gives it, p are those of greatest likelihood for the signal's own y (`fittedPower`); natural images
 * have p near 2 (Field 1987). Other noise than Gaussian of one σ counts as if it were. Channels are filtered one by one.
 *
 * For convolutions with the boundary circular, and with the boundary reflect where the kernel is symmetric along each axis: then the mirrored image is
 * convolved on a circle.
 *
 * Source: Wiener 1949, "Extrapolation, Interpolation, and Smoothing of Stationary Time Series".
 */
export const wiener = recoveryMethod({
  summary: "deblurring and denoising by Wiener's filter, for a power spectrum a/f^p found from y",
  options: {
    decay: { type: "number", description: "p of the signals' power spectrum a/f^p; without it found from y" },
  },
  samples: [
    { shape: [8, 7], operator: "blur:boundary=circular", spec: "wiener" },
    { shape: [8, 6, 3], operator: "blur", spec: "wiener:decay=2" },
    { shape: [12], operator: "blur:sigma=2", spec: "wiener" },
  ],
  check: ({ decay }) => {
    if (decay !== undefined && !(decay >= 0 && decay <= 6)) {
      throw new RangeError(`wiener: decay: expected a number from 0 to 6, got ${decay}; leave it out for the default`);
    }
  },
  accepts: ({ operator, shape }) => {
    const form = isLinear(operator) ? operator.form : undefined;
    if (form?.kind !== "convolution" || shape.length > 3) {
      return `expected a blur of images or lines, got ${operator.name}; take a penalty`;
    }
    if (form.boundary === "circular" || (form.boundary === "reflect" && isSymmetric(form))) return true;
    return `expected the boundary circular${form.boundary === "reflect" ? ", or a kernel that is symmetric along each axis" : " or reflect"}, got ${operator.name}; take a penalty`;
  },
  solve: async (problem, { decay }, { onProgress, signal }) => {
    const { y, noise, shape } = problem;
    const batch = y.shape[0]!;
    const data = contiguous(y) as Float32Array;
    const width = data.length / batch;
    const torus = torusOf(problem);
    const channels = shape[2] ?? 1;
    const sigmas = rowSigmas(noise, y);
    const estimate = new Float32Array(data.length);
    const pause = pauses(signal);
    for (let i = 0; i < batch; i++) {
      for (let c = 0; c < channels; c++) {
        await pause();
        const channel = Float64Array.from(
          { length: width / channels },
          (_, at) => data[i * width + at * channels + c]!,
        );
        const found = await filtered(channel, torus, sigmas[i]!, decay);
        for (const [at, v] of found.entries()) estimate[i * width + at * channels + c] = v;
      }
      onProgress?.({ step: i + 1, maxSteps: batch, objective: Number.NaN });
    }
    return {
      estimate: fromHost(estimate, y.shape),
      outcomes: new Array(batch).fill("exact"),
      ...{ warnings: [], steps: 1, history: [] },
    };
  },
});

/** Where the blur is a product of spectra: the image itself, or its mirror images with it, two along each axis. */
interface Torus {
  /** Sides of one channel. A line has height 1. */
  readonly image: readonly [number, number];
  /** Sides of what is transformed. */
  readonly sides: readonly [number, number];
  /** H, [sides]. */
  readonly gains: Complex;
}

/** Rows and columns of an image or a kernel; a line is one row. */
const sidesOf = (shape: readonly number[]): readonly [number, number] =>
  shape.length === 1 ? [1, shape[0]!] : (shape as [number, number]);

function torusOf({ operator, shape }: Problem): Torus {
  const { kernel, boundary } = (operator as { readonly form?: OperatorForm }).form as Convolution;
  const [height, width] = sidesOf(shape);
  const times = boundary === "circular" ? 1 : 2;
  const sides = [shape.length === 1 ? 1 : times * height, times * width] as const;
  const [rows, columns] = sidesOf(kernel.shape);
  const around = new Float64Array(2 * sides[0] * sides[1]);
  for (const [at, weight] of (contiguous(kernel) as Float32Array).entries()) {
    const row = wrapped(Math.floor(at / columns) - Math.floor(rows / 2), sides[0]);
    const column = wrapped((at % columns) - Math.floor(columns / 2), sides[1]);
    around[2 * (row * sides[1] + column)]! += weight;
  }
  return { image: [height, width], sides, gains: imageSpectrum(around, ...sides) };
}

/** One channel, [height · width], filtered. */
async function filtered(
  y: Float64Array,
  torus: Torus,
  given: number,
  decay: number | undefined,
): Promise<Float64Array> {
  const { image, sides, gains } = torus;
  const [height, width] = image;
  const count = sides[0] * sides[1];
  const spread = new Float64Array(2 * count);
  for (let at = 0; at < count; at++) {
    const [row, column] = [Math.floor(at / sides[1]), at % sides[1]];
    spread[2 * at] = y[mirrored(row, height) * width + mirrored(column, width)]!;
  }
  const sigma = Math.max(given, LEAST * Math.sqrt(y.reduce((sum, v) => sum + (v * v) / y.length, 0)));
  const Y = imageSpectrum(spread, ...sides);
  const frequency = (at: number) => {
    const [k, l] = [Math.floor(at / sides[1]), at % sides[1]];
    return Math.hypot(Math.min(k, sides[0] - k) / sides[0], Math.min(l, sides[1] - l) / sides[1]);
  };
  const gain = (at: number) => gains[2 * at]! ** 2 + gains[2 * at + 1]! ** 2;
  const coefficients: Coefficient[] = [];
  for (let at = 1; at < count; at++) {
    const place = [Math.floor(at / sides[1]), at % sides[1]];
    if (place[0]! >= height || place[1]! >= width) continue; // the others repeat these
    // that of the mirrored image, shared by k and −k, is the square of a coefficient of the orthonormal cosine transform; 0 is its own −k
    const doubled = place.filter((k, axis) => k === 0 && sides[axis]! > image[axis]!).length;
    const energy = (Y[2 * at]! ** 2 + Y[2 * at + 1]! ** 2) / count / 2 ** doubled;
    coefficients.push({ frequency: frequency(at), gain: gain(at), energy });
  }
  const power = await fittedPower(coefficients, sigma, decay);
  const X = new Float64Array(2 * count);
  for (let at = 0; at < count; at++) {
    const square = gain(at);
    const s = at === 0 ? Number.POSITIVE_INFINITY : power(frequency(at));
    const weight = s === 0 || square === 0 ? 0 : 1 / (square + sigma ** 2 / s);
    const [re, im, hr, hi] = [Y[2 * at]!, Y[2 * at + 1]!, gains[2 * at]!, gains[2 * at + 1]!];
    X[2 * at] = weight * (hr * re + hi * im);
    X[2 * at + 1] = -weight * (hr * im - hi * re); // conjugated, so that the transform below is the inverse
  }
  const back = imageSpectrum(X, ...sides);
  return Float64Array.from({ length: height * width }, (_, at) => {
    return back[2 * (Math.floor(at / width) * sides[1] + (at % width))]! / count;
  });
}

/** Whether a kernel is its own mirror image along each axis, up to rounding. */
function isSymmetric({ kernel }: Convolution): boolean {
  const values = contiguous(kernel) as Float32Array;
  const [rows, columns] = sidesOf(kernel.shape);
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  const at = (row: number, column: number) =>
    row < 0 || row >= rows || column < 0 || column >= columns ? 0 : values[row * columns + column]!;
  const rounding = 1e-6 * values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return values.every((v, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const [down, right] = [2 * top - row, 2 * left - column];
    return Math.abs(v - at(down, column)) <= rounding && Math.abs(v - at(row, right)) <= rounding;
  });
}
