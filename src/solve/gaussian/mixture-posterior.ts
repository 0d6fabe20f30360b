import type { NdArray } from "ndarray";
import { drawFeatures } from "../../../priors/mixture/draw.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { logDeterminant, solveLower } from "../../data/cholesky.ts";
import { multiplyTransposed } from "../../data/matmul.ts";
import { requireOptionNames } from "../../data/options.ts";
import { stream } from "../../data/random.ts";
import { dot } from "../../data/vector.ts";
import { pauses } from "../../engine/events.ts";
import { product, productTransposed, solveLowerBlocked } from "../../engine/float64.ts";
import type { IterateOptions } from "../../engine/iterate.ts";
import { type Problem, problemOf } from "../problem.ts";
import type { Chosen } from "../recovery.ts";
import { linearOperatorOf, requireSignalShape } from "../requirements.ts";
import { deviationOf, type MarginalPart, type Marginals } from "../uncertainty/marginals.ts";
import type { Mixture } from "./as-mixture.ts";
import { likelihoodPower } from "./coarsening.ts";
import { drawPosterior } from "./draw-posterior.ts";
import { type Gain, gained, gainOf, posteriorCovariance } from "./gain.ts";
import { usedSigma } from "./measurement-covariance.ts";
import { type Reduced, reduceMeasurements, type Unexplained } from "./reduction.ts";

export interface PosteriorOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** ζ ≥ 0 of `likelihoodPower`: components are weighed by a power of their likelihood. Default: 0, the exact posterior. */
  readonly coarsening?: number;
}

/** The exact posterior of the signals given the measurements. */
export interface MixturePosterior {
  /** E[x | y], [batch, ...shape]. */
  readonly mean: NdArray<Float32Array>;
  /** Responsibilities P(component | y), [batch, components] row by row; with the power of `coarsening`, if it is given. */
  readonly responsibilities: Float64Array;
  /** log p(y) of every signal, [batch]. */
  readonly evidence: Float64Array;
  /** The noise that was assumed: the problem's, or the floor of `measurementCovariance` if that is higher. */
  readonly noise: Pick<Chosen, "sigma" | "raised">;
  /** Cov[x | y] of one signal of the batch, [n, n] row-major: E M Eᵀ + R, with M of `featureCovariance`, E and R of `unexplained`. */
  covariance(signal: number): Promise<Float64Array>;
  /** M, the covariance of the features v of one signal, [k, k], over the components that are more probable than `least`. */
  featureCovariance(signal: number, least?: number): Float64Array;
  /** E [n, k] and R [n, n], the same for all signals: how x depends on v when y is known, and the covariance of x given y and v. */
  unexplained(): Promise<Unexplained>;
  /** The posterior of every number of one signal, a mixture of Gaussians: for its quantiles and intervals. */
  marginals(signal: number): Promise<Marginals>;
  /** log p(y) of `count` measurements drawn from the prior and the noise. Compare `evidence` with these. */
  expectedEvidence(count: number, seed: number): Promise<Float64Array>;
  /** E‖y‖² under the prior and the noise. */
  readonly expectedEnergy: number;
  /** √diag Cov[x | y], the posterior's standard deviation of every number, [batch, ...shape]. */
  deviation(): Promise<NdArray<Float32Array>>;
  /** Independent draws of x given y, [batch, count, ...shape]. */
  draw(count: number, seed: number): Promise<NdArray<Float32Array>>;
}

/** Components that are less probable than this are left out of a posterior mean. They change it by less than float32 rounding does. */
const NEGLIGIBLE = 1e-9;

/**
 * The exact posterior of a mixture prior for a linear Φ and Gaussian noise w ~ N(0, W), y = Φx + w:
 *
 *   p(j | y) ∝ π_j N(y; Φμ_j, ΦΣ_jΦᵀ + W),   E[x | y] = Σ_j p(j | y) (μ_j + Σ_jΦᵀ(ΦΣ_jΦᵀ + W)⁻¹(y − Φμ_j)).
 *
 * With x = centre + Dv + r the part R = ΦCΦᵀ + W is common to all components. R = LLᵀ is factored once for all of them. L⁻¹y is rotated
 * (Householder) so that only its first min(m, k) numbers depend on v, whatever m is: u = Bv + e, e ~ N(0, I). Each covariance then costs
 * one Cholesky factor of I + BΣ_cBᵀ, which serves all signals together. Runs on the host in float64.
 *
 * With `coarsening`, p(j | y) is weighed by the power of `likelihoodPower`; log p(y) and all that is given j stay as they are.
 *
 * Errors (RangeError): a prior for other signals, an operator that is not linear, noise that is not Gaussian, a coarsening below 0.
 */
