import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { spread } from "../../../priors/signals.ts";
import { contiguous } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { drawPoisson } from "./draw-poisson.ts";
import { noiseKind } from "./kind.ts";
import type { Noise, NoiseModel } from "./noise.ts";
import { drawn, meanOf, placeOf, rowMeans, rowSums } from "./rows.ts";

/** How c is counted and how the counts are read out. */
export interface Counting {
  /** The expected count where c is 1. */
  readonly peak: number;
  /** Standard deviation of the noise of reading the counts out; 0 for pure Poisson noise. */
  readonly readout: number;
}

/**
 * Below this expected count a parabola continues log p: the law is defined for c ≥ 0 only, and its gradient is unbounded at 0.
 * With a mean of a hundredth of a count, 99 of 100 measurements are 0.
 */
const FLOOR_COUNTS = 0.01;

/** s of `poissonMisfit`, which is added to c and to y: counts of c + s have the variance of counting and reading out c. */
const shiftOf = ({ peak, readout }: Counting): number => peak * readout ** 2;

/** σ of a batch, σ² = mean(c)/peak + readout², from c or from y. A mean below the floor counts as the floor: σ is never 0. */
export function sigmaOf({ peak, readout }: Counting, array: NdArray<Float32Array>): number {
  const mean = meanOf(array, (value) => value);
  return Math.sqrt(Math.max(mean, FLOOR_COUNTS / peak) / peak + readout ** 2);
}

/** σ²·peak of every row, [batch], σ² as in `sigmaOf` from the row's own y. */
const weightsOf = (counting: Counting, y: tf.Tensor): tf.Tensor =>
  tf.add(tf.maximum(rowMeans(y), FLOOR_COUNTS / counting.peak), shiftOf(counting));

/**
 * σ²·peak·Σ d(c + s, y + s), σ of the row, s = peak·readout²; y + s below 0 counts as 0. d(c, y) = c − y + y log(y/c) is
 * −log p(y | c)/peak and 0 at c = y. Below the floor f = 0.01/peak a parabola continues it in c with the same value and slope; its
 * least, 0, stays at c = y. With c⁺ = max(c, f), c⁻ = min(c − f, 0), y⁺ and y⁻ alike, all of it is
 *
 *     d = c⁺ − y⁺ + y log(y⁺/c⁺) + (1 − y/f)c⁻ + ½(y⁺/f²)(c⁻)² + ½(y⁻)²/f
 */
export function poissonMisfit(counting: Counting, clean: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const floor = FLOOR_COUNTS / counting.peak;
  const shift = shiftOf(counting);
  const c = tf.add(clean, shift);
  const count = tf.relu(tf.add(y, shift));
  const split = (v: tf.Tensor) => [tf.maximum(v, floor), tf.minimum(tf.sub(v, floor), 0)] as const;
  const [above, below] = split(c);
  const [countAbove, countBelow] = split(count);
  const logs = tf.mul(count, tf.sub(tf.log(countAbove), tf.log(above)));
  const parabola = tf.add(
    tf.mul(tf.sub(1, tf.div(count, floor)), below),
    tf.add(
      tf.mul(tf.div(countAbove, 2 * floor ** 2), tf.square(below)),
      tf.mul(1 / (2 * floor), tf.square(countBelow)),
    ),
  );
  return tf.mul(weightsOf(counting, y), rowSums(tf.add(tf.add(tf.sub(above, countAbove), logs), parabola)));
}

/**
 * argmin_c ½(c − v)² + τ·d(c, y), τ = t·σ²·peak, σ of the row: ½(v − τ + √((v − τ)² + 4τy)) where that is above the floor, else the
 * least of the parabola.
 */
