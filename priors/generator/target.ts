import ndarray, { type NdArray } from "ndarray";
import { sizeOf } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { transpose } from "../../src/data/matmul.ts";
import { product } from "../../src/engine/float64.ts";
import {
  asDrawn,
  covariance,
  FEATURE_WEIGHTS,
  type FeatureNetwork,
  type Frequencies,
  familySpec,
  featureBasis,
  fourierMoments,
  labelCounts,
  mean,
  ofLabel,
  reducedCovariance,
  type Sketch,
  type SketchDesign,
  samplingFloor,
  withoutLabels,
} from "../../src/sketch/index.ts";
import type { Decoder } from "./model.ts";

/** What every target has: the network's units, and the data's mean and covariance in them. Arrays marked with labels have one entry a label if the sketch is by label. */
export interface MomentTarget {
  readonly decoder: Decoder;
  /** Probability of every label; absent where the sketch is not by label. */
  readonly probabilities?: readonly number[];
  /** Mean [(labels,) d] and covariance [(labels,) d, d] of the network's output u, of d numbers. */
  readonly mean: NdArray<Float32Array>;
  readonly covariance: NdArray<Float32Array>;
}

/** What a generator is trained towards by Fourier moments. Everything in it comes from the sketch. */
export interface Target extends MomentTarget {
  /** Fourier moments of the features: frequencies, means of cosines and sines [(labels,) m]. */
  readonly frequencies: Frequencies;
  readonly cos: NdArray<Float32Array>;
  readonly sin: NdArray<Float32Array>;
  /** The features of the mean of all samples, [k]. Those of an output u are offset + scale ⊙ u; with an encoder offset + (scale ⊙ u)E. */
  readonly offset: NdArray<Float32Array>;
  /** E [n, k], the map from pixels to features: present where the network outputs pixels and the features are others. */
  readonly encoder?: NdArray<Float32Array>;
}

/** The same by moments of a network's features. */
export interface FeatureTarget extends MomentTarget {
  readonly features: {
    readonly network: FeatureNetwork;
    readonly weights: Float32Array;
    /** Means and mean squares of the features, [(labels,) p]. */
    readonly mean: NdArray<Float32Array>;
    readonly squares: NdArray<Float32Array>;
  };
}

export const isFeatureTarget = (target: Target | FeatureTarget): target is FeatureTarget => "features" in target;

/** Scales below this fraction of the largest are raised to it, so that nothing is divided by the 0 of a constant feature. */
const SMALLEST_SCALE = 1e-3;

/** What a network outputs: the sketch's features, or the pixels of a sample. */
export type Output = "features" | "pixels";

/**
 * The target of a network by Fourier moments. Outside the features' directions, only the loss of mean and covariance constrains a network that outputs pixels.
 * Errors (InputError): missing families, constant data, a label with a single sample.
 */
export async function targetOf(sketch: Sketch, output: Output = "features"): Promise<Target> {
  const { design } = sketch;
  familySpec(design, "fourier", "train"); // before labels are told apart, so that the message names what there is
  const { origin, ...common } = await momentTargetOf(sketch, output);
  const learned = featureBasis(design.arrays);
  const encoded = output === "pixels" ? learned : undefined;
  const moments = (await partsOf(sketch)).map(fourierMoments);
  const stacked = (of: (one: (typeof moments)[number]) => Float32Array) => stackedByLabel(design, moments.map(of));
  const vector = (data: ArrayLike<number>) => ndarray(Float32Array.from(data), [data.length]);
  return {
    ...common,
    frequencies: asDrawn(design),
    cos: stacked(({ cos }) => cos),
    sin: stacked(({ sin }) => sin),
    ...(encoded
      ? { encoder: encoded.basis, offset: vector(featuresOf(mean(sketch), encoded)) }
      : { offset: vector(origin) }),
  };
}

/**
 * The target of a network by moments of features. Errors (InputError): missing families, constant data, features that are the same for all samples, a label with a single sample.
 */
export async function featureTargetOf(sketch: Sketch, output: Output = "features"): Promise<FeatureTarget> {
  const { design } = sketch;
  const network = familySpec(design, "network-moments", "train");
  const { origin: _, ...common } = await momentTargetOf(sketch, output);
  const parts = await partsOf(sketch);
  const stacked = (name: string) =>
    stackedByLabel(
      design,
      parts.map(({ sums, count }) => sums[`network-moments.${name}`]!.map((v) => v / count)),
    );
  return {
    ...common,
    features: {
      ...{ network, weights: design.arrays[FEATURE_WEIGHTS]!.data },
      ...{ mean: stacked("mean"), squares: stacked("squares") },
    },
  };
}

/** Vectors of the sketch, or of each label, after each other: [(labels,) size]. */
function stackedByLabel({ labels }: SketchDesign, arrays: readonly ArrayLike<number>[], shape = [arrays[0]!.length]) {
  const size = arrays[0]!.length;
  const out = new Float32Array(arrays.length * size);
  for (const [i, values] of arrays.entries()) out.set(values, i * size);
  return ndarray(out, [...(labels === undefined ? [] : [labels]), ...shape]);
}

/**
 * The data's mean and covariance in a network's units, and the features of their mean, [k]. Each feature has a scale of its own. Pixels share one, so that those which hardly vary do not weigh as much
 * as the others.
 */
