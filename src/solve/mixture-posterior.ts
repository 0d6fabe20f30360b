import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../operators/operator.ts";
import type { MixturePrior } from "../../priors/prior.ts";
import { cholesky, logDeterminant, solveLower, solveLowerTransposed } from "../data/cholesky.ts";
import { triangularise } from "../data/householder.ts";
import { multiply, multiplyTransposed, transpose } from "../data/matmul.ts";
import { sizeOf } from "../engine/graph.ts";
import { contiguous, fromHost } from "../engine/index.ts";
import { transposedMatrix } from "./operator-matrix.ts";
import { conditionalMeans, seenCovariance } from "./seen-covariance.ts";
import { checkedSignals } from "./signals.ts";

export interface MixturePosteriorOptions {
  /** Standard deviation σ of the noise of each measurement; default 0, raised to `noiseFloor`. */
  readonly noise?: number;
  /** Called after each covariance with those done and to do. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What the measurements say of the signals, exactly. */
export interface MixturePosterior {
  /** E[x | y], [batch, ...shape]. */
  readonly mean: NdArray<Float32Array>;
  /** P(component | y), [batch, components] row by row. */
  readonly weights: Float64Array;
  /** log p(y) of every signal, [batch]. */
  readonly evidence: Float64Array;
  /** Cov[x | y] of one signal of the batch, [n, n] row-major. */
  covariance(signal: number): Float64Array;
  /** √diag Cov[x | y] of every signal, [batch, ...shape]: what a pixel is uncertain by. */
  deviations(): NdArray<Float32Array>;
}

/** Least noise variance, as a part of the mean variance that the prior's features give a measurement; see `seenCovariance`. */
const NOISE_FLOOR = 1e-6;

/** Components that are less probable than this are left out of a posterior mean: they change it less than float32 does. */
const NEGLIGIBLE = 1e-9;

/**
 * The exact posterior of a mixture prior for a linear Φ and noise w ~ N(0, σ²I), y = Φx + w:
 *
 *   p(j | y) ∝ π_j N(y; Φμ_j, ΦΣ_jΦᵀ + σ²I),   E[x | y] = Σ_j p(j | y) (μ_j + Σ_jΦᵀ(ΦΣ_jΦᵀ + σ²I)⁻¹(y − Φμ_j)).
 *
 * With x = centre + Dv + r the part R = ΦCΦᵀ + σ²I is common to all components. R = LLᵀ is factored once an operator; L⁻¹y is
 * turned (Householder) so that v reaches only its first min(m, k) numbers, whatever m is: u = Bv + e, e ~ N(0, I). Each
 * covariance then costs one Cholesky factor of I + BΣ_cBᵀ, and all signals pass through it together. Host, float64.
 *
 * y: [batch, ...operator.outShape]. Errors (RangeError): an operator or measurements of another shape.
 */
export async function mixturePosterior(
  operator: LinearOperator,
  prior: MixturePrior,
  y: NdArray<Float32Array>,
  { noise = 0, onProgress, signal }: MixturePosteriorOptions = {},
): Promise<MixturePosterior> {
  const batch = checkedSignals("recovery with a mixture", operator, prior, y);
  const { weights, covarianceOf } = prior;
  const [components, k] = prior.means.shape as [number, number];
  const covariances = prior.factors.shape[0]!;
  const reduced = await reduce(operator, prior, contiguous(y) as Float32Array, noise);
  const { r, B, u } = reduced;

  // The whitened innovation of every component and signal: L_c⁻¹(u − Bμ_j), with L_cL_cᵀ = I + BΣ_cBᵀ.
  const means = Float64Array.from(prior.means.data);
  const measuredMeans = multiplyTransposed(means, B, k); // Bμ_j, [components, r]
  const logs = new Float64Array(batch * components);
  const cells = Array.from({ length: covariances }, () => [] as number[]);
  for (let j = 0; j < components; j++) cells[covarianceOf[j]!]!.push(j);
  const gains: Gain[] = [];
  for (const [c, own] of cells.entries()) {
    signal?.throwIfAborted();
    const gain = gainOf(Float64Array.from(prior.factors.data.subarray(c * k * k, (c + 1) * k * k)), B, r, k);
    gains.push(gain);
    const seen = solveLower(gain.factor, r, u.slice());
    const logDet = logDeterminant(gain.factor, r);
    for (const j of own) {
      const centre = solveLower(gain.factor, r, measuredMeans.slice(j * r, (j + 1) * r));
      const constant = Math.log(weights[j]!) - 0.5 * logDet;
      for (let i = 0; i < batch; i++) {
        let gap = 0;
        for (let q = 0, at = i * r; q < r; q++) gap += (seen[at + q]! - centre[q]!) ** 2;
        logs[i * components + j] = constant - 0.5 * gap;
      }
    }
    onProgress?.(c + 1, covariances);
  }
  const evidence = new Float64Array(batch);
  for (let i = 0; i < batch; i++) {
    evidence[i] = normalise(logs.subarray(i * components, (i + 1) * components)) + reduced.constants[i]!;
  }

  /** E[v | y, j] of a signal and component, [k]. */
  const featureMean = (i: number, j: number): Float64Array => {
    const { factor, spread } = gains[covarianceOf[j]!]!;
    const innovation = Float64Array.from({ length: r }, (_, q) => u[i * r + q]! - measuredMeans[j * r + q]!);
    solveLowerTransposed(factor, r, solveLower(factor, r, innovation));
    const shift = multiplyTransposed(spread, innovation, r); // Σ_cBᵀ(I + BΣ_cBᵀ)⁻¹(u − Bμ_j)
    return shift.map((v, a) => v + means[j * k + a]!);
  };
  const likely = (i: number) =>
    Array.from({ length: components }, (_, j) => j).filter((j) => logs[i * components + j]! > NEGLIGIBLE);
  const features = new Float64Array(batch * k);
  for (let i = 0; i < batch; i++) {
    for (const j of likely(i)) {
      const part = logs[i * components + j]!;
      for (const [a, v] of featureMean(i, j).entries()) features[i * k + a]! += part * v;
    }
  }
  const mean = fromHost(reduced.signals(features), [batch, ...prior.shape]);

  /** Cov[v | y] of a signal, [k, k]. */
  const featureCovariance = (i: number): Float64Array => {
    const out = new Float64Array(k * k);
    const centre = features.subarray(i * k, (i + 1) * k);
    const within = new Map<number, number>();
    for (const j of likely(i)) {
      const part = logs[i * components + j]!;
      within.set(covarianceOf[j]!, (within.get(covarianceOf[j]!) ?? 0) + part);
      const gap = featureMean(i, j).map((v, a) => v - centre[a]!);
      for (let a = 0; a < k; a++) for (let b = 0; b < k; b++) out[a * k + b]! += part * gap[a]! * gap[b]!;
    }
    for (const [c, part] of within) {
      const { factor, spread } = gains[c]!;
      const l = Float64Array.from(prior.factors.data.subarray(c * k * k, (c + 1) * k * k));
      const prior2 = multiplyTransposed(l, l, k);
      const half = solveLower(factor, r, spread.slice()); // [k, r]
      const known = multiplyTransposed(half, half, r);
      for (let at = 0; at < k * k; at++) out[at]! += part * (prior2[at]! - known[at]!);
    }
    return out;
  };
  const n = sizeOf(prior.shape);
  return {
    mean,
    weights: logs,
    evidence,
    covariance: (i) => {
      const spread = reduced.unexplained(); // E [n, k] and Cov[r | y, v]
      const half = multiply(spread.matrix, featureCovariance(i), n, k, k);
      return multiplyTransposed(half, spread.matrix, k).map((v, at) => v + spread.residual[at]!);
    },
    deviations: () => {
      const { matrix, residual } = reduced.unexplained();
      const out = new Float32Array(batch * n);
      for (let i = 0; i < batch; i++) {
        const half = multiply(matrix, featureCovariance(i), n, k, k);
        for (let p = 0; p < n; p++) {
          let variance = residual[p * n + p]!;
          for (let a = 0, at = p * k; a < k; a++) variance += half[at + a]! * matrix[at + a]!;
          out[i * n + p] = Math.sqrt(Math.max(0, variance));
        }
      }
      return fromHost(out, [batch, ...prior.shape]);
    },
  };
}

/** What a covariance Σ = LLᵀ becomes when u = Bv + e is seen. */
interface Gain {
  /** Of I + BΣBᵀ, [r, r]. */
  readonly factor: Float64Array;
  /** ΣBᵀ, [k, r]. */
  readonly spread: Float64Array;
}

function gainOf(l: Float64Array, B: Float64Array, r: number, k: number): Gain {
  const half = multiply(B, l, r, k, k); // BL, [r, k]
  const inner = multiplyTransposed(half, half, k);
  for (let q = 0; q < r; q++) inner[q * r + q]! += 1;
  return { factor: cholesky(inner, r), spread: multiplyTransposed(l, half, k) };
}

/** Turns logarithms of weights into weights that sum to 1, in place; returns the logarithm of their sum. */
function normalise(logs: Float64Array): number {
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const v of logs) sum += Math.exp(v - most);
  for (let j = 0; j < logs.length; j++) logs[j] = Math.exp(logs[j]! - most) / sum;
  return most + Math.log(sum);
}

