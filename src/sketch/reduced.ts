import { InputError } from "../data/errors.ts";
import { multiply, multiplyTransposed } from "../data/matmul.ts";
import { dot } from "../data/vector.ts";
import { dimensionsOf, familySpec } from "./design.ts";
import { fromTriangle } from "./families/family.ts";
import { featureBasis, referenceOf } from "./features.ts";
import { mean, type Sketch, total } from "./sketch.ts";

/**
 * The covariance of the samples, as far as reduced second moments determine it: the sum of two parts, B S Bᵀ + diag(e). Nothing here has
 * size d × d.
 */
export interface ReducedCovariance {
  /** B [d, k]: the basis of the features; absent where the features are the samples' own numbers. */
  readonly basis?: Float64Array;
  /** S [k, k], the covariance of the features. */
  readonly features: Float64Array;
  /** e [d], at least 0: the part of every number's variance that the features do not explain. */
  readonly rest: Float64Array;
}

/** The parts of a sketch with reduced second moments. Errors (InputError): a sketch without them, or of one sample. */
export function reducedCovariance(sketch: Sketch): ReducedCovariance {
  const { design, count } = sketch;
  if (!familySpec(design, "second-moments", "covariance").reduced) {
    throw new InputError("covariance: the second moments of this sketch are not reduced");
  }
  const mu = mean(sketch);
  const d = mu.length;
  const k = dimensionsOf(design).features;
  const pca = featureBasis(design.arrays);
  const basis = pca && Float64Array.from(pca.basis.data);
  const reference = referenceOf(design.arrays, d);
  const about = (from: Float32Array) => mu.map((v, i) => v - from[i]!);
  const offset = about(pca ? pca.mean.data : reference);
  const centre = basis ? multiply(offset, basis, 1, d, k) : offset;
  const features = fromTriangle(total(sketch, "second-moments.uu"), k).map(
    (v, at) => v / count - centre[Math.floor(at / k)]! * centre[at % k]!,
  );
  const squares = total(sketch, "second-moments.squares");
  const along = basis && multiply(basis, features, d, k, k);
  const rest = about(reference).map((m, i) => {
    const known = along && basis ? dot(along, i * k, basis, i * k, k) : features[i * (k + 1)]!;
    return Math.max(0, squares[i]! / count - m * m - known);
  });
  return { ...(basis && { basis }), features, rest };
}

/** B S Bᵀ + diag(e) as one matrix [d, d], exactly symmetric. */
export function denseOfReduced({ basis, features, rest }: ReducedCovariance): Float64Array {
  const d = rest.length;
  const k = Math.sqrt(features.length);
  const out = basis ? multiplyTransposed(multiply(basis, features, d, k, k), basis, k) : features.slice();
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) out[i * d + j] = out[j * d + i]!; // products are symmetric to rounding only
    out[i * (d + 1)]! += rest[i]!;
  }
  return out;
}