export function poissonProx(counting: Counting, v: tf.Tensor, y: tf.Tensor, t: tf.Tensor): tf.Tensor {
  const floor = FLOOR_COUNTS / counting.peak;
  const shift = shiftOf(counting);
  const tau = spread(tf.mul(t, weightsOf(counting, y)), v.rank);
  const count = tf.relu(tf.add(y, shift));
  const from = tf.add(v, shift);
  const a = tf.sub(from, tau);
  const root = tf.sqrt(tf.add(tf.square(a), tf.mul(4, tf.mul(tau, count))));
  // ½(a + root) loses its digits where a < 0: there it is 2τy/(root − a)
  const safe = tf.maximum(tf.sub(root, a), 1e-30);
  const exact = tf.where(tf.greater(a, 0), tf.mul(0.5, tf.add(a, root)), tf.div(tf.mul(2, tf.mul(tau, count)), safe));
  const slope = tf.sub(1, tf.div(count, floor));
  const bend = tf.mul(tau, tf.div(tf.maximum(count, floor), floor ** 2));
  const low = tf.div(tf.add(tf.sub(from, tf.mul(tau, slope)), tf.mul(bend, floor)), tf.add(1, bend));
  return tf.sub(tf.where(tf.greaterEqual(exact, floor), exact, low), shift);
}

/** Requires noiseless values of at least 0; a negative one that rounding explains may pass. Errors (InputError): another. */
export function requireMeans(who: string, clean: NdArray<Float32Array>): void {
  const data = contiguous(clean) as Float32Array;
  const rounding = 1e-5 * data.reduce((most, value) => Math.max(most, value), 0);
  const bad = data.findIndex((value) => value < -rounding);
  if (bad < 0) return;
  throw new InputError(
    `${who} noise: ${placeOf(clean, bad)} is ${data[bad]} without noise; counts need values of at least 0, ` +
      "so take an operator and signals that are not negative",
  );
}

function poissonModel(counting: Counting, sigma: number): NoiseModel {
  const { peak } = counting;
  return {
    name: `poisson(peak=${peak})`,
    spec: `poisson:peak=${peak}`,
    sigma,
    sample: (clean, random) => {
      requireMeans("poisson", clean);
      return drawn(clean, (value) => drawPoisson(peak * Math.max(value, 0), random) / peak);
    },
    misfit: (clean, y) => poissonMisfit(counting, clean, y),
    prox: (v, y, t) => poissonProx(counting, v, y, t),
  };
}

/**
 * Counting noise, y = Poisson(peak·c)/peak, c ≥ 0; peak is the expected count where c is 1. For raw counts, peak = 1.
 * misfit and prox: see `poissonMisfit`, `poissonProx`. σ² = mean(c)/peak, from y where c is not known; that
 * of the misfit always from the signal's own y.
 * Errors: a peak that is not positive (RangeError); c or y below 0 (InputError).
 */
export function poissonNoise(peak: number): Noise {
  requirePeak("poisson", peak);
  const counting = { peak, readout: 0 };
  return {
    spec: `poisson:peak=${peak}`,
    ofClean: (clean) => poissonModel(counting, sigmaOf(counting, clean)),
    ofMeasured: (y) => {
      const data = contiguous(y) as Float32Array;
      const bad = data.findIndex((value) => value < 0);
      if (bad >= 0) {
        throw new InputError(`poisson noise: ${placeOf(y, bad)} is ${data[bad]}; counts are at least 0`);
      }
      return poissonModel(counting, sigmaOf(counting, y));
    },
    ofSigma: (sigma) => poissonModel(counting, sigma),
  };
}

export function requirePeak(who: string, peak: number): void {
  if (peak > 0 && peak < Number.POSITIVE_INFINITY) return;
  throw new RangeError(`${who} noise: peak: expected a positive number, got ${peak}`);
}

export const poissonKind = noiseKind({
  summary: "y = Poisson(peak·c)/peak: counting noise of values of at least 0",
  options: { peak: { type: "number", required: true, description: "expected count where c is 1; 1 for raw counts" } },
  samples: ["poisson:peak=30", "poisson:peak=0.5"],
  make: ({ peak }) => poissonNoise(peak),
});
