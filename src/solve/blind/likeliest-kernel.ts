import type { Continuation } from "../../../operators/operator.ts";
import { raisedCholesky } from "../../../priors/raised-cholesky.ts";
import { submatrix } from "../../../priors/submatrix.ts";
import { cholesky, invertLower, logDeterminant, solveLower, solveLowerTransposed } from "../../data/cholesky.ts";
import { trace } from "../../data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../data/matmul.ts";
import { dot, squaredNorm } from "../../data/vector.ts";
import { pauses } from "../../engine/events.ts";
import { choleskyBlocked, product, productTransposed, solveLowerBlocked } from "../../engine/float64.ts";
import type { PixelGaussian } from "./likeliest-gaussian.ts";
import { outerContinued } from "./planes.ts";

type Size = readonly [number, number];

/** The most steps; some fifteen are usual. */
const STEPS = 40;
/** Steps end when one lowers the objective by less. */
const TOLERANCE = 0.01;
/** Of what the slope promises, the least part that a step must reach (Armijo), and the most lengths of one that are tried. */
const [SLOPE, LENGTHS] = [1e-4, 10];
/** A weight below this part of the largest counts as 0 where it would fall: else it would cut every step to nothing. */
const LITTLE = 1e-3;
/** Part of its mean variance that is added to the variances of a covariance, and more if that does not make it definite. */
const RAISE = 1e-5;
const MORE = [0, 1e-4, 1e-3, 1e-2];
/** The mean variance that stands for 0. */
const TINY = 1e-10;

export interface LikeliestKernelProblem {
  /** y [h · w]. */
  readonly y: Float64Array;
  readonly size: Size;
  readonly sigma: number;
  readonly boundary: Continuation;
  /** The law of the image x. */
  readonly image: PixelGaussian;
  /** The pixels of x that are known, each with its value: those that lie on a bound. */
  readonly held: ReadonlyMap<number, number>;
  /** The law of the kernel k, and where the search starts. */
  readonly kernel: PixelGaussian;
  readonly kernelSize: Size;
  readonly start: ArrayLike<number>;
}

/**
 * The likeliest kernel of y = k ∗ x + w given y, w ~ N(0, σ²I), x ~ N(μ, C) given its held pixels, k ~ N(κ, Q⁻¹), with x integrated out:
 *
 *   argmin over k ≥ 0 of ½ rᵀS⁻¹r + ½ log det S + ½ (k − κ)ᵀQ(k − κ),   r = y − k ∗ μ,   S = σ²I + KCKᵀ,   Kx = k ∗ x.
 *
 * The likeliest pair of image and kernel is one of hardly any blur; the likeliest kernel is not (Levin, Weiss, Durand, Freeman 2009, "Understanding and evaluating blind
 * deconvolution algorithms"). Its gradient is (E[XᵀX] k − E[X]ᵀy)/σ² + Q(k − κ) with Xk = k ∗ x and x drawn from its posterior (Fisher's identity). Steps are those of Gauss and
 * Newton, with the curvature E[X]ᵀS⁻¹E[X] + Q, halved until they are short enough. A weight at 0 that would fall stays there (Bertsekas 1982, projected Newton methods).
 * Steps of expectation maximisation, which have E[XᵀX]/σ² instead, are short where σ is small. Runs on the host in float64.
 * Errors (RangeError): σ is not more than 0. Ends with the signal's reason.
 */