export async function mixturePosterior(
  given: Omit<Problem, "shape">,
  prior: Mixture,
  options: PosteriorOptions = {},
): Promise<MixturePosterior> {
  requireOptionNames("mixture posterior", options, ["onProgress", "signal", "coarsening"]);
  const { onProgress, signal, coarsening = 0 } = options;
  if (!(coarsening >= 0 && coarsening < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`mixture posterior: coarsening: expected a number of at least 0, got ${coarsening}`);
  }
  const problem = problemOf(given);
  requireSignalShape("mixture posterior", prior, problem);
  const operator = linearOperatorOf("mixture posterior", problem);
  if (!problem.noise.gaussian) {
    throw new RangeError(`mixture posterior: needs Gaussian noise, got ${problem.noise.name}; use recover`);
  }
  const batch = problem.y.shape[0]!;
  const [components, k] = prior.means.shape as [number, number];
  const y = contiguous(problem.y) as Float32Array;
  const reduced = await reduceMeasurements(operator, prior, y, problem.noise, signal);
  const { r, B, u } = reduced;
  const means = Float64Array.from(prior.means.data);
  const measuredMeans = await productTransposed(means, B, k); // Bμ_j, [components, r]
  const gains: Gain[] = [];
  const logWeights = Float64Array.from(prior.weights, Math.log);
  const responsibilities = new Float64Array(batch * components); // logarithms first
  const covariances = prior.factors.shape[0]!;
  const pause = pauses(signal);
  for (let c = 0; c < covariances; c++) {
    const gain = await gainOf(prior, c, B, r);
    gains.push(gain);
    await addLogDensities(prior, c, gain, { u, measuredMeans, r }, responsibilities);
    onProgress?.({ step: c + 1, maxSteps: covariances, objective: Number.NaN });
    await pause();
  }
  const power = await likelihoodPower(coarsening, prior, gains, measuredMeans);
  const evidence = reduced.constants.map((constant, i) => {
    const logs = responsibilities.subarray(i * components, (i + 1) * components); // log π_j p(u | j)
    const whole = constant + logSum(logs);
    if (power < 1) for (let j = 0; j < components; j++) logs[j] = power * logs[j]! + (1 - power) * logWeights[j]!;
    normalise(logs);
    return whole;
  });

  const likely = (i: number, least = NEGLIGIBLE) =>
    likelyComponents(prior, responsibilities.subarray(i * components, (i + 1) * components), least);
  /** Σ_j p_j E[v | y, j] over components of one covariance. They share one matrix, so their innovations are added first. */
  const meanOf = (i: number, c: number, parts: readonly Likely[]): Float64Array => {
    const sum = new Float64Array(k);
    const innovation = new Float64Array(r);
    for (const { j, probability } of parts) {
      for (let a = 0; a < k; a++) sum[a]! += probability * means[j * k + a]!;
      for (let q = 0; q < r; q++) innovation[q]! += probability * (u[i * r + q]! - measuredMeans[j * r + q]!);
    }
    for (const [a, v] of gained(gains[c]!, innovation, k).entries()) sum[a]! += v;
    return sum;
  };
  const features = new Float64Array(batch * k);
  for (let i = 0; i < batch; i++) {
    for (const [c, parts] of likely(i)) {
      for (const [a, v] of meanOf(i, c, parts).entries()) features[i * k + a]! += v;
    }
  }

  const within = new Map<number, Float64Array>(); // Cov[v | y, c] of every covariance c asked for so far
  const withinOf = (c: number): Float64Array => {
    const own = within.get(c) ?? posteriorCovariance(gains[c]!, r, k);
    within.set(c, own);
    return own;
  };
  const featureCovariance = (i: number, least = NEGLIGIBLE): Float64Array => {
    const out = new Float64Array(k * k);
    for (const [c, parts] of likely(i, least)) {
      const own = withinOf(c);
      const total = parts.reduce((sum, { probability }) => sum + probability, 0);
      for (let at = 0; at < out.length; at++) out[at]! += total * own[at]!;
      for (const { j, probability } of parts) {
        const gap = meanOf(i, c, [{ j, probability: 1 }]).map((v, a) => v - features[i * k + a]!);
        for (let a = 0; a < k; a++) for (let b = 0; b < k; b++) out[a * k + b]! += probability * gap[a]! * gap[b]!;
      }
    }
    return out;
  };
  const n = sizeOf(prior.shape);
  const m = sizeOf(operator.outShape);
  const signals = await reduced.signals(features);
  const spreads = new Map<number, Float64Array>(); // Var[x | y, c]
  const spreadOf = async (c: number): Promise<Float64Array> => {
    const own = spreads.get(c) ?? (await variancesOf(reduced, withinOf(c), n));
    spreads.set(c, own);
    return own;
  };
  const marginals = async (i: number): Promise<Marginals> => {
    const known = [...likely(i)].flatMap(([c, parts]) => parts.map((part) => ({ c, ...part })));
    const gaps = new Float64Array(known.length * k); // of each component's mean of v from that of all
    for (const [row, { j, c }] of known.entries()) {
      gaps.set(
        meanOf(i, c, [{ j, probability: 1 }]).map((v, a) => v - features[i * k + a]!),
        row * k,
      );
    }
    const moved = await productTransposed(gaps, await reduced.dependence(), k);
    const out: MarginalPart[] = [];
    for (const [row, { c, probability }] of known.entries()) {
      const mean = moved.slice(row * n, (row + 1) * n).map((v, p) => v + signals[i * n + p]!);
      out.push({ probability, mean, variance: await spreadOf(c) });
    }
    return out;
  };
  return {
    mean: fromHost(signals, [batch, ...prior.shape]),
    responsibilities,
    evidence,
    noise: usedSigma(reduced.residual),
    featureCovariance,
    unexplained: reduced.unexplained,
    covariance: async (i) => {
      const { matrix, residual } = await reduced.unexplained();
      const half = await product(matrix, featureCovariance(i), n, k, k);
      return (await productTransposed(half, matrix, k)).map((v, at) => v + residual[at]!);
    },
    marginals,
    expectedEnergy: reduced.energy,
    deviation: async () => {
      const out = new Float32Array(batch * n);
      for (let i = 0; i < batch; i++) {
        await pause();
        out.set(deviationOf(await marginals(i)), i * n);
      }
      return fromHost(out, [batch, ...prior.shape]);
    },
    expectedEvidence: async (count, seed) => {
      const random = stream(seed, "expected evidence");
      const { features: v } = drawFeatures(prior, random, count);
      const drawn = multiplyTransposed(Float64Array.from(v), B, k).map((value) => value + random.normal()); // u = Bv + e
      const logs = new Float64Array(count * components);
      for (const [c, gain] of gains.entries()) {
        await addLogDensities(prior, c, gain, { u: drawn, measuredMeans, r }, logs);
        await pause();
      }
      return Float64Array.from({ length: count }, (_, s) => {
        let constant = -0.5 * reduced.volume;
        for (let q = r; q < m; q++) constant -= 0.5 * random.normal() ** 2;
        return constant + logSum(logs.subarray(s * components, (s + 1) * components));
      });
    },
    draw: (count, seed) => drawPosterior({ prior, reduced, gains, responsibilities, batch, count, seed, operator }),
  };
}

