import { symmetricEigen } from "../../src/data/linalg.ts";
import { transpose } from "../../src/data/matmul.ts";
import { productTransposed } from "../../src/engine/float64.ts";
import type { LossyGaussian } from "../../src/sketch/index.ts";

/** A number is taken for constant if its variance is estimated at less than so many standard errors of that of a constant. */
const STANDS_OUT = 3;

/** Eigenvalues above so many times the size of the most negative one are leading ones, of which covariances are not tapered. */
const LEADING = 3;

/** What is known of an estimated covariance's noise. */
type Noisy = Pick<LossyGaussian, "covariance" | "scatter" | "pairs">;

/**
 * A noisy covariance C [n, n] of signals, cleaned by what is known of its noise:
 *
 * 1. Numbers whose variance is below 3 standard errors v√(2/N) of that of a constant, v their scatter, N the samples that show them, are taken for
 *    constant. The noise of their covariances would tie them to the others.
 * 2. What the leading eigenvectors leave, R = C − Σ_leading λvvᵀ, is tapered: R_ij f(i − j), with one factor for each displacement in the signal's
 *    shape, f = (1 − Σ e_ij²/Σ R_ij²)₊ over the pairs at that displacement, the best one in the mean square for noise of the variance
 *    e_ij² = (C_ii + v_i)(C_jj + v_j)/N_ij. Near pixels covary and far ones hardly do, once what all share is taken out (tapering: Furrer, Bengtsson 2007).
 */
export async function cleanedCovariance(noisy: Noisy, shape: readonly number[]): Promise<Float64Array> {
  return tapered({ ...noisy, covariance: withoutConstants(noisy) }, shape);
}

/** How many samples show both of two numbers. */
const countsOf = (pairs: LossyGaussian["pairs"]) =>
  typeof pairs === "number" ? () => pairs : (at: number) => pairs[at]!;

function withoutConstants({ covariance, scatter, pairs }: Noisy): Float64Array {
  const n = scatter.length;
  const samples = countsOf(pairs);
  const constant = scatter.map((v, i) => {
    const at = i * (n + 1);
    return Number(v > 0 && covariance[at]! < STANDS_OUT * v * Math.sqrt(2 / samples(at)));
  });
  return covariance.map((v, at) => (constant[Math.floor(at / n)]! || constant[at % n]! ? 0 : v));
}

async function tapered({ covariance, scatter, pairs }: Noisy, shape: readonly number[]): Promise<Float64Array> {
  const n = scatter.length;
  const samples = countsOf(pairs);
  const { values, vectors } = shrunkEigen(covariance, n, LEADING);
  if (values.length === 0) return covariance; // noise alone
  const roots = transpose(
    vectors.subarray(0, values.length * n).map((v, at) => v * Math.sqrt(values[Math.floor(at / n)]!)),
    values.length,
    n,
  );
  const leading = await productTransposed(roots, roots, values.length);
  const places = placesOf(shape);
  const [noise, squares] = [new Float64Array(2 * places.middle + 1), new Float64Array(2 * places.middle + 1)];
  const spread = scatter.map((v, i) => v + Math.max(0, covariance[i * (n + 1)]!));
  const each = (visit: (at: number, displacement: number) => void) => {
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) visit(i * n + j, places.middle + places.of[i]! - places.of[j]!);
  };
  each((at, d) => {
    if (covariance[at] === 0) return; // a constant, or a pair that is never seen
    noise[d]! += (spread[Math.floor(at / n)]! * spread[at % n]!) / samples(at);
    squares[d]! += (covariance[at]! - leading[at]!) ** 2;
  });
  const out = covariance.slice();
  each((at, d) => {
    if (covariance[at] === 0 || d === places.middle) return;
    const factor = squares[d]! > 0 ? Math.max(0, 1 - noise[d]! / squares[d]!) : 0;
    out[at] = leading[at]! + factor * (covariance[at]! - leading[at]!);
  });
  return out;
}

/** Numbers of the places in a signal, whose differences tell displacements apart, and the largest. */
function placesOf(shape: readonly number[]) {
  let of = [0];
  for (const size of shape) {
    of = of.flatMap((place) => Array.from({ length: size }, (_, i) => place * (2 * size - 1) + i));
  }
  return { of, middle: of.at(-1)! };
}

/**
 * The eigenvalues of a noisy covariance [n, n] above its noise, falling, with the eigenvectors as rows. The size e of the most negative eigenvalue tells the noise of the estimated
 * ones: a larger one λ becomes √(λ² − e²), which is best in the mean square for noise of a symmetric matrix with independent entries (Gavish, Donoho 2017). Those below `least` e are
 * dropped.
 */
export function shrunkEigen(covariance: Float64Array, n: number, least = 1) {
  const { values, vectors } = symmetricEigen(covariance, n);
  const noise = Math.max(0, -values[n - 1]!);
  const kept = values.filter((v) => v > least * noise && v > 1e-9 * values[0]!).length;
  return { values: values.slice(0, kept).map((v) => Math.sqrt(v * v - noise * noise)), vectors };
}
