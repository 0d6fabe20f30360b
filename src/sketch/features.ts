import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { InputError } from "../data/errors.ts";
import { compile } from "../engine/index.ts";
import { principalComponents } from "./pca.ts";

/** The coordinates in which Fourier moments are taken: the sample's own numbers, or principal components. */
export type FeatureSpec = { readonly kind: "raw" } | { readonly kind: "pca"; readonly components: number };

/** Arrays that a design stores. They come from its pilot and cannot be regenerated from settings. */
export type DesignArrays = Readonly<Record<string, NdArray<Float32Array>>>;

/** Names of the PCA's arrays in a design: mean [d] and orthonormal basis [d, K]. */
const MEAN = "features.mean";
const BASIS = "features.basis";

/** Name of the reference in a design's arrays: see `referenceFor`. */
const REFERENCE = "reference";

/** Reads `raw` or `pca:K`. */
export function parseFeatures(text: string): FeatureSpec {
  if (text === "raw") return { kind: "raw" };
  const components = Number(/^pca:(\d+)$/.exec(text)?.[1]);
  if (components > 0) return { kind: "pca", components };
  throw new InputError(`features: expected raw or pca:K with K at least 1, got "${text}"`);
}

export const featureName = (spec: FeatureSpec): string => (spec.kind === "raw" ? "raw" : `pca:${spec.components}`);

/** Number of features of a sample of `dimension` numbers. */
export const featureCount = (spec: FeatureSpec, dimension: number): number =>
  spec.kind === "raw" ? dimension : spec.components;

