import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../../src/data/errors.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { sizeOf } from "../../src/engine/graph.ts";
import { covariance, featureBasis, fourierMoments, frequencies, mean, type Sketch } from "../../src/sketch/index.ts";
import type { Decoder } from "./model.ts";

/** What a generator is trained towards: everything in it comes from the sketch, nothing from the data. */
export interface Target {
  readonly decoder: Decoder;
  /** Fourier moments of the features: frequencies [k, m], means of cosines and sines [m]. */
  readonly frequencies: NdArray<Float32Array>;
  readonly cos: NdArray<Float32Array>;
  readonly sin: NdArray<Float32Array>;
  /** Features are offset + scale ⊙ u, [k]: where their mean is. */
  readonly offset: NdArray<Float32Array>;
  /** Covariance of u = (features − offset)/scale, [k, k]. */
  readonly covariance: NdArray<Float32Array>;
}

/** Scales below this fraction of the largest are raised to it, so that constant pixels do not divide by zero. */
const SMALLEST_SCALE = 1e-3;

export function targetOf(sketch: Sketch): Target {
  const { design } = sketch;
  const n = sizeOf(design.shape);
  const centre = mean(sketch);
  const full = covariance(sketch);
  const pca = featureBasis(design.arrays);
  const k = pca ? pca.basis.shape[1]! : n;
  const inFeatures = pca ? project(full, pca.basis.data, n, k) : full;
  const deviations = Float64Array.from({ length: k }, (_, i) => Math.sqrt(Math.max(0, inFeatures[i * k + i]!)));
  const largest = deviations.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) {
    throw new InputError("train: the sketched data are constant (covariance 0), there is nothing to learn");
  }
  const scale = deviations.map((d) => Math.max(d, SMALLEST_SCALE * largest));
  const offset = pca ? encode(centre, pca.mean.data, pca.basis.data, k) : centre;
  const moments = fourierMoments(sketch);
  const array = (data: ArrayLike<number>, shape: number[]) => ndarray(Float32Array.from(data), shape);
  return {
    decoder: {
      centre: array(centre, [n]),
      scale: array(scale, [k]),
      ...(pca && { basis: pca.basis }),
    },
    frequencies: frequencies(design),
    cos: array(moments.cos, [moments.cos.length]),
    sin: array(moments.sin, [moments.sin.length]),
    offset: array(offset, [k]),
    covariance: array(
      inFeatures.map((v, i) => v / (scale[Math.floor(i / k)]! * scale[i % k]!)),
      [k, k],
    ),
  };
}

/**
 * The start of a generator's linear path S [latent, k]: the Gaussian with the sketch's covariance, cut to its leading
 * directions. With C = UΛUᵀ, row i of S is √λᵢ uᵢ; rows beyond k are 0.
 */
export function gaussianStart({ covariance, decoder }: Target, latent: number): NdArray<Float32Array> {
  const k = decoder.scale.size;
  const count = Math.min(latent, k);
  const inUnits = Float64Array.from(
    covariance.data,
    (v, i) => v * decoder.scale.data[Math.floor(i / k)]! * decoder.scale.data[i % k]!,
  );
  const { values, vectors } = symmetricEigen(inUnits, k, count);
  const start = new Float32Array(latent * k);
  for (let i = 0; i < count; i++) {
    const deviation = Math.sqrt(Math.max(0, values[i]!));
    for (let j = 0; j < k; j++) start[i * k + j] = (deviation * vectors[i * k + j]!) / decoder.scale.data[j]!;
  }
  return ndarray(start, [latent, k]);
}

/** BᵀCB for C [n, n] and B [n, k]. */
function project(c: Float64Array, basis: Float32Array, n: number, k: number): Float64Array {
  const half = new Float64Array(n * k); // CB
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const v = c[i * n + j]!;
      if (v !== 0) for (let q = 0; q < k; q++) half[i * k + q]! += v * basis[j * k + q]!;
    }
  }
  const out = new Float64Array(k * k);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < k; p++) {
      const v = basis[i * k + p]!;
      for (let q = 0; q < k; q++) out[p * k + q]! += v * half[i * k + q]!;
    }
  }
  return out;
}

/** Bᵀ(x − mean). */
function encode(x: Float64Array, origin: Float32Array, basis: Float32Array, k: number): Float64Array {
  const out = new Float64Array(k);
  for (let i = 0; i < x.length; i++) {
    for (let q = 0; q < k; q++) out[q]! += (x[i]! - origin[i]!) * basis[i * k + q]!;
  }
  return out;
}
