import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../../src/data/errors.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../src/data/matmul.ts";
import { covariance, featureBasis, localSpec, mean, type Sketch } from "../../src/sketch/index.ts";
import { gaussiansOf } from "./cells.ts";
import type { MixtureModel } from "./model.ts";

export interface MixtureOptions {
  /**
   * ν: a coarse cell's covariance is drawn towards half of its label's with the weight of ν samples; default 50. Half, because
   * a cell spans about that fraction of its label.
   */
  readonly shrinkage?: number;
}

/** What has to be known of the features u [k] in terms of the signals x [n]: x = centre + D(u − ū) + r. */
interface Regression {
  /** ū = E u, [k]. */
  readonly origin: Float64Array;
  /** D [n, k], the regression of x on u. */
  readonly matrix: Float64Array;
  /** Cov r [n, n], r uncorrelated with u. */
  readonly residual: Float64Array;
}

/**
 * The mixture of Gaussians that local moments describe, in closed form:
 *
 *   u ~ Σ_j π_j N(μ_j, Σ_c(j)),  x = x̄ + D(u − ū) + r,  r ~ N(0, C).
 *
 * One component a fine cell j with samples: π_j its fraction of them, μ_j its mean. Fine cells of one coarse cell share its
 * covariance (see cells.ts). D and C follow by linear regression of
 * the pixels on the features from the global covariance Σ: D = Σ_xu Σ_uu⁻¹, C = Σ − D Σ_ux.
 *
 * Errors (InputError): a sketch without local or second moments, constant data, a shrinkage below 0.
 */
export function fitMixture(sketch: Sketch, { shrinkage = 50 }: MixtureOptions = {}): MixtureModel {
  if (!(shrinkage >= 0 && shrinkage < Number.POSITIVE_INFINITY)) {
    throw new InputError(`mixture: shrinkage: expected a number of at least 0, got ${shrinkage}`);
  }
  const { coarse, fine, features: k, leading } = localSpec(sketch);
  const { origin, matrix, residual } = regression(sketch, k);
  const groups = sketch.design.labels ?? 1;

  const weights: number[] = [];
  const labels: number[] = [];
  const means: Float64Array[] = [];
  const covarianceOf: number[] = [];
  const factors: Float64Array[] = [];
  for (let group = 0; group < groups; group++) {
    const part = (name: string) => {
      const all = sketch.sums[`local-moments.${name}`]!;
      return all.subarray((group * all.length) / groups, ((group + 1) * all.length) / groups);
    };
    const sums = { count: part("count"), u: part("u"), aa: part("aa"), uu: part("uu") };
    for (const { factor, components } of gaussiansOf({ leading, features: k, coarse, fine, sums }, shrinkage)) {
      factors.push(factor);
      for (const { count, mean: centre } of components) {
        weights.push(count / sketch.count);
        means.push(centre.map((v, i) => v - origin[i]!));
        covarianceOf.push(factors.length - 1);
        labels.push(group);
      }
    }
  }
  const n = matrix.length / k;
  const array = (parts: readonly Float64Array[], shape: number[]): NdArray<Float32Array> => {
    const data = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return ndarray(data, shape);
  };
  return {
    shape: sketch.design.shape,
    weights: Float64Array.from(weights),
    means: array(means, [means.length, k]),
    covarianceOf: Int32Array.from(covarianceOf),
    factors: array(factors, [factors.length, k, k]),
    centre: array([mean(sketch)], [n]),
    matrix: array([matrix], [n, k]),
    residual: array([residual], [n, n]),
    ...(sketch.design.labels !== undefined && { labels: Int32Array.from(labels) }),
  };
}

/** The first k columns of B, [n, k]. */
function leadingColumns({ data, shape }: NdArray<Float32Array>, k: number): Float64Array {
  const [n, columns] = shape as [number, number];
  return Float64Array.from({ length: n * k }, (_, at) => data[Math.floor(at / k) * columns + (at % k)]!);
}

/** The first k unit vectors as columns, [n, k]: the basis of raw features. */
const unitColumns = (n: number, k: number): Float64Array =>
  Float64Array.from({ length: n * k }, (_, at) => Number(Math.floor(at / k) === at % k));

/** Directions of the features with less than this fraction of the largest variance say nothing of the pixels. */
const RANK = 1e-9;

function regression(sketch: Sketch, k: number): Regression {
  const centre = mean(sketch);
  const sigma = covariance(sketch);
  const n = centre.length;
  const pca = featureBasis(sketch.design.arrays);
  const basis = pca ? leadingColumns(pca.basis, k) : unitColumns(n, k);
  const offset = pca ? centre.map((v, i) => v - pca.mean.data[i]!) : centre;
  const cross = multiply(sigma, basis, n, n, k); // Σ_xu [n, k]
  const own = multiply(transpose(basis, n, k), cross, k, n, k); // Σ_uu
  const { values, vectors } = symmetricEigen(own, k);
  if (!(values[0]! > 0)) {
    throw new InputError("mixture: the sketched data are constant (covariance 0), there is nothing to learn");
  }
  const scaled = vectors.map((v, at) => {
    const value = values[Math.floor(at / k)]!;
    return value > RANK * values[0]! ? v / Math.sqrt(value) : 0;
  });
  const half = multiplyTransposed(cross, scaled, k); // Σ_xu Σ_uu^{-1/2}, [n, k]
  const explained = multiplyTransposed(half, half, k);
  return {
    origin: multiply(offset, basis, 1, n, k),
    matrix: multiply(half, scaled, n, k, k),
    residual: sigma.map((v, i) => v - explained[i]!),
  };
}
