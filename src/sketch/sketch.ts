import type { NdArray } from "ndarray";
import { InputError } from "../data/errors.ts";
import { dimensionsOf, familySpec, isByLabel, type SketchDesign } from "./design.ts";
import { drawFrequencies } from "./families/fourier.ts";
import { referenceOf } from "./features.ts";
import { MOST_MODULUS } from "./one-bit.ts";
import type { Privacy } from "./privacy.ts";
import { drawProduct, type ProductFactors } from "./product.ts";
import type { Provenance } from "./provenance.ts";

/**
 * Sums of moments over the samples, never means, and the number of samples. So the sketches of parts add up to the sketch of the whole.
 * `sums` is keyed by family and name: `fourier.cos`, `fourier.sin` [m]; `second-moments.x` [d], `second-moments.xx` [d(d+1)/2], the
 * lower triangle; `local-moments.count`, `local-moments.u`, `local-moments.aa`, `local-moments.uu` (families/local-moments.ts). In a
 * sketch by label (`design.labels`) the labels are the first axis, and `labels.count` counts their samples; see labels.ts.
 */
export interface Sketch {
  readonly design: SketchDesign;
  readonly count: number;
  readonly sums: Readonly<Sums>;
  /** What the float64 numbers of `sums` leave out of the exact sums (exact-sums.ts); absent where that is 0. */
  readonly rest?: Readonly<Sums>;
  /** Which rows of which data were summed; absent from sketches made of others, as that of one label. */
  readonly provenance?: Provenance;
  /** Present where the sums are those that the noisy ones of a private sketch tell (`plausible`). */
  readonly privacy?: Privacy;
}

/** Sums by name. */
export type Sums = Record<string, Float64Array>;

/** A sum over all samples. If sums are by label, those of all labels are added. */
export function total({ design, sums }: Sketch, name: string): Float64Array {
  const all = sums[name]!;
  const [kind] = name.split(".");
  const groups = design.families.some((spec) => spec.kind === kind && isByLabel(design, spec)) ? design.labels! : 1;
  const size = all.length / groups;
  const out = all.slice(0, size);
  for (let at = size; at < all.length; at++) out[at % size]! += all[at]!;
  return out;
}

const drawn = new WeakMap<SketchDesign, NdArray<Float32Array>>();

/** The frequencies Ω [k, m] of a design, one per column, in the coordinates of the features; drawn once and kept. */
export function frequencies(design: SketchDesign): NdArray<Float32Array> {
  const known = drawn.get(design);
  if (known) return known;
  const omega = drawFrequencies(familySpec(design, "fourier", "frequencies"), dimensionsOf(design).features);
  drawn.set(design, omega);
  return omega;
}

/** Ω [k, m], or the lists of product frequencies. */
export type Frequencies = NdArray<Float32Array> | ProductFactors<NdArray<Float32Array>>;

/** The frequencies of a design in the form that is fastest to compute with. */
export function asDrawn(design: SketchDesign): Frequencies {
  const spec = familySpec(design, "fourier", "frequencies");
  return spec.draw === "product" ? drawProduct(spec, dimensionsOf(design).features) : frequencies(design);
}

/**
 * The empirical characteristic function at the frequencies: the means of cos ωⱼᵀu and sin ωⱼᵀu for every frequency. The paper's z_X
 * (CL-GN eq. 1) is (cos + i sin)/√m.
 */
export function fourierMoments(sketch: Sketch): { cos: Float32Array; sin: Float32Array } {
  familySpec(sketch.design, "fourier", "fourier moments");
  requireSamples("fourier moments", sketch, 1);
  const means = (name: string) => Float32Array.from(total(sketch, name), (v) => v / sketch.count);
  return { cos: means("fourier.cos"), sin: means("fourier.sin") };
}

/**
 * The sketch's own sampling noise, (1/m) Σⱼ (1 - |zⱼ|²)/n, where zⱼ is the mean of exp(i ωⱼᵀu); from signs, whose squared modulus is π²/8, that in place of 1. It is the expected ‖z_X - A(P)‖² of a
 * sketch of n samples of P. A prior whose loss is below it fits the noise.
 */
export function samplingFloor(sketch: Sketch): number {
  requireSamples("sampling floor", sketch, 2);
  const { cos, sin } = fourierMoments(sketch);
  const { quantised } = familySpec(sketch.design, "fourier", "sampling floor");
  const square = quantised ? MOST_MODULUS ** 2 : 1;
  let sum = 0;
  for (let j = 0; j < cos.length; j++) sum += square - cos[j]! ** 2 - sin[j]! ** 2;
  return sum / cos.length / sketch.count;
}

/** The mean of the samples, [d]. */
export function mean(sketch: Sketch): Float64Array {
  familySpec(sketch.design, "second-moments", "mean");
  requireSamples("mean", sketch, 1);
  const { arrays } = sketch.design;
  const sum = total(sketch, "second-moments.x");
  const reference = referenceOf(arrays, sum.length);
  return sum.map((v, i) => v / sketch.count + reference[i]!);
}

/** The spec of a sketch's local moments. Errors: a sketch without them. */
export const localSpec = ({ design }: Sketch) => familySpec(design, "local-moments", "mixture");

export function requireSamples(what: string, { count }: Sketch, least: number): void {
  if (count >= least) return;
  throw new InputError(`${what}: needs a sketch of at least ${least} sample${least > 1 ? "s" : ""}, got ${count}`);
}