export async function likeliestKernel(problem: LikeliestKernelProblem, signal?: AbortSignal): Promise<Float64Array> {
  if (!(problem.sigma > 0)) throw new RangeError(`likeliestKernel: sigma: expected more than 0, got ${problem.sigma}`);
  const l = problem.start.length;
  const { stateOf, derivativesOf } = await evidence(problem, signal);
  let kernel = Float64Array.from(problem.start);
  let state = await stateOf(kernel);
  for (let step = 0; step < STEPS; step++) {
    const { gradient, curvature } = await derivativesOf(kernel, state);
    const least = LITTLE * kernel.reduce((a, b) => Math.max(a, b), 0);
    const stays = Array.from(kernel, (weight, a) => weight <= least && gradient[a]! > 0);
    for (let a = 0; a < l; a++) {
      if (!stays[a]) continue;
      gradient[a] = 0;
      for (let b = 0; b < l; b++) curvature[a * l + b] = curvature[b * l + a] = Number(a === b);
    }
    const factor = cholesky(curvature, l);
    const direction = solveLowerTransposed(factor, l, solveLower(factor, l, gradient.slice()));
    const before = state.objective;
    for (let tried = 0, length = 1; tried < LENGTHS; tried++, length /= 2) {
      const next = kernel.map((weight, a) => (stays[a] ? 0 : Math.max(0, weight - length * direction[a]!)));
      const promised = kernel.reduce((sum, weight, a) => sum + gradient[a]! * (weight - next[a]!), 0);
      const found = await stateOf(next);
      if (!(promised >= 0 && found.objective <= before - SLOPE * promised)) continue;
      [kernel, state] = [next, found];
      break;
    }
    if (before - state.objective < TOLERANCE) break;
  }
  return kernel;
}

/** The objective of `likeliestKernel`, and its gradient [l] with its curvature [l, l]. */
async function evidence(
  { y, size, sigma, boundary, image, held, kernel, kernelSize, start }: LikeliestKernelProblem,
  signal?: AbortSignal,
) {
  const [n, l] = [y.length, start.length];
  const pause = pauses(signal);
  const sources = sourcesOf(size, kernelSize, boundary);
  const free = Array.from({ length: n }, (_, p) => p).filter((p) => !held.has(p));
  const f = free.length;
  const place = new Int32Array(n).fill(-1);
  for (const [at, p] of free.entries()) place[p] = at;
  const { mean, root } = await givenHeld(image, free, held, signal); // x = mean + root e at the free pixels
  const own = await definite(kernel.covariance, l, signal);
  const inverse = transpose(invertLower(own, l), l, l);
  const precision = await productTransposed(inverse, inverse, l);

  const gapOf = (k: Float64Array) => k.map((v, a) => v - kernel.mean[a]!);

  /** The objective of a kernel; rows of Bᵀ, B = K·root [n, f]; the factor F of M = I + BᵀB/σ²; and F⁻¹Bᵀr. */
  const stateOf = async (k: Float64Array) => {
    await pause();
    const K = new Float64Array(n * f);
    const rest = y.slice();
    for (let q = 0; q < n; q++) {
      for (let a = 0; a < l; a++) {
        const p = sources[q * l + a]!;
        if (p < 0) continue;
        const at = place[p]!;
        if (at >= 0) K[q * f + at]! += k[a]!;
        else rest[q]! -= k[a]! * held.get(p)!;
      }
      rest[q]! -= dot(K, q * f, mean, 0, f);
    }
    const B = transpose(await product(K, root, n, f, f), n, f);
    const M = (await productTransposed(B, B, n)).map((v) => v / sigma ** 2);
    for (let at = 0; at < f; at++) M[at * (f + 1)]! += 1;
    const factor = await choleskyBlocked(M, f, signal);
    const seen = solveLower(factor, f, multiplyTransposed(B, rest, n));
    const ofY = squaredNorm(rest) / sigma ** 2 - squaredNorm(seen) / sigma ** 4 + logDeterminant(factor, f);
    return { objective: 0.5 * (ofY + squaredNorm(solveLower(own, l, gapOf(k)))), B, factor, seen };
  };
  /** The gradient and the curvature of Gauss and Newton, from the state of the kernel. */
  const derivativesOf = async (k: Float64Array, { B, factor, seen }: Awaited<ReturnType<typeof stateOf>>) => {
    const scaled = solveLowerTransposed(factor, f, seen.slice()).map((v) => v / sigma ** 2);
    const moved = multiply(root, scaled, f, f, 1);
    const expected = new Float64Array(n);
    for (const [p, value] of held) expected[p] = value;
    for (const [at, p] of free.entries()) expected[p] = mean[at]! + moved[at]!;
    const X = new Float64Array(l * n); // rows of E[X]ᵀ
    for (let q = 0; q < n; q++) {
      for (let a = 0; a < l; a++) {
        const p = sources[q * l + a]!;
        if (p >= 0) X[a * n + q] = expected[p]!;
      }
    }
    const spread = await solveLowerBlocked(factor, f, root.slice(), signal);
    const covariance = await productTransposed(spread, spread, f); // of the free pixels given y
    const squares = await productTransposed(X, X, n);
    const known = await solveLowerBlocked(factor, f, await productTransposed(X, B, n), signal); // rows F⁻¹BᵀX_a
    const learned = await productTransposed(known, known, f);
    const curvature = squares.map((v, at) => v / sigma ** 2 - learned[at]! / sigma ** 4 + precision[at]!);
    await pause();
    addCovariances(squares, covariance, sources, place);
    const pulled = multiplyTransposed(precision, gapOf(k), l);
    const [ofModel, ofData] = [multiplyTransposed(squares, k, l), multiplyTransposed(X, y, n)];
    const gradient = pulled.map((v, a) => v + (ofModel[a]! - ofData[a]!) / sigma ** 2);
    return { gradient, curvature };
  };
  return { stateOf, derivativesOf };
}

