import { InputError } from "../data/errors.ts";
import { trace } from "../data/linalg.ts";
import { multiply, transpose } from "../data/matmul.ts";
import { stream } from "../data/random.ts";
import { covariance, featureBasis, fourierMoments, frequencies, mean, type Sketch } from "../sketch/index.ts";

/**
 * The Fourier moments of a sketch in standard coordinates v = (u − E u)/s, where u are the features and s² = tr Cov(u)/d. So every task has
 * unknowns of size 1, and no task depends on the unit or the place of the data.
 */
export interface StandardMoments {
  readonly d: number;
  /** Number of frequencies. */
  readonly m: number;
  /** Coordinate i of all frequencies, for each i: [d] arrays of [m]. */
  readonly omega: readonly Float64Array[];
  /** Mean of cos ωᵀv and of sin ωᵀv, [m]. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Cov(v) [d, d]. */
  readonly covariance: Float64Array;
  /** s, in the unit of the features. */
  readonly scale: number;
  /** Samples behind the moments. */
  readonly count: number;
  /** Points v [k, d] in the samples' own numbers, [k, D]. */
  points(v: Float64Array): Float64Array;
  /** Directions v [k, d] in the samples' own numbers, [k, D]: `points` without the mean. */
  directions(v: Float64Array): Float64Array;
  /** Rows w [k, d] that act on v as rows that act on samples, [k, D]: wᵀv = functionals(w)ᵀ(x − E x). */
  functionals(w: Float64Array): Float64Array;
  /** Points v [k, d] in the features. */
  features(v: Float64Array): Float64Array;
}

/**
 * Standard moments of a sketch with Fourier and second moments. Errors (InputError), which begin with `who`: a sketch without one of the two, or of samples that
 * are all equal.
 */
export function standardMoments(who: string, sketch: Sketch): StandardMoments {
  const { design, count } = sketch;
  for (const kind of ["fourier", "second-moments"] as const) {
    if (design.families.some((spec) => spec.kind === kind)) continue;
    const has = design.families.map((spec) => spec.kind).join(", ");
    throw new InputError(
      `${who}: needs a sketch with Fourier and second moments, got one with ${has}; sketch the data without --sketch-size`,
    );
  }
  const { cos, sin } = fourierMoments(sketch);
  const { data, shape } = frequencies(design);
  const [d, m] = shape as [number, number];
  const mu = mean(sketch);
  const full = covariance(sketch);
  const pca = featureBasis(design.arrays);
  const basis = pca && Float64Array.from(pca.basis.data); // [D, d]
  const size = mu.length;
  const centre =
    basis && pca
      ? multiply(
          mu.map((v, i) => v - pca.mean.data[i]!),
          basis,
          1,
          size,
          d,
        )
      : mu;
  const own = basis ? multiply(transpose(basis, size, d), multiply(full, basis, size, size, d), d, size, d) : full;
  const scale = Math.sqrt(trace(own, d) / d);
  if (!(scale > 0)) throw new InputError(`${who}: all samples of the sketch are equal, there is nothing to learn`);
  const omega = Array.from({ length: d }, (_, i) =>
    Float64Array.from({ length: m }, (_, j) => data[i * m + j]! * scale),
  );
  const [re, im] = [new Float64Array(m), new Float64Array(m)];
  for (let j = 0; j < m; j++) {
    let phase = 0;
    for (let i = 0; i < d; i++) phase += data[i * m + j]! * centre[i]!;
    const [c, s] = [Math.cos(phase), Math.sin(phase)]; // E exp(iωᵀ(u − Eu)) = z exp(−iωᵀEu)
    re[j] = cos[j]! * c + sin[j]! * s;
    im[j] = sin[j]! * c - cos[j]! * s;
  }
  const spread = (v: Float64Array): Float64Array =>
    basis ? multiply(v, transpose(basis, size, d), v.length / d, d, size) : v;
  const directions = (v: Float64Array) => spread(v.map((x) => x * scale));
  return {
    ...{ d, m, omega, re, im, scale, count },
    features: (v) => v.map((x, at) => x * scale + centre[at % d]!),
    covariance: own.map((v) => v / scale ** 2),
    directions,
    functionals: (w) => spread(w.map((x) => x / scale)),
    points: (v) => directions(v).map((x, at) => x + mu[at % size]!),
  };
}

/** `wanted` of the frequencies, drawn from the seed; all of them if there are no more. */
export function someOf(moments: StandardMoments, wanted: number, seed: number): StandardMoments {
  if (wanted >= moments.m) return moments;
  const chosen = stream(seed, "learn", "frequencies").permutation(moments.m).slice(0, wanted);
  const pick = (of: Float64Array) => Float64Array.from(chosen, (j) => of[j]!);
  return { ...moments, m: wanted, omega: moments.omega.map(pick), re: pick(moments.re), im: pick(moments.im) };
}
