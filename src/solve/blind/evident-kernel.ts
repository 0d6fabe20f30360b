import type { Boundary } from "../../../operators/operator.ts";
import { raisedCholesky } from "../../../priors/raised-cholesky.ts";
import { cholesky, logDeterminant, solveLower, solveLowerTransposed } from "../../data/cholesky.ts";
import { trace } from "../../data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../data/matmul.ts";
import { dot, squaredNorm } from "../../data/vector.ts";
import { pauses } from "../../engine/events.ts";
import { product, productTransposed } from "../../engine/float64.ts";
import type { PixelGaussian } from "./likeliest-gaussian.ts";
import { outerContinued } from "./planes.ts";

type Size = readonly [number, number];

/** The most steps; some fifteen are usual. */
const STEPS = 40;
/** Steps end when one raises the logarithm of the evidence by less. */
const TOLERANCE = 0.01;
/** Of what the slope promises, the least part that a step must reach (Armijo), and the most halvings of one. */
const [SLOPE, HALVINGS] = [1e-4, 10];
/** Part of its mean variance that is added to the variances of a covariance, and more if that does not make it definite. */
const RAISE = 1e-5;
const MORE = [0, 1e-4, 1e-3, 1e-2];

export interface EvidentKernelProblem {
  /** y [h · w]. */
  readonly y: Float64Array;
  readonly size: Size;
  readonly sigma: number;
  readonly boundary: Boundary;
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
 * The kernel of most evidence of y = k ∗ x + w, w ~ N(0, σ²I), x ~ N(μ, C) given its held pixels, k ~ N(κ, Q⁻¹), with x integrated out:
 *
 *   argmin over k ≥ 0 of ½ rᵀS⁻¹r + ½ log det S + ½ (k − κ)ᵀQ(k − κ),   r = y − k ∗ μ,   S = σ²I + KCKᵀ,   Kx = k ∗ x.
 *
 * The likeliest pair of image and kernel is one of hardly any blur; the likeliest kernel is not (Levin, Weiss, Durand, Freeman 2009, "Understanding and evaluating blind
 * deconvolution algorithms"). Its gradient is (E[XᵀX] k − E[X]ᵀy)/σ² + Q(k − κ) with Xk = k ∗ x and x drawn from its posterior (Fisher's identity). Steps are those of Gauss and
 * Newton, with the curvature E[X]ᵀS⁻¹E[X] + Q, halved until they are short enough. A weight at 0 that would fall stays there (Bertsekas 1982, projected Newton methods).
 * Steps of expectation maximisation, which have E[XᵀX]/σ² instead, hardly move where σ is small. Runs on the host in float64. Ends with the signal's reason.
 */
export async function evidentKernel(problem: EvidentKernelProblem, signal?: AbortSignal): Promise<Float64Array> {
  const pause = pauses(signal);
  const l = problem.start.length;
  const { objectiveOf, derivativesOf } = await evidence(problem, signal);
  let kernel = Float64Array.from(problem.start);
  let value = await objectiveOf(kernel);
  for (let step = 0; step < STEPS; step++) {
    await pause();
    const { gradient, curvature } = await derivativesOf(kernel);
    const stays = Array.from(kernel, (weight, a) => weight <= 0 && gradient[a]! > 0);
    for (let a = 0; a < l; a++) {
      if (!stays[a]) continue;
      gradient[a] = 0;
      for (let b = 0; b < l; b++) curvature[a * l + b] = curvature[b * l + a] = Number(a === b);
    }
    const factor = cholesky(curvature, l);
    const direction = solveLowerTransposed(factor, l, solveLower(factor, l, gradient.slice()));
    const before = value;
    for (let halving = 0, length = 1; halving < HALVINGS; halving++, length /= 2) {
      const next = kernel.map((weight, a) => Math.max(0, weight - length * direction[a]!));
      const promised = kernel.reduce((sum, weight, a) => sum + gradient[a]! * (weight - next[a]!), 0);
      const found = await objectiveOf(next);
      if (!(found <= value - SLOPE * promised)) continue;
      [kernel, value] = [next, found];
      break;
    }
    if (before - value < TOLERANCE) break;
  }
  return kernel;
}

/** The objective of `evidentKernel`, and its gradient [l] with the curvature [l, l] of Gauss and Newton. */
async function evidence(
  { y, size, sigma, boundary, image, held, kernel, kernelSize, start }: EvidentKernelProblem,
  signal?: AbortSignal,
) {
  const [n, l] = [y.length, start.length];
  const sources = sourcesOf(size, kernelSize, boundary);
  const free = Array.from({ length: n }, (_, p) => p).filter((p) => !held.has(p));
  const f = free.length;
  const place = new Int32Array(n).fill(-1);
  for (const [at, p] of free.entries()) place[p] = at;
  const { mean, root } = await givenHeld(image, free, held, signal); // x = mean + root e at the free pixels
  const own = await definite(kernel.covariance, l, signal);
  const inverse = solveLower(
    own,
    l,
    Float64Array.from({ length: l * l }, (_, at) => Number(at % (l + 1) === 0)),
  ); // rows F⁻¹e_a
  const precision = await productTransposed(inverse, inverse, l);

  /** y − k ∗ μ and B = K·root [n, f] as rows [f, n], with the factor of M = I + BᵀB/σ². */
  const through = async (k: Float64Array) => {
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
    const factor = cholesky(M, f);
    const seen = solveLower(factor, f, multiplyTransposed(B, rest, n)); // F⁻¹Bᵀr
    return { B, factor, rest, seen };
  };
  const gapOf = (k: Float64Array) => k.map((v, a) => v - kernel.mean[a]!);

  const objectiveOf = async (k: Float64Array): Promise<number> => {
    const { factor, rest, seen } = await through(k);
    const ofY = squaredNorm(rest) / sigma ** 2 - squaredNorm(seen) / sigma ** 4 + logDeterminant(factor, f);
    return 0.5 * (ofY + squaredNorm(solveLower(own, l, gapOf(k))));
  };
  const derivativesOf = async (k: Float64Array) => {
    const { B, factor, seen } = await through(k);
    const scaled = solveLowerTransposed(factor, f, seen).map((v) => v / sigma ** 2);
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
    const spread = solveLower(factor, f, root.slice());
    const covariance = await productTransposed(spread, spread, f); // of the free pixels given y
    const squares = await productTransposed(X, X, n);
    const known = solveLower(factor, f, await productTransposed(X, B, n)); // rows F⁻¹BᵀX_a
    const learned = await productTransposed(known, known, f);
    const curvature = squares.map((v, at) => v / sigma ** 2 - learned[at]! / sigma ** 4 + precision[at]!);
    addCovariances(squares, covariance, sources, place);
    const pulled = multiplyTransposed(precision, gapOf(k), l);
    const [ofModel, ofData] = [multiplyTransposed(squares, k, l), multiplyTransposed(X, y, n)];
    const gradient = pulled.map((v, a) => v + (ofModel[a]! - ofData[a]!) / sigma ** 2);
    return { gradient, curvature };
  };
  return { objectiveOf, derivativesOf };
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
function sourcesOf([height, width]: Size, kernel: Size, boundary: Boundary): Int32Array {
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
  const part = (rows: readonly number[], columns: readonly number[]) =>
    Float64Array.from({ length: rows.length * columns.length }, (_, at) => {
      const row = rows[Math.floor(at / columns.length)]!;
      return covariance[row * n + columns[at % columns.length]!]!;
    });
  const [f, h] = [free.length, known.length];
  const own = Float64Array.from(free, (p) => mean[p]!);
  if (h === 0) return { mean: own, root: await definite(part(free, free), f, signal) };
  const factor = await definite(part(known, known), h, signal);
  const across = solveLower(factor, h, part(free, known));
  const gap = solveLower(
    factor,
    h,
    Float64Array.from(known, (p) => held.get(p)! - mean[p]!),
  );
  const moved = multiplyTransposed(across, gap, h);
  const told = await productTransposed(across, across, h);
  const left = part(free, free).map((v, at) => v - told[at]!);
  return { mean: own.map((v, at) => v + moved[at]!), root: await definite(left, f, signal) };
}

/** L of a covariance [size, size] whose diagonal is raised. */
function definite(covariance: Float64Array, size: number, signal?: AbortSignal): Promise<Float64Array> {
  const mean = trace(covariance, size) / size;
  const raised = covariance.slice();
  for (let i = 0; i < size; i++) raised[i * (size + 1)]! += RAISE * mean; // also where nothing varies
  return raisedCholesky(
    raised,
    size,
    MORE.map((part) => () => part * mean),
    signal,
  );
}