/** Adds Cov[XᵀX], Σ_q Cov[x_p, x_p'] of the pixels p, p' that weights a and b bring to pixel q. */
function addCovariances(out: Float64Array, covariance: Float64Array, sources: Int32Array, place: Int32Array): void {
  const [l, f] = [Math.sqrt(out.length), Math.sqrt(covariance.length)];
  const at = new Int32Array(l);
  for (let q = 0; q < sources.length; q += l) {
    for (let a = 0; a < l; a++) at[a] = sources[q + a]! < 0 ? -1 : place[sources[q + a]!]!;
    for (let a = 0; a < l; a++) {
      if (at[a]! < 0) continue;
      const row = at[a]! * f;
      for (let b = 0; b < l; b++) if (at[b]! >= 0) out[a * l + b]! += covariance[row + at[b]!]!;
    }
  }
}

/** The pixel that weight a brings to pixel q, or −1 for what counts as 0: [n, l]. */
function sourcesOf([height, width]: Size, kernel: Size, boundary: Continuation): Int32Array {
  const [rows, columns] = kernel;
  const numbers = Float64Array.from({ length: height * width }, (_, p) => p + 1);
  const outer = outerContinued({ data: numbers, height, width }, kernel, boundary);
  return Int32Array.from({ length: height * width * rows * columns }, (_, at) => {
    const [q, a] = [Math.floor(at / (rows * columns)), at % (rows * columns)];
    const i = Math.floor(q / width) + rows - 1 - Math.floor(a / columns);
    const j = (q % width) + columns - 1 - (a % columns);
    return outer.data[i * outer.width + j]! - 1;
  });
}

/** The mean and a root of the covariance of the free pixels, given the held ones. */
async function givenHeld(
  { mean, covariance }: PixelGaussian,
  free: readonly number[],
  held: ReadonlyMap<number, number>,
  signal?: AbortSignal,
) {
  const n = mean.length;
  const known = [...held.keys()];
  const [f, h] = [free.length, known.length];
  const own = Float64Array.from(free, (p) => mean[p]!);
  const ofFree = await submatrix(covariance, n, free, signal);
  if (h === 0) return { mean: own, root: await definite(ofFree, f, signal) };
  const factor = await definite(await submatrix(covariance, n, known, signal), h, signal);
  const crossed = Float64Array.from(
    { length: f * h },
    (_, at) => covariance[free[Math.floor(at / h)]! * n + known[at % h]!]!,
  );
  const across = await solveLowerBlocked(factor, h, crossed, signal);
  const gap = solveLower(
    factor,
    h,
    Float64Array.from(known, (p) => held.get(p)! - mean[p]!),
  );
  const moved = multiplyTransposed(across, gap, h);
  const told = await productTransposed(across, across, h);
  const left = ofFree.map((v, at) => v - told[at]!);
  return { mean: own.map((v, at) => v + moved[at]!), root: await definite(left, f, signal) };
}

/** L of a covariance [size, size] whose diagonal is raised. */
function definite(covariance: Float64Array, size: number, signal?: AbortSignal): Promise<Float64Array> {
  const mean = trace(covariance, size) / size || TINY;
  const raised = covariance.slice();
  for (let i = 0; i < size; i++) raised[i * (size + 1)]! += RAISE * mean; // also where nothing varies
  return raisedCholesky(
    raised,
    size,
    MORE.map((part) => () => part * mean),
    signal,
  );
}
