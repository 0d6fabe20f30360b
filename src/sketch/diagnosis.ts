import { InputError } from "../data/errors.ts";
import { dimensionsOf, familySpec, type SketchDesign } from "./design.ts";
import { drawProduct, productNorms } from "./product.ts";
import { columnNorms, fitScale, type ModulusPoints } from "./scale.ts";
import { fourierMoments, frequencies, type Sketch } from "./sketch.ts";
import { structuredNorms } from "./structured.ts";

/** |ω_j| of every frequency of a design. */
function frequencyNorms(design: SketchDesign): Float64Array {
  const spec = familySpec(design, "fourier", "modulus of the moments");
  const { features } = dimensionsOf(design);
  if (spec.draw === "structured") return structuredNorms(spec, features);
  if (spec.draw === "product") return productNorms(drawProduct(spec, features), spec.m);
  return columnNorms(frequencies(design), spec.m);
}

/** |ω_j| and |z_j| of a sketch's Fourier moments. */
export function modulusPoints(sketch: Sketch): { norms: Float64Array; moduli: Float64Array; count: number } {
  const { cos, sin } = fourierMoments(sketch);
  return {
    norms: frequencyNorms(sketch.design),
    moduli: Float64Array.from(cos, (c, j) => Math.hypot(c, sin[j]!)),
    count: sketch.count,
  };
}

/** `fitScale` of a sketch: the standard deviation of one cluster along one direction, in the units of the features. */
export function estimateScale(sketch: Sketch): number {
  const found = fitScale(modulusPoints(sketch));
  if (found !== undefined) return found;
  const { words } = diagnoseScale(sketch);
  throw new InputError(`scale: cannot be estimated from this sketch: its scales are ${words}`);
}

export type ScaleVerdict = "good" | "too coarse" | "too fine";

export interface ScaleDiagnosis extends ModulusPoints {
  /** Modulus of a moment that is only noise: 1/√n. */
  readonly noise: number;
  /** Fractions of the moments above 0.95, and below three times the noise. */
  readonly nearOne: number;
  readonly atNoise: number;
  readonly verdict: ScaleVerdict;
  /** The verdict as a sentence, with what to do. */
  readonly words: string;
}

/** A moment above `NEAR_ONE` cannot tell the samples apart at its scale. */
const NEAR_ONE = 0.95;
/** There is a verdict if more than this fraction of the moments is of one kind. */
const MOST = 0.8;

/**
 * Whether a sketch's scales suit its data. Moments with a modulus of nearly 1 see all samples as one point (σ is too large). Moments at
 * the noise 1/√n see nothing that the samples share (σ is too small). There is a verdict if more than 80 % are of one kind.
 */
export function diagnoseScale(sketch: Sketch): ScaleDiagnosis {
  const points = modulusPoints(sketch);
  const m = points.moduli.length;
  const noise = 1 / Math.sqrt(sketch.count);
  const nearOne = points.moduli.filter((v) => v > NEAR_ONE).length / m;
  const atNoise = points.moduli.filter((v) => v < 3 * noise && v <= NEAR_ONE).length / m;
  const percent = (fraction: number) => `${Math.round(100 * fraction)} %`;
  const fractions = `${percent(nearOne)} of the moments are nearly 1, ${percent(atNoise)} are at the noise`;
  const verdict = nearOne > MOST ? "too coarse" : atNoise > MOST ? "too fine" : "good";
  const advice = {
    good: "good",
    "too coarse": "too coarse, use smaller scales",
    "too fine": "too fine, use larger scales",
  };
  return { ...points, noise, nearOne, atNoise, verdict, words: `${advice[verdict]} (${fractions})` };
}