async function momentTargetOf(
  sketch: Sketch,
  output: Output,
): Promise<MomentTarget & { readonly origin: Float64Array }> {
  const { design } = sketch;
  const n = sizeOf(design.shape);
  const centre = mean(sketch);
  const learned = featureBasis(design.arrays);
  const pca = output === "features" ? learned : undefined;
  const k = pca ? pca.basis.shape[1]! : n;
  const inFeatures = async (of: Sketch) => (pca ? featureCovariance(of, pca.basis) : covariance(of));
  const whole = await inFeatures(sketch);
  const deviations = Float64Array.from({ length: k }, (_, i) => Math.sqrt(Math.max(0, whole[i * k + i]!)));
  const largest = deviations.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) {
    throw new InputError("train: the sketched data are constant (covariance 0), there is nothing to learn");
  }
  const mean2 = deviations.reduce((sum, d) => sum + d * d, 0) / k;
  const scale = deviations.map((d) => (output === "pixels" ? Math.sqrt(mean2) : Math.max(d, SMALLEST_SCALE * largest)));
  const origin = pca ? featuresOf(centre, pca) : centre;
  const meanOf = (of: Sketch) => {
    const at = pca ? featuresOf(mean(of), pca) : mean(of);
    return at.map((v, i) => (v - origin[i]!) / scale[i]!);
  };
  const covarianceOf = async (of: Sketch) =>
    (of === sketch ? whole : await inFeatures(of)).map((v, i) => v / (scale[Math.floor(i / k)]! * scale[i % k]!));
  const parts = await partsOf(sketch);
  const array = (data: ArrayLike<number>, shape: number[]) => ndarray(Float32Array.from(data), shape);
  return {
    origin,
    decoder: {
      centre: array(centre, [n]),
      scale: array(scale, [k]),
      ...(pca && { basis: pca.basis }),
    },
    ...(design.labels !== undefined && { probabilities: [...labelCounts(sketch)].map((n) => n / sketch.count) }),
    mean: stackedByLabel(design, parts.map(meanOf)),
    covariance: stackedByLabel(design, await Promise.all(parts.map(covarianceOf)), [k, k]),
  };
}

/** The sketch itself, or the sketch of each label. For a label without samples (probability 0) the sketch of all labels is used. */
async function partsOf(sketch: Sketch): Promise<Sketch[]> {
  if (sketch.design.labels === undefined) return [sketch];
  return Promise.all(
    [...labelCounts(sketch)].map(async (count, label) => {
      if (count === 1) {
        throw new InputError(
          `train: label ${label} has 1 sample, expected none or at least 2; or train without labels`,
        );
      }
      return count === 0 ? withoutLabels(sketch) : ofLabel(sketch, label);
    }),
  );
}

/** The sketch's sampling floor (`samplingFloor`), by label the mean over the labels by their probabilities. */
export async function floorOf(sketch: Sketch): Promise<number> {
  const parts = await partsOf(sketch);
  if (parts[0] === sketch) return samplingFloor(sketch);
  const counts = labelCounts(sketch);
  return parts.reduce((sum, part, label) => {
    const probability = counts[label]! / sketch.count;
    return probability === 0 ? sum : sum + probability * samplingFloor(part);
  }, 0);
}

/**
 * The start of a generator's linear path S [latent, k]: the Gaussian with the sketch's covariance, cut to its leading
 * directions. With C = UΛUᵀ, row i of S is √λᵢ uᵢ; rows beyond k are 0. By label, [labels, 1 + latent, k]: the mean of each
 * label above its S.
 */
export function gaussianStart({ mean, covariance, decoder, probabilities }: MomentTarget, latent: number) {
  const k = decoder.scale.size;
  if (!probabilities) return ndarray(squareRoot(covariance.data, decoder.scale.data, latent), [latent, k]);
  const start = new Float32Array(probabilities.length * (1 + latent) * k);
  for (let label = 0; label < probabilities.length; label++) {
    const at = label * (1 + latent) * k;
    start.set(mean.data.subarray(label * k, (label + 1) * k), at);
    const own = covariance.data.subarray(label * k * k, (label + 1) * k * k);
    start.set(squareRoot(own, decoder.scale.data, latent), at + k);
  }
  return ndarray(start, [probabilities.length, 1 + latent, k]);
}

/** Rows √λᵢ uᵢ of the leading eigenvectors of a covariance [k, k]. They lead in the units of the features, before the division by the scale. */
function squareRoot(covariance: Float32Array, scale: Float32Array, latent: number): Float32Array {
  const k = scale.length;
  const count = Math.min(latent, k);
  const inUnits = Float64Array.from(covariance, (v, i) => v * scale[Math.floor(i / k)]! * scale[i % k]!);
  const { values, vectors } = symmetricEigen(inUnits, k, count);
  const start = new Float32Array(latent * k);
  for (let i = 0; i < count; i++) {
    const standardDeviation = Math.sqrt(Math.max(0, values[i]!));
    for (let j = 0; j < k; j++) start[i * k + j] = (standardDeviation * vectors[i * k + j]!) / scale[j]!;
  }
  return start;
}

/** The covariance [k, k] of the features Bᵀx: BᵀCB, of reduced second moments what they sum. */
async function featureCovariance(sketch: Sketch, { data, shape }: NdArray<Float32Array>): Promise<Float64Array> {
  if (familySpec(sketch.design, "second-moments", "train").reduced) return reducedCovariance(sketch).features;
  const [n, k] = shape as [number, number];
  return product(transpose(data, n, k), await product(covariance(sketch), data, n, n, k), k, n, k);
}

/** Bᵀ(x − mean), the features of x. */
function featuresOf(x: Float64Array, { mean, basis }: { mean: NdArray<Float32Array>; basis: NdArray<Float32Array> }) {
  const k = basis.shape[1]!;
  const out = new Float64Array(k);
  for (let i = 0; i < x.length; i++) {
    for (let q = 0; q < k; q++) out[q]! += (x[i]! - mean.data[i]!) * basis.data[i * k + q]!;
  }
  return out;
}
