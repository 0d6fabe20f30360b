import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { contiguous } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { suggestion } from "../../data/nearest.ts";
import { stream } from "../../data/random.ts";
import { degreesOfFreedom } from "../degrees-of-freedom.ts";
import { type DrawName, defaultDraw, drawNames, draws, type LawName, lawNames, laws } from "../laws.ts";
import { DITHER, ditherOf, MOST_MODULUS, signMoments } from "../one-bit.ts";
import { denseProduct, drawProduct, productLayout } from "../product.ts";
import { denseOf, drawStructured, type FrequencySettings, structuredPhase } from "../structured.ts";
import { phaseSums, productSums } from "../waves.ts";
import { type Family, ROUNDING } from "./family.ts";

/** Settings of random Fourier moments. Ω is regenerated from them. */
export interface FourierSpec extends FrequencySettings {
  readonly kind: "fourier";
  readonly law: LawName;
  /** Scales σ in the units of the features; frequency j has scale j mod (number of scales). */
  readonly scales: readonly number[];
  /** Number of frequencies. */
  readonly m: number;
  readonly seed: number;
  readonly draw: DrawName;
  /** Present if a sample sends only the signs of its dithered cosines and sines (one-bit.ts). */
  readonly quantised?: "1bit";
  /** Present if m is `auto`: the degrees of freedom of the pilot, which m is a multiple of. */
  readonly freedom?: number;
}

export interface FourierOptions {
  readonly kind: "fourier";
  /** Law of the frequencies; default gaussian. */
  readonly law?: LawName;
  /** Scales σ, or `auto` (default): from the pilot's spread and clusters, see `autoScales`. */
  readonly scales?: readonly number[] | "auto";
  /** Number of frequencies, or `auto`: from the pilot (`autoFrequencies`). Default 4096. */
  readonly m?: number | "auto";
  /** Seed of the frequencies; default 1. */
  readonly seed?: number;
  /** How the frequencies are drawn together (`draws`); default: `defaultDraw`, and independent for `quantised`. */
  readonly draw?: DrawName;
  /** Moments from one bit for every cosine and sine (one-bit.ts); default: from the numbers themselves. */
  readonly quantised?: "1bit";
}

/**
 * The scales of `auto`, as multiples c of the data's spread r = √E|u - Eu|². σ is chosen so that the mean of ωᵀCov(u)ω over the law is
 * 1/c². For Gaussian data the moments then have a modulus of about exp(-1/2c²): 0.02, 0.25, 0.6. For the Gaussian law σ = c r; in general
 * σ = c r norm/√k, with the law's own norm. If the data form clusters much narrower than their spread, `autoScales` adds finer scales.
 */
export const AUTO_SCALES: readonly number[] = [0.35, 0.6, 1];

/** Ratio of one automatic scale to the next. */
const AUTO_RATIO = 1.7;

/**
 * The scales of `auto` as multiples of the spread. `clusters` is the standard deviation of one cluster along one direction, as a fraction
 * of the data's own (1 for a Gaussian, 0.1 for narrow clusters far apart). Finer scales are added, each 1/1.7 of the one before, down to
 * 0.6 of `clusters`. So the moments see the shape of a cluster as well as that of the whole.
 */
export function autoScales(clusters: number): number[] {
  const scales = [...AUTO_SCALES];
  for (let c = AUTO_SCALES[0]! / AUTO_RATIO; c >= 0.6 * clusters; c /= AUTO_RATIO) scales.unshift(c);
  return scales;
}

/** Number of frequencies when none is given. */
export const DEFAULT_FREQUENCIES = 4096;

/** `auto` has so many frequencies for each degree of freedom of the pilot. */
const FREQUENCIES_EACH = 8;
/** Frequencies and samples of the pilot that the degrees of freedom are counted with, and the variance that counts one half. */
const COUNTED = { frequencies: 1000, samples: 500, variance: 1e-3 };

/**
 * The number of frequencies of `auto`, and what it is a multiple of: N(10⁻³), the degrees of freedom of the moments on the pilot's features
 * u [P, k] (`degreesOfFreedom`).
 */