/** Measurements y − Φ·centre = ΦDv + (Φr + w), whitened and turned so that u = Bv + e holds all that they say of v. */
async function reduce(operator: LinearOperator, prior: MixturePrior, y: Float32Array, noise: number) {
  const { centre, matrix } = prior;
  const n = centre.size;
  const m = sizeOf(operator.outShape);
  const k = prior.means.shape[1]!;
  const batch = y.length / m;
  const { data: transposed } = await transposedMatrix(operator);
  const seenCentre = multiply(centre.data, transposed, 1, n, m);
  const decoder = transpose(matrix.data, n, k); // rows of Dᵀ, [k, n]
  const seenDecoder = multiply(decoder, transposed, k, n, m); // rows of (ΦD)ᵀ, [k, m]
  const variances = featureVariances(prior);
  const energy = variances.reduce((sum, v, a) => sum + v * square(seenDecoder.subarray(a * m, (a + 1) * m)), 0);
  const floor = Math.sqrt((NOISE_FLOOR * energy) / m);
  const residual = await seenCovariance(operator, prior.residual.data, Math.max(noise, floor));
  const { factor, cross } = residual;

  const columns = new Float64Array((k + batch) * m);
  columns.set(seenDecoder);
  for (let i = 0; i < y.length; i++) columns[k * m + i] = y[i]! - seenCentre[i % m]!;
  const innovations = columns.slice(k * m);
  solveLower(factor, m, columns);
  const whitened = columns.slice(0, k * m);
  const totals = Float64Array.from({ length: batch }, (_, i) => square(columns.subarray((k + i) * m, (k + i + 1) * m)));
  if (m > k) triangularise(columns, m, k);
  const r = Math.min(m, k);
  const B = new Float64Array(r * k);
  for (let a = 0; a < k; a++) for (let q = 0; q < r; q++) B[q * k + a] = columns[a * m + q]!;
  const u = new Float64Array(batch * r);
  for (let i = 0; i < batch; i++) u.set(columns.subarray((k + i) * m, (k + i) * m + r), i * r);
  const volume = logDeterminant(factor, m) + m * Math.log(2 * Math.PI);
  const constants = totals.map((total, i) => -0.5 * (total - square(u.subarray(i * r, (i + 1) * r)) + volume));
  return {
    ...{ r, B, u, constants },
    /** centre + Dv + CΦᵀR⁻¹(y − Φ(centre + Dv)) of features v [batch, k]. */
    signals: (features: Float64Array): Float32Array => {
      const seen = multiply(features, seenDecoder, batch, k, m);
      const known = multiply(features, decoder, batch, k, n);
      const rest = conditionalMeans(
        residual,
        innovations.map((v, at) => v - seen[at]!),
      );
      return Float32Array.from(known, (v, at) => v + rest[at]! + centre.data[at % n]!);
    },
    /** D − CΦᵀR⁻¹ΦD, and C − CΦᵀR⁻¹ΦC: how x depends on v when y is known, and what v leaves out. */
    unexplained: () => {
      const half = solveLower(factor, m, transpose(cross, m, n)); // rows of (L⁻¹ΦC)ᵀ, [n, m]
      const explained = multiplyTransposed(half, whitened, m); // CΦᵀR⁻¹ΦD, [n, k]
      const known = multiplyTransposed(half, half, m);
      return {
        matrix: explained.map((v, at) => matrix.data[at]! - v),
        residual: known.map((v, at) => prior.residual.data[at]! - v),
      };
    },
  };
}

/** E vᵢ² of every feature, [k]. */
function featureVariances({ weights, means, covarianceOf, factors }: MixturePrior): Float64Array {
  const k = means.shape[1]!;
  const out = new Float64Array(k);
  for (const [j, weight] of weights.entries()) {
    for (let a = 0; a < k; a++) {
      const row = (covarianceOf[j]! * k + a) * k;
      out[a]! += weight * (means.data[j * k + a]! ** 2 + square(factors.data.subarray(row, row + k)));
    }
  }
  return out;
}

function square(v: Float64Array | Float32Array): number {
  let sum = 0;
  for (const x of v) sum += x * x;
  return sum;
}
