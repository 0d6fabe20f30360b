import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { compile } from "../engine/index.ts";
import { drawFrequencies } from "./families/fourier.ts";

/** Moduli of moments and norms of their frequencies, |z_j| and |ω_j|, in the features' coordinates. */
export interface ModulusPoints {
  readonly norms: ArrayLike<number>;
  readonly moduli: ArrayLike<number>;
  /** Samples behind the moments. */
  readonly count: number;
}

/** The norm of every column of a matrix [k, m]. */
export function columnNorms({ data }: NdArray<Float32Array>, m: number): Float64Array {
  const squares = new Float64Array(m);
  for (const [at, v] of data.entries()) squares[at % m]! += v * v;
  return squares.map(Math.sqrt);
}

/** Bins of |ω|, each with the same number of frequencies. */
const BINS = 20;

/**
 * The standard deviation σ of one cluster along one direction, from moments alone. Several clusters can only cancel in a moment, so the
 * upper envelope of |z_j| falls as a exp(-σ²|ω|²/2) (Keriven et al. 2016, section 3.3.3; pycle's estimate_Sigma). The envelope at |ω| is
 * the largest modulus, without its noise, in the bin of |ω| and all bins beyond it (20 bins of equal numbers of frequencies). It is
 * fitted by least squares, first everywhere, then where σ|ω| ≥ 0.7, because nearer to 0 the positions of the clusters matter. Undefined
 * if too few bins lie between 1 and the noise: then all frequencies are too coarse or too fine.
 */
export function fitScale(points: ModulusPoints): number | undefined {
  const envelope = upperEnvelope(points);
  if (envelope.length < 4 || envelope.at(-1)!.e > 0.9) return undefined;
  const first = bestVariance(envelope);
  const tail = envelope.filter(({ r2 }) => first * r2 >= 0.7 ** 2);
  return Math.sqrt(tail.length < 4 ? first : bestVariance(tail));
}

interface EnvelopePoint {
  readonly r2: number;
  readonly e: number;
}

function upperEnvelope({ norms, moduli, count }: ModulusPoints): EnvelopePoint[] {
  const order = Array.from({ length: norms.length }, (_, j) => j).sort((i, j) => norms[i]! - norms[j]!);
  const noise2 = Math.log(Math.max(2, order.length / BINS)) / count; // the largest of a bin of squared noises
  const envelope: EnvelopePoint[] = [];
  let above = 0;
  for (let bin = BINS - 1; bin >= 0; bin--) {
    const own = order.slice(Math.floor((bin * order.length) / BINS), Math.floor(((bin + 1) * order.length) / BINS));
    if (own.length === 0) continue;
    const best = own.reduce((a, b) => (moduli[b]! > moduli[a]! ? b : a));
    if (moduli[best]! ** 2 < 9 * noise2) continue;
    const e = Math.sqrt(moduli[best]! ** 2 - noise2);
    if (e < above) continue; // clusters happen to cancel in this bin
    above = e;
    envelope.unshift({ r2: norms[best]! ** 2, e });
  }
  return envelope;
}

/** The σ² of the least misfit. The best amplitude for each σ² is known, so the search has one dimension: a grid, then finer grids. */
function bestVariance(envelope: readonly EnvelopePoint[]): number {
  const largest = envelope.at(-1)!.r2;
  let best = { error: Number.POSITIVE_INFINITY, variance: 0 };
  let [from, to] = [1e-3 / largest, 100 / largest];
  for (let pass = 0; pass < 3; pass++) {
    const ratio = (to / from) ** (1 / 200);
    for (let i = 0; i <= 200; i++) {
      const variance = from * ratio ** i;
      const error = misfit(envelope, variance);
      if (error < best.error) best = { error, variance };
    }
    [from, to] = [best.variance / ratio ** 2, best.variance * ratio ** 2];
  }
  return best.variance;
}

function misfit(envelope: readonly EnvelopePoint[], variance: number): number {
  let [ef, ff] = [0, 0];
  for (const { r2, e } of envelope) {
    const f = Math.exp((-variance * r2) / 2);
    ef += e * f;
    ff += f * f;
  }
  const a = Math.min(1, ef / ff);
  return envelope.reduce((sum, { r2, e }) => sum + (e - a * Math.exp((-variance * r2) / 2)) ** 2, 0);
}

/** Small sketches of a pilot: the number of frequencies, how often these are drawn again, and how many pilot samples are used. */
const PILOT_FREQUENCIES = 1000;
const ROUNDS = 7;
/** The estimates of this many last rounds are averaged (geometric mean). */
const AVERAGED = 5;
const pilotRowsFor = (k: number): number => (k > 200 ? 2000 : 5000); // many features cost more, and are precise anyway
/** Samples per run, so that little memory is needed. */
const PILOT_BLOCK = 500;
/** Scales of the first small sketch: that of the whole data, its half, its quarter, and so on. */
const OCTAVES = 8;

/**
 * The standard deviation σ of one cluster along one direction, from a pilot's features u [P, k]. It makes small sketches with frequencies
 * of the adapted radius. The first has scales from `whole` (that of all features) down to 1/128 of it. Each next one uses the scale that
 * the one before gave. Takes 0.1 to 0.8 s for 5000 samples.
 */
export async function pilotScale(pilot: NdArray<Float32Array>, whole: number, seed = 1): Promise<number> {
  const k = pilot.shape[1]!;
  const count = Math.min(pilot.shape[0]!, pilotRowsFor(k));
  const m = PILOT_FREQUENCIES;
  const omega = ndarray(new Float32Array(k * m), [k, m]);
  const rows = Math.min(count, PILOT_BLOCK);
  const u = ndarray(new Float32Array(rows * k), [rows, k]);
  const block = await compile(
    (given: { u: tf.Tensor; omega: tf.Tensor }) => {
      const phase = tf.matMul(given.u, given.omega);
      return { cos: tf.sum(tf.cos(phase), 0), sin: tf.sum(tf.sin(phase), 0) };
    },
    { u, omega },
    { name: "pilot scale" },
  );
  const moduliAt = async (used: number): Promise<Float64Array> => {
    const [re, im] = [new Float64Array(m), new Float64Array(m)];
    for (let first = 0; first < used; first += rows) {
      u.data.set(pilot.data.subarray(first * k, (first + rows) * k));
      const { cos, sin } = await block.run({ u, omega });
      for (let j = 0; j < m; j++) {
        re[j]! += cos.data[j]!;
        im[j]! += sin.data[j]!;
      }
    }
    return re.map((v, j) => Math.hypot(v, im[j]!) / used);
  };
  const used = count - (count % rows); // whole blocks
  let scale = whole;
  let logarithms = 0;
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const scales = round > 0 ? [scale] : Array.from({ length: OCTAVES }, (_, i) => whole / 2 ** i);
      const spec = {
        kind: "fourier",
        law: "adapted-radius",
        scales,
        m,
        seed: seed + round,
        draw: "independent",
      } as const;
      omega.data.set(drawFrequencies(spec, k).data);
      const moduli = await moduliAt(used);
      scale = fitScale({ norms: columnNorms(omega, m), moduli, count: used }) ?? scale;
      if (round > ROUNDS - AVERAGED) logarithms += Math.log(scale) / AVERAGED;
    }
  } finally {
    await block.dispose();
  }
  return Math.exp(logarithms);
}
