import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../operators/operator.ts";
import type { MixturePrior } from "../../priors/prior.ts";
import { contiguous, fromHost, sizeOf } from "../data/array.ts";
import { cholesky, logDeterminant, solveLower, solveLowerTransposed } from "../data/cholesky.ts";
import { multiply, multiplyTransposed, transpose } from "../data/matmul.ts";
import { reduceMeasurements, type Unexplained } from "./mixture-reduction.ts";
import { checkedSignals } from "./signals.ts";

export interface MixturePosteriorOptions {
  /** Standard deviation σ of the noise of each measurement; default 0, raised where it is less than `seenCovariance` needs. */
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
  /** Cov[x | y] of one signal of the batch, [n, n] row-major: E M Eᵀ + R with the two below. */
  covariance(signal: number): Float64Array;
  /** M, the covariance of the features v of one signal, [k, k], of the components that are at least as probable as `least`. */
  featureCovariance(signal: number, least?: number): Float64Array;
  /** E [n, k] and R [n, n], of all signals alike: how x depends on v when y is known, and the covariance that v leaves. */
  unexplained(): Unexplained;
  /** √diag Cov[x | y] of every signal, [batch, ...shape]: what a pixel is uncertain by. */
  deviations(): NdArray<Float32Array>;
}

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
  const reduced = await reduceMeasurements(operator, prior, contiguous(y) as Float32Array, noise);
  const { r, B, u } = reduced;

  const means = Float64Array.from(prior.means.data);
  const seenMeans = multiplyTransposed(means, B, k); // Bμ_j, [components, r]
  const posterior = new Float64Array(batch * components); // logarithms first
  const gains: Gain[] = [];
  for (let c = 0; c < covariances; c++) {
    signal?.throwIfAborted();
    const gain = gainOf(prior, c, B, r);
    gains.push(gain);
    const logDet = logDeterminant(gain.factor, r);
    const seen = solveLower(gain.factor, r, u.slice());
    for (let j = 0; j < components; j++) {
      if (covarianceOf[j] !== c) continue;
      const centre = solveLower(gain.factor, r, seenMeans.slice(j * r, (j + 1) * r));
      const constant = Math.log(weights[j]!) - 0.5 * logDet;
      for (let i = 0; i < batch; i++) {
        let gap = 0;
        for (let q = 0, at = i * r; q < r; q++) gap += (seen[at + q]! - centre[q]!) ** 2;
        posterior[i * components + j] = constant - 0.5 * gap;
      }
    }
    onProgress?.(c + 1, covariances);
  }
  const evidence = reduced.constants.map(
    (constant, i) => constant + normalise(posterior.subarray(i * components, (i + 1) * components)),
  );

  /** The components of a signal that are not negligible, with their probabilities, by their covariance. */
  const likely = (i: number, least = NEGLIGIBLE): Map<number, Likely[]> => {
    const found = new Map<number, Likely[]>();
    for (let j = 0; j < components; j++) {
      const part = posterior[i * components + j]!;
      if (part <= least) continue;
      const c = covarianceOf[j]!;
      found.set(c, [...(found.get(c) ?? []), { j, part }]);
    }
    return found;
  };
  /** Σ_j p_j E[v | y, j] over components of one covariance: the innovations are added first, for they pass through one matrix. */
  const meanOf = (i: number, c: number, parts: readonly Likely[]): Float64Array => {
    const sum = new Float64Array(k);
    const innovation = new Float64Array(r);
    for (const { j, part } of parts) {
      for (let a = 0; a < k; a++) sum[a]! += part * means[j * k + a]!;
      for (let q = 0; q < r; q++) innovation[q]! += part * (u[i * r + q]! - seenMeans[j * r + q]!);
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
  const mean = fromHost(reduced.signals(features), [batch, ...prior.shape]);

  const spreads = new Map<number, Float64Array>(); // of the covariances that were asked for
  /** Cov[v | y] of a signal, [k, k]. */
  const featureCovariance = (i: number, least = NEGLIGIBLE): Float64Array => {
    const out = new Float64Array(k * k);
    for (const [c, parts] of likely(i, least)) {
      const total = parts.reduce((sum, { part }) => sum + part, 0);
      const within = spreads.get(c) ?? spreadOf(gains[c]!, r, k);
      spreads.set(c, within);
      for (let at = 0; at < out.length; at++) out[at]! += total * within[at]!;
      for (const { j, part } of parts) {
        const gap = meanOf(i, c, [{ j, part: 1 }]).map((v, a) => v - features[i * k + a]!);
        for (let a = 0; a < k; a++) for (let b = 0; b < k; b++) out[a * k + b]! += part * gap[a]! * gap[b]!;
      }
    }
    return out;
  };
  const n = sizeOf(prior.shape);
  return {
    mean,
    weights: posterior,
    evidence,
    featureCovariance,
    unexplained: reduced.unexplained,
    covariance: (i) => {
      const spread = reduced.unexplained();
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

interface Likely {
  readonly j: number;
  /** P(j | y). */
  readonly part: number;
}

/** What a covariance Σ = LLᵀ becomes when u = Bv + e is seen. */
interface Gain {
  /** L [k, k]. */
  readonly root: Float64Array;
  /** BL, [r, k]. */
  readonly seen: Float64Array;
  /** Of I + BΣBᵀ, [r, r]. */
  readonly factor: Float64Array;
}

function gainOf({ factors }: MixturePrior, c: number, B: Float64Array, r: number): Gain {
  const k = factors.shape[1]!;
  const root = Float64Array.from(factors.data.subarray(c * k * k, (c + 1) * k * k));
  const seen = new Float64Array(r * k);
  for (let q = 0; q < r; q++) {
    for (let b = 0; b < k; b++) {
      const v = B[q * k + b]!;
      if (v !== 0) for (let a = 0; a <= b; a++) seen[q * k + a]! += v * root[b * k + a]!;
    }
  }
  const inner = new Float64Array(r * r); // its lower triangle
  for (let q = 0; q < r; q++) {
    for (let p = 0; p <= q; p++) {
      let sum = p === q ? 1 : 0;
      for (let a = 0, left = q * k, right = p * k; a < k; a++) sum += seen[left + a]! * seen[right + a]!;
      inner[q * r + p] = sum;
    }
  }
  return { root, seen, factor: cholesky(inner, r) };
}

/** ΣBᵀ(I + BΣBᵀ)⁻¹d of d [r]: what an innovation says of v. */
function gained({ root, seen, factor }: Gain, d: Float64Array, k: number): Float64Array {
  const r = d.length;
  const solved = solveLowerTransposed(factor, r, solveLower(factor, r, d.slice()));
  return multiplyTransposed(multiply(solved, seen, 1, r, k), root, k);
}

/** Σ − ΣBᵀ(I + BΣBᵀ)⁻¹BΣ = L(I − VVᵀ)Lᵀ, [k, k]. */
function spreadOf({ root, seen, factor }: Gain, r: number, k: number): Float64Array {
  const V = solveLower(factor, r, transpose(seen, r, k));
  const inner = symmetric(k, (a, b) => Number(a === b) - dot(V, a * r, V, b * r, r));
  const half = multiply(root, inner, k, k, k);
  return symmetric(k, (a, b) => dot(half, a * k, root, b * k, b + 1)); // row b of L is 0 beyond b
}

/** The symmetric matrix [size, size] with the entries `at(a, b)`, b ≤ a. */
function symmetric(size: number, at: (a: number, b: number) => number): Float64Array {
  const out = new Float64Array(size * size);
  for (let a = 0; a < size; a++) for (let b = 0; b <= a; b++) out[a * size + b] = out[b * size + a] = at(a, b);
  return out;
}

function dot(x: Float64Array, from: number, y: Float64Array, start: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += x[from + i]! * y[start + i]!;
  return sum;
}

/** Turns logarithms of weights into weights that sum to 1, in place; returns the logarithm of their sum. */
function normalise(logs: Float64Array): number {
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const v of logs) sum += Math.exp(v - most);
  for (let j = 0; j < logs.length; j++) logs[j] = Math.exp(logs[j]! - most) / sum;
  return most + Math.log(sum);
}
