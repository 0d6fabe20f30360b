import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { contiguous } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { drawPoisson } from "./draw-poisson.ts";
import { noiseKind } from "./kind.ts";
import type { Noise, NoiseModel } from "./noise.ts";
import { drawn, meanOf, perRow, placeOf, rowSums } from "./rows.ts";

/** The parameters of a Poisson data term: counts of `peak·(c + shift)`, σ the scale of the misfit. */
export interface PoissonTerm {
  readonly peak: number;
  readonly sigma: number;
  /** Added to c and y; 0 for pure Poisson noise. */
  readonly shift: number;
}

/**
 * The expected count below which log p is continued by a parabola: the law knows c ≥ 0 only, and its gradient is unbounded at 0.
 * A hundredth of a count: a measurement of so small a mean is 0 in 99 of 100 cases.
 */
const FLOOR_COUNTS = 0.01;

/**
 * σ²·peak·Σ d(c, y), d(c, y) = c − y + y log(y/c): −σ² log p(y | c), 0 at c = y. Below the floor f = 0.01/peak, d in c is
 * d(f) + (1 − y/f)(c − f) + ½k(c − f)², k = max(y, f)/f², so that value and slope are continuous and the least stays at c = y.
 */
export function poissonMisfit({ peak, sigma, shift }: PoissonTerm, clean: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const floor = FLOOR_COUNTS / peak;
  const c = tf.add(clean, shift);
  const count = tf.relu(tf.add(y, shift));
  const above = tf.maximum(c, floor);
  const below = tf.minimum(tf.sub(c, floor), 0);
  const logs = tf.mul(count, tf.sub(tf.log(tf.maximum(count, 1e-30)), tf.log(above)));
  const parabola = tf.add(
    tf.mul(tf.sub(1, tf.div(count, floor)), below),
    tf.mul(tf.div(tf.maximum(count, floor), 2 * floor ** 2), tf.square(below)),
  );
  return tf.mul(sigma ** 2 * peak, rowSums(tf.add(tf.add(tf.sub(above, count), logs), parabola)));
}

/**
 * argmin_c ½(c − v)² + τ·d(c, y), τ = t·σ²·peak: ½(v − τ + √((v − τ)² + 4τy)) where that is above the floor, else the least of
 * the parabola.
 */
export function poissonProx(term: PoissonTerm, v: tf.Tensor, y: tf.Tensor, t: tf.Tensor): tf.Tensor {
  const { peak, sigma, shift } = term;
  const floor = FLOOR_COUNTS / peak;
  const tau = perRow(tf.mul(t, sigma ** 2 * peak), v);
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

/** Expected values at least 0, but for rounding: those below are 0. Errors (InputError): a negative one. */
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

/** The mean of the positive parts, at least the floor, so that σ is never 0. */
export const meanCount = (array: NdArray<Float32Array>, peak: number): number =>
  Math.max(
    meanOf(array, (value) => Math.max(value, 0)),
    FLOOR_COUNTS / peak,
  );

function poissonModel(peak: number, sigma: number): NoiseModel {
  const term = { peak, sigma, shift: 0 };
  return {
    name: `poisson(peak=${peak})`,
    spec: `poisson:peak=${peak}`,
    sigma,
    sample: (clean, random) => {
      requireMeans("poisson", clean);
      return drawn(clean, (value) => drawPoisson(peak * Math.max(value, 0), random) / peak);
    },
    misfit: (clean, y) => poissonMisfit(term, clean, y),
    prox: (v, y, t) => poissonProx(term, v, y, t),
  };
}

/**
 * Counting noise, y = Poisson(peak·c)/peak, c ≥ 0; peak is the expected count where c is 1. For raw counts, peak = 1.
 * misfit and prox: see `poissonMisfit`, `poissonProx`. σ² = mean(c)/peak, from y where c is not known.
 * Errors: a peak that is not positive (RangeError); c or y below 0 (InputError).
 */
export function poissonNoise(peak: number): Noise {
  requirePeak("poisson", peak);
  return {
    spec: `poisson:peak=${peak}`,
    ofClean: (clean) => poissonModel(peak, Math.sqrt(meanCount(clean, peak) / peak)),
    ofMeasured: (y) => {
      const data = contiguous(y) as Float32Array;
      const bad = data.findIndex((value) => value < 0);
      if (bad >= 0) {
        throw new InputError(`poisson noise: ${placeOf(y, bad)} is ${data[bad]}; counts are at least 0`);
      }
      return poissonModel(peak, Math.sqrt(meanCount(y, peak) / peak));
    },
    ofSigma: (sigma) => poissonModel(peak, sigma),
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