/** Var[x | y, c] of every number, diag(EM_cEᵀ + R), [n], M_c the covariance of v given y. */
async function variancesOf(reduced: Reduced, within: Float64Array, n: number): Promise<Float64Array> {
  const matrix = await reduced.dependence();
  const k = matrix.length / n;
  const half = await product(matrix, within, n, k, k);
  return (await reduced.variances()).map((variance, p) => variance + dot(half, p * k, matrix, p * k, k));
}

/** Adds log π_j N(u; Bμ_j, I + BΣ_cBᵀ) of the components of one covariance to `out` [batch, components]. */
async function addLogDensities(
  { weights, covarianceOf }: Mixture,
  c: number,
  { factor }: Gain,
  { u, measuredMeans, r }: { u: Float64Array; measuredMeans: Float64Array; r: number },
  out: Float64Array,
): Promise<void> {
  const components = weights.length;
  const batch = u.length / r;
  const logDet = logDeterminant(factor, r);
  const whitened = await solveLowerBlocked(factor, r, u.slice());
  for (let j = 0; j < components; j++) {
    if (covarianceOf[j] !== c) continue;
    const centre = solveLower(factor, r, measuredMeans.slice(j * r, (j + 1) * r));
    const constant = Math.log(weights[j]!) - 0.5 * logDet;
    for (let i = 0; i < batch; i++) {
      let gap = 0;
      for (let q = 0, at = i * r; q < r; q++) gap += (whitened[at + q]! - centre[q]!) ** 2;
      out[i * components + j] = constant - 0.5 * gap;
    }
  }
}

export interface Likely {
  readonly j: number;
  /** P(j | y). */
  readonly probability: number;
}

/** The components of a signal that are more probable than `least`, grouped by their covariance. */
function likelyComponents(
  { covarianceOf }: Mixture,
  responsibilities: Float64Array,
  least: number,
): Map<number, Likely[]> {
  const found = new Map<number, Likely[]>();
  for (const [j, probability] of responsibilities.entries()) {
    if (probability <= least) continue;
    const c = covarianceOf[j]!;
    found.set(c, [...(found.get(c) ?? []), { j, probability }]);
  }
  return found;
}

/** log Σ exp of some logarithms. */
function logSum(logs: Float64Array): number {
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most + Math.log(logs.reduce((sum, v) => sum + Math.exp(v - most), 0));
}

/** Turns logarithms of weights into weights that sum to 1, in place. */
function normalise(logs: Float64Array): void {
  const whole = logSum(logs);
  for (let j = 0; j < logs.length; j++) logs[j] = Math.exp(logs[j]! - whole);
}