async function autoFrequencies(
  { features: u }: { readonly features: NdArray<Float32Array> },
  spec: Pick<FourierSpec, "kind" | "law" | "scales" | "seed">,
): Promise<{ m: number; freedom: number }> {
  const [rows, k] = [Math.min(u.shape[0]!, COUNTED.samples), u.shape[1]!];
  const some = ndarray((contiguous(u) as Float32Array).slice(0, rows * k), [rows, k]);
  const omega = drawFrequencies({ ...spec, m: COUNTED.frequencies, draw: "independent" }, k);
  const freedom = Math.ceil(await degreesOfFreedom(some, omega, COUNTED.variance));
  if (freedom === 0) {
    throw new InputError("sketch: frequencies auto: all samples of the pilot are equal, no number follows; give one");
  }
  return { m: FREQUENCIES_EACH * freedom, freedom };
}

const requireScales = (scales: readonly number[]): readonly number[] => {
  if (scales.length === 0) throw new InputError("sketch: scale: expected at least one number");
  const bad = scales.find((s) => !(s > 0 && s < Infinity));
  if (bad !== undefined) throw new InputError(`sketch: scale: must be a positive number, got ${bad}`);
  return scales;
};

/** The frequencies Ω [k, m] of a spec. Columns are drawn in order, so a larger m keeps the first ones, but not of product frequencies. */
export function drawFrequencies(spec: FourierSpec, k: number): NdArray<Float32Array> {
  if (spec.draw === "structured") return denseOf(drawStructured(spec, k), k);
  if (spec.draw === "product") return denseProduct(drawProduct(spec, k), spec.m);
  const { law, scales, m, seed } = spec;
  const random = stream(seed, "frequencies", law);
  const omega = new Float32Array(k * m);
  const column = new Float64Array(k);
  for (let j = 0; j < m; j++) {
    laws[law].draw(random, column);
    const scale = scales[j % scales.length]!;
    for (let i = 0; i < k; i++) omega[i * m + j] = column[i]! / scale;
  }
  return ndarray(omega, [k, m]);
}

