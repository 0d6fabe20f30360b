import type { Random } from "../data/random.ts";
import { dot } from "../data/vector.ts";
import { Atoms } from "./atoms.ts";
import { BestWeights, type Complex, complex } from "./best-weights.ts";
import type { Objective } from "./minimise.ts";
import type { StandardMoments } from "./moments.ts";

/** One component at the frequencies: its characteristic function is `gaussian` times `factor`. */
interface Parts {
  readonly gaussian: Complex;
  readonly factor: Float64Array;
  readonly whole: Complex;
  /** ωⱼᵀ of each direction, [r] arrays of [m], and the sum of their squares. */
  readonly along: readonly Float64Array[];
  readonly squares: Float64Array;
}

/** Largest |c|. Uniform coordinates have c = −1/20 in one dimension, and fits of them −.056 and up to the limit in three and two; with a larger one a descent may take two subspaces for one of heavy tails. */
const MOST = 1 / 16;

/** Standard deviation of the means that a descent begins with, and its variance across the subspaces. */
const [START_MEAN, START_ACROSS] = [0.3, 0.1];

/** c and its derivative over the unknown that stands for it: any number. */
function shapeOf(unknown: number): readonly [c: number, slope: number] {
  const t = Math.tanh(unknown);
  return [MOST * t, MOST * (1 - t * t)];
}

/**
 * The misfit of points near K affine subspaces of dimension r to moments z: (1/m) min_{α ≥ 0} ‖z − Σ αₖaₖ‖² (`BestWeights`). Component k has the mean μₖ, directions Vₖ [r, d] within its subspace, and a
 * variance v across it, the same for all: aₖ(ω) = exp(iωᵀμₖ − ½s − ½v|ω|²)(1 + cs²) with s = |Vₖω|². With c = 0 that is the Gaussian N(μₖ, VₖᵀVₖ + vI). For coordinates of other symmetric laws there is one c, since s² is
 * the first even term in which characteristic functions of one covariance differ (c = excess kurtosis / 24 in one dimension). Skewed laws, which differ in s^(3/2), are not modelled. Unknowns θ: for each component μₖ [d] and Vₖ [r, d], then ln v, then artanh(16c).
 */
export class SubspaceMisfit {
  readonly #moments: StandardMoments;
  readonly #rank: number;
  readonly #atoms: Atoms;
  readonly #best: BestWeights;
  readonly #parts: readonly Parts[];
  /** Unknowns of one component. */
  readonly #width: number;
  readonly #phases: Float64Array;
  readonly #moduli: Float64Array;

  constructor(moments: StandardMoments, k: number, rank: number) {
    const { m, d } = moments;
    [this.#moments, this.#rank, this.#width] = [moments, rank, d * (1 + rank)];
    [this.#atoms, this.#best] = [new Atoms(moments), new BestWeights(moments)];
    this.#parts = Array.from({ length: k }, () => ({
      ...{ gaussian: complex(m), whole: complex(m), factor: new Float64Array(m), squares: new Float64Array(m) },
      along: Array.from({ length: rank }, () => new Float64Array(m)),
    }));
    [this.#phases, this.#moduli] = [new Float64Array(m), new Float64Array(m)];
  }

  /** α at the point that was evaluated last. */
  get weights(): Float64Array {
    return this.#best.weights;
  }

  /** θ to descend from: random means and directions, Gaussian coordinates. The points have the variance 1. */
  start(random: Random): Float64Array {
    const { d } = this.#moments;
    const unknowns = this.#parts.length * this.#width;
    const theta = random.fillNormal(new Float64Array(unknowns + 2));
    for (let at = 0; at < unknowns; at++) theta[at]! *= at % this.#width < d ? START_MEAN : Math.sqrt(1 / this.#rank);
    theta.set([Math.log(START_ACROSS), 0], unknowns);
    return theta;
  }

  /** v. */
  across = (theta: Float64Array): number => Math.exp(theta.at(-2)!);
  mean = (theta: Float64Array, k: number): Float64Array => this.#slice(theta, k, 0, 1);
  directions = (theta: Float64Array, k: number): Float64Array => this.#slice(theta, k, 1, 1 + this.#rank);

  /** The misfit and its gradient. */
  readonly value: Objective = (theta, gradient) => {
    const { m, d, omega } = this.#moments;
    const [shape, slope] = shapeOf(theta.at(-1)!);
    for (const [k, parts] of this.#parts.entries()) this.#evaluate(theta, k, parts);
    const misfit = this.#best.fit(this.#parts.map(({ whole }) => whole));
    const [phases, moduli] = [this.#phases, this.#moduli];
    gradient.fill(0);
    for (const [k, { gaussian, factor, along, squares }] of this.#parts.entries()) {
      if (!this.#best.slopes(k, gaussian, phases, moduli)) continue;
      const at = k * this.#width;
      for (let j = 0; j < m; j++) phases[j]! *= factor[j]!;
      this.#atoms.overMean(phases, gradient, at);
      const overSquares = moduli.map((u, j) => u * (2 * shape * squares[j]! - factor[j]! / 2));
      for (const [q, t] of along.entries()) {
        const slopes = t.map((x, j) => 2 * x * overSquares[j]!);
        for (let i = 0; i < d; i++) gradient[at + (1 + q) * d + i] = dot(slopes, 0, omega[i]!, 0, m);
      }
      gradient[theta.length - 1]! += slope * moduli.reduce((sum, u, j) => sum + u * squares[j]! ** 2, 0);
      for (let j = 0; j < m; j++) moduli[j]! *= factor[j]!;
      gradient[theta.length - 2]! += this.#atoms.overVariances(moduli, this.across(theta))[0]!;
    }
    return misfit;
  };

  #evaluate(theta: Float64Array, k: number, { gaussian, whole, factor, along, squares }: Parts): void {
    const { m, d, omega } = this.#moments;
    const [shape] = shapeOf(theta.at(-1)!);
    this.#atoms.evaluate(this.mean(theta, k), this.across(theta), gaussian.re, gaussian.im);
    const directions = this.directions(theta, k);
    squares.fill(0);
    for (const [q, t] of along.entries()) {
      t.fill(0);
      for (let i = 0; i < d; i++) for (let j = 0; j < m; j++) t[j]! += directions[q * d + i]! * omega[i]![j]!;
      for (let j = 0; j < m; j++) squares[j]! += t[j]! ** 2;
    }
    for (let j = 0; j < m; j++) {
      const s = squares[j]!;
      const modulus = Math.exp(-s / 2);
      factor[j] = 1 + shape * s * s;
      gaussian.re[j]! *= modulus;
      gaussian.im[j]! *= modulus;
      whole.re[j] = gaussian.re[j]! * factor[j]!;
      whole.im[j] = gaussian.im[j]! * factor[j]!;
    }
  }

  #slice(theta: Float64Array, k: number, from: number, to: number): Float64Array {
    const { d } = this.#moments;
    return theta.subarray(k * this.#width + from * d, k * this.#width + to * d);
  }
}