/** u = x for raw features, u = (x - mean) B for PCA. x [n, d] → u [n, k]; a pure tensor function. */
export function encodeFeatures(
  spec: FeatureSpec,
  x: tf.Tensor,
  arrays: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor {
  if (spec.kind === "raw") return x;
  return tf.matMul(tf.sub(x, arrays[MEAN]!), arrays[BASIS]!);
}

/** mean + B u of features u [n, k] of a PCA, u itself of raw features: [n, d]. A pure tensor function. */
export const decodeFeatures = (
  spec: FeatureSpec,
  u: tf.Tensor,
  arrays: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor => (spec.kind === "raw" ? u : tf.add(arrays[MEAN]!, tf.matMul(u, arrays[BASIS]!, false, true)));

/** The mean [d] and basis [d, K] of a design's PCA, or undefined for raw features. x ≈ mean + B u. */
export function featureBasis(arrays: DesignArrays) {
  const mean = arrays[MEAN];
  const basis = arrays[BASIS];
  return mean && basis ? { mean, basis } : undefined;
}

/** The reference c [d] of a design, which is subtracted from samples before they are summed; 0 if the design holds none. */
export const referenceOf = (arrays: DesignArrays, d: number): Float32Array =>
  arrays[REFERENCE]?.data ?? new Float32Array(d);

/** x − c for samples x [n, d] and the reference c of a design. A pure tensor function. */
export const centredSamples = (x: tf.Tensor, arrays: Readonly<Record<string, tf.Tensor>>): tf.Tensor =>
  arrays[REFERENCE] ? tf.sub(x, arrays[REFERENCE]) : x;

/**
 * The features relative to the reference: x − c for raw features. PCA features stay as they are, because they are already relative to the
 * pilot's mean. A pure tensor function.
 */
export const centredFeatures = (
  spec: FeatureSpec,
  x: tf.Tensor,
  arrays: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor => (spec.kind === "raw" ? centredSamples(x, arrays) : encodeFeatures(spec, x, arrays));

/**
 * The reference of a design: the mean of the pilot, rounded to multiples of the power of two nearest to 8s, where s is the root mean
 * squared standard deviation of the pilot's numbers. Float32 squares of numbers relative to it keep their digits, however large the mean
 * is. Because of the rounding, pilots that differ by chance have the same reference. If the mean is less than about 4s everywhere, the
 * reference is 0 and nothing is stored.
 */
function referenceFor(mean: Float64Array, s: number): DesignArrays {
  const step = 2 ** Math.round(Math.log2(8 * s));
  const reference = Float32Array.from(mean, (v) => (s > 0 ? step * Math.round(v / step) + 0 : v));
  return reference.some((v) => v !== 0) ? { [REFERENCE]: ndarray(reference, [reference.length]) } : {};
}

/** What is learned about the features from the pilot. */
export interface PilotFacts {
  readonly arrays: DesignArrays;
  /** The reference, if it is not 0. */
  readonly reference: DesignArrays;
  /** Root mean squared distance of the pilot's features from their mean. */
  readonly spread: number;
  /** The power of two that is nearest to the root mean square of the pilot's numbers relative to the reference; 1 if they are 0. */
  readonly unit: number;
}

/**
 * Estimates from a pilot [P, d] what the features need. For PCA: the mean and the `components` leading eigenvectors of the covariance
 * (`principalComponents`; the largest entry of each is positive). Always: the features' spread √tr(C).
 * `mostExact` is that of `principalComponents`.
 * Errors: more components than dimensions, or as many components as pilot samples or more.
 */
export async function learnFeatures(
  spec: FeatureSpec,
  pilot: NdArray<Float32Array>,
  signal?: AbortSignal,
  mostExact?: number,
): Promise<PilotFacts> {
  const [rows = 0, d = 0] = pilot.shape;
  if (spec.kind === "pca") {
    const name = featureName(spec);
    if (spec.components > d) throw new InputError(`features: ${name} asks for more components than dimensions (${d})`);
    if (spec.components >= rows) {
      throw new InputError(`features: ${name} needs a pilot of more than ${spec.components} samples, got ${rows}`);
    }
  }
  const mean = columnMeans(pilot.data, rows, d);
  const centred = new Float32Array(rows * d);
  let squares = 0;
  for (let i = 0; i < centred.length; i++) {
    centred[i] = pilot.data[i]! - mean[i % d]!;
    squares += centred[i]! ** 2;
  }
  const reference = referenceFor(mean, Math.sqrt(squares / centred.length));
  const unit = unitOf(pilot.data, referenceOf(reference, d));
  if (spec.kind === "raw") return { arrays: {}, reference, spread: Math.sqrt(squares / rows), unit };

  const k = spec.components;
  const { values, vectors } = await principalComponents(ndarray(centred, [rows, d]), k, signal, mostExact);
  const basis = new Float32Array(d * k);
  for (let i = 0; i < d; i++) for (let j = 0; j < k; j++) basis[i * k + j] = vectors[j * d + i]!;
  return {
    arrays: { [MEAN]: ndarray(Float32Array.from(mean), [d]), [BASIS]: ndarray(basis, [d, k]) },
    ...{ reference, unit },
    spread: Math.sqrt(values.reduce((sum, v) => sum + Math.max(0, v), 0) / rows),
  };
}

function unitOf(data: Float32Array, reference: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i]! - reference[i % reference.length]!) ** 2;
  return squares > 0 ? 2 ** Math.round(Math.log2(squares / data.length) / 2) : 1;
}

/** The features u [n, k] of samples [n, d]. */
export const featuresOf = (spec: FeatureSpec, rows: NdArray<Float32Array>, arrays: DesignArrays) =>
  spec.kind === "raw" ? Promise.resolve(rows) : encodedBy(spec, rows, arrays);

/** The most numbers of rows that are encoded at once, 64 MB: the engine holds them a second time. */
const MOST_NUMBERS = 2 ** 24;

async function encodedBy(
  spec: FeatureSpec,
  rows: NdArray<Float32Array>,
  arrays: DesignArrays,
): Promise<NdArray<Float32Array>> {
  const [count, d] = rows.shape as [number, number];
  const size = Math.max(1, Math.min(count, Math.floor(MOST_NUMBERS / d)));
  const part = ndarray(new Float32Array(size === count ? 0 : size * d), [size, d]);
  const encoded = await compile(
    (given: { x: tf.Tensor; arrays: Readonly<Record<string, tf.Tensor>> }) =>
      encodeFeatures(spec, given.x, given.arrays),
    { x: size === count ? rows : part, arrays },
    { name: "features" },
  );
  const encode = async (x: NdArray<Float32Array>) => (await encoded.run({ x, arrays })) as NdArray<Float32Array>;
  try {
    if (size === count) return await encode(rows);
    const k = featureCount(spec, d);
    const out = new Float32Array(count * k);
    for (let first = 0; first < count; first += size) {
      const own = Math.min(size, count - first);
      part.data.set(rows.data.subarray(first * d, (first + own) * d)); // the last part ends with rows of the one before
      out.set((await encode(part)).data.subarray(0, own * k), first * k);
    }
    return ndarray(out, [count, k]);
  } finally {
    await encoded.dispose();
  }
}

/** Means of the columns of rows [rows, d]. */
export function columnMeans(data: Float32Array | Float64Array, rows: number, d: number): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < rows * d; i++) mean[i % d]! += data[i]!;
  return mean.map((v) => v / rows);
}