/** Φ(x) = (cos ωⱼᵀu, sin ωⱼᵀu), j = 1 … m, on the features u of x: CL-GN (Schellekens, Jacques 2020) eq. 1 without 1/√m. */
export const fourier: Family<FourierSpec, FourierOptions> = {
  title: "Fourier moments",
  aboutReference: false,
  summary: "random Fourier moments exp(i ωᵀu) of the features",
  design: async (
    { law = "gaussian", scales = "auto", m = DEFAULT_FREQUENCIES, seed = 1, draw: asked, quantised },
    context,
  ) => {
    if (!Object.hasOwn(laws, law)) throw new InputError(`sketch: unknown law "${law}"; ${suggestion(law, lawNames)}`);
    if (m !== "auto" && !(Number.isInteger(m) && m > 0)) {
      throw new InputError(`sketch: frequencies: must be a positive integer or auto, got ${m}`);
    }
    if (!(Number.isSafeInteger(seed) && seed >= 0)) {
      throw new InputError(`sketch: seed: must be an integer of at least 0, got ${seed}`);
    }
    if (asked !== undefined && !Object.hasOwn(draws, asked)) {
      throw new InputError(`sketch: unknown draw "${asked}"; ${suggestion(asked, drawNames)}`);
    }
    if (asked === "structured" && context.features < 2) {
      throw new InputError("sketch: structured frequencies need at least 2 features, got 1; draw them independent");
    }
    if (asked === "product" && !laws[law].mixing) {
      throw new InputError(
        `sketch: the law ${law} is no mixture of Gaussians, so it has no product frequencies; draw them independent`,
      );
    }
    if (quantised !== undefined && quantised !== "1bit") {
      throw new InputError(`sketch: quantise: expected 1bit, got "${quantised}"`);
    }
    if (quantised && asked === "product") {
      throw new InputError(
        "sketch: quantise: product frequencies are summed without each one's cosine, so there is nothing to take the sign of; draw them independent",
      );
    }
    const spec = async (used: readonly number[]): Promise<FourierSpec> => {
      const drawn = { kind: "fourier", law, scales: used, seed } as const;
      const number = m === "auto" ? await autoFrequencies(await context.pilot("frequencies auto"), drawn) : { m };
      const draw = asked ?? (quantised ? "independent" : defaultDraw(law, number.m));
      if (draw === "product" && number.m <= productLayout({ law, m: number.m, scales: used }).blocks) {
        throw new InputError(`sketch: ${number.m} frequencies are too few for products; draw them independent`);
      }
      return { kind: "fourier", law, scales: used, ...number, seed, draw, ...(quantised && { quantised }) };
    };
    if (scales !== "auto") return spec([...requireScales(scales)]);
    const spread = context.spread("scale auto");
    if (!(spread > 0)) {
      throw new InputError("sketch: scale auto: all samples of the pilot are equal, no scale follows; give scales");
    }
    const unit = (spread * laws[law].norm(context.features)) / Math.sqrt(context.features);
    const clusters = (await context.cluster("scale auto")) / (spread / Math.sqrt(context.features));
    return spec(autoScales(clusters).map((c) => Number((c * unit).toPrecision(6))));
  },
  describe: ({ m, draw, law, scales, seed, quantised, freedom }) => {
    const rounded = scales.map((s) => Number(s.toPrecision(4))).join(", ");
    const signs = quantised ? `, from signs: ${2 * m} bits a sample` : "";
    const auto =
      freedom === undefined ? "" : `, auto: ${FREQUENCIES_EACH} times the pilot's ${freedom} degrees of freedom`;
    return `${m} ${draw} frequencies, law ${law}, scales ${rounded}, seed ${seed}${signs}${auto}`;
  },
  sums: ({ m }) => ({ cos: [m], sin: [m] }),
  degrees: { cos: 0, sin: 0 },
  inputs: (spec, { features }) => {
    if (isOutside(spec, features)) return spec.draw === "product" && features > FEW ? listsOf(spec, features) : {};
    const dither = spec.quantised && { [DITHER]: ditherOf(spec) };
    if (spec.draw === "structured") return { ...drawStructured(spec, features), ...dither };
    return { omega: drawFrequencies(spec, features), ...dither };
  },
  width: (spec) => {
    if (spec.draw !== "product") return spec.m;
    const { blocks, rows, columns } = productLayout(spec);
    return 2 * blocks * (rows + columns);
  },
  impossible: ({ quantised }, { count, sums, whole }) => {
    const most = (quantised ? MOST_MODULUS : 1) * (count + ROUNDING * whole.count);
    return sums.cos!.some((c, j) => !(Math.hypot(c, sums.sin![j]!) <= most)) ? "a moment" : undefined;
  },
  block: (_, { features, weights }, { omega, signs, radii, dither }) => {
    const phase = omega ? tf.matMul(features, omega) : structuredPhase(features, signs!, radii!); // [n, m]
    if (dither) return signMoments(phase, dither, weights);
    return { cos: tf.matMul(weights, tf.cos(phase)), sin: tf.matMul(weights, tf.sin(phase)) };
  },
  outside: (spec, { dimensions: { features: k }, rows: n, groups }) => {
    if (!isOutside(spec, k)) return undefined;
    const vectors = k <= FEW && {
      vectors: { k, of: Object.fromEntries(Object.entries(listsOf(spec, k)).map(([name, { data }]) => [name, data])) },
    };
    if (spec.draw === "independent") return phaseSums({ sizes: { phase: spec.m }, n, ...vectors }, groups);
    const { blocks, rows, columns } = productLayout(spec);
    const sizes = { rows: blocks * rows, columns: blocks * columns };
    return productSums({ sizes, n, ...vectors }, { blocks, rows, columns }, spec.m, groups);
  },
  forOutside: (_, { features }, lists) => {
    if (features.shape[1]! <= FEW) return { features: tf.transpose(features) };
    const made = Object.entries(lists).map(([name, list]) => [name, tf.matMul(list, features, false, true)]);
    return Object.fromEntries(made);
  },
};

/** Phases of so few features are made outside of the graph: faster than there and on the way from there. */
const FEW = 16;

/** Whether sums are made outside of the graph (waves.ts). */
const isOutside = ({ draw, quantised }: FourierSpec, k: number): boolean =>
  draw === "product" || (draw === "independent" && k <= FEW && !quantised);

/** The vectors whose phases are summed, [size, k], by the name of their list: the frequencies, or those that product frequencies consist of. */
function listsOf(spec: FourierSpec, k: number): Readonly<Record<string, NdArray<Float32Array>>> {
  if (spec.draw !== "product") {
    const columns = drawFrequencies(spec, k).transpose(1, 0);
    return { phase: ndarray(contiguous(columns) as Float32Array, [spec.m, k]) };
  }
  const lists = Object.entries(drawProduct(spec, k));
  return Object.fromEntries(lists.map(([name, list]) => [name, ndarray(list.data, [list.size / k, k])]));
}
