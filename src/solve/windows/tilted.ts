import { cholesky, logDeterminant, solveLower, solveLowerTransposed } from "../../data/cholesky.ts";
import { transpose } from "../../data/matmul.ts";
import { dot, squaredNorm } from "../../data/vector.ts";
import { product } from "../../engine/float64.ts";
import { type Components, inverseOf } from "./components.ts";

/** A window under the Gaussian: prior N(μ, C) and posterior N(x̄, V) with V = LLᵀ, x̄ of every signal [batch, d]. */
export interface GaussianWindow {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly root: Float64Array;
  readonly posteriorMeans: Float64Array;
}

/** Mean [d] and covariance [d, d] of z, x = x̄ + Lz, for one signal. */
export interface Tilted {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** Components of less probability are left out of the moments. */
const NEGLIGIBLE = 1e-4;

/**
 * The moments of a window of every signal once its Gaussian prior N(μ, C) is replaced by Σ_k π_k N(m_k, S_k), and all else is as the Gaussian has it:
 *
 *   p(x) ∝ N(x; x̄, V) Σ_k π_k N(x; m_k, S_k) / N(x; μ, C).
 *
 * With x = x̄ + Lz component k has the precision A_k = I + Lᵀ(S_k⁻¹ − C⁻¹)L, which is that of all signals, the mean z_k = A_k⁻¹b_k,
 * b_k = Lᵀ(S_k⁻¹(m_k − x̄) − C⁻¹(μ − x̄)), and the weight
 * log π_k + ½ log det S_k⁻¹ − ½ log det A_k + ½ b_kᵀA_k⁻¹b_k − ½ (m_k − x̄)ᵀS_k⁻¹(m_k − x̄).
 */
export async function tiltedWindows(
  window: GaussianWindow,
  { d, means, precisions, logDets }: Components,
  weights: Float64Array,
  pause: () => Promise<void>,
): Promise<Tilted[]> {
  const count = logDets.length;
  const { root: L, posteriorMeans } = window;
  const batch = posteriorMeans.length / d;
  const along = await product(precisions, L, count * d, d, d); // S⁻¹L
  const across = new Float64Array(along.length); // LᵀS⁻¹
  for (let k = 0; k < count; k++) across.set(transpose(along.subarray(k * d * d, (k + 1) * d * d), d, d), k * d * d);
  const squares = await product(across, L, count * d, d, d); // LᵀS⁻¹L
  const seen = await product(across, transpose(posteriorMeans, batch, d), count * d, d, batch); // LᵀS⁻¹x̄
  const own = priorTerms(window, d);
  const whitenedMeans = solveLower(L, d, posteriorMeans.slice()); // L⁻¹x̄
  const whitened = solveLower(L, d, means.slice()); // L⁻¹m
  const logs = new Float64Array(batch * count);
  const b = new Float64Array(count * batch * d);
  const factors: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    await pause();
    const A = own.precision.map((v, at) => v + squares[k * d * d + at]!);
    const factor = cholesky(A, d);
    factors.push(factor);
    const pulls = whitened.subarray(k * d, (k + 1) * d).map((_, j) => dot(across, (k * d + j) * d, means, k * d, d)); // LᵀS⁻¹m
    const constant = Math.log(weights[k]!) + 0.5 * (logDets[k]! - logDeterminant(factor, d));
    for (let i = 0; i < batch; i++) {
      const from = (k * batch + i) * d;
      let away = 0;
      for (let j = 0; j < d; j++) {
        const row = k * d + j;
        const pull = pulls[j]! - seen[row * batch + i]!;
        away += pull * (whitened[row]! - whitenedMeans[i * d + j]!);
        b[from + j] = pull - own.pulls[i * d + j]!;
      }
      const half = solveLower(factor, d, b.subarray(from, from + d)); // R⁻¹b, A = RRᵀ
      logs[i * count + k] = constant + 0.5 * (squaredNorm(half) - away);
    }
  }
  const covariances = new Map<number, Float64Array>();
  const covarianceOf = (k: number) => {
    const found = covariances.get(k) ?? inverseOf(factors[k]!, d);
    covariances.set(k, found);
    return found;
  };
  return Array.from({ length: batch }, (_, i) => {
    const likely = likelyOf(logs.subarray(i * count, (i + 1) * count));
    const parts = likely.map(({ k, probability }) => {
      const from = (k * batch + i) * d;
      const mean = solveLowerTransposed(factors[k]!, d, b.slice(from, from + d));
      return { probability, mean, covariance: covarianceOf(k) };
    });
    return momentsOf(parts, d);
  });
}

/** I − LᵀC⁻¹L, and LᵀC⁻¹(μ − x̄) of every signal. */
function priorTerms({ mean, covariance, root, posteriorMeans }: GaussianWindow, d: number) {
  const factor = cholesky(covariance, d);
  const half = solveLower(factor, d, transpose(root, d, d)); // rows: (F⁻¹L)ᵀ, C = FFᵀ
  const precision = new Float64Array(d * d);
  for (let a = 0; a < d; a++) {
    for (let c = 0; c < d; c++) precision[a * d + c] = (a === c ? 1 : 0) - dot(half, a * d, half, c * d, d);
  }
  const gaps = solveLower(
    factor,
    d,
    posteriorMeans.map((v, at) => mean[at % d]! - v),
  );
  const pulls = posteriorMeans.map((_, at) => dot(half, (at % d) * d, gaps, at - (at % d), d));
  return { precision, pulls };
}

/** The components that are not negligible, with probabilities that sum to 1, of their log weights. */
function likelyOf(logs: Float64Array): { readonly k: number; readonly probability: number }[] {
  const most = logs.reduce((a, v) => Math.max(a, v), Number.NEGATIVE_INFINITY);
  const likely = [...logs.entries()]
    .map(([k, v]) => ({ k, probability: Math.exp(v - most) }))
    .filter(({ probability }) => probability > NEGLIGIBLE);
  const total = likely.reduce((sum, { probability }) => sum + probability, 0);
  return likely.map(({ k, probability }) => ({ k, probability: probability / total }));
}

interface Part extends Tilted {
  readonly probability: number;
}

/** Mean and covariance of a mixture. */
function momentsOf(parts: readonly Part[], d: number): Tilted {
  const mean = new Float64Array(d);
  for (const part of parts) for (let a = 0; a < d; a++) mean[a]! += part.probability * part.mean[a]!;
  const covariance = new Float64Array(d * d);
  for (const { probability, mean: own, covariance: within } of parts) {
    const away = own.map((v, a) => v - mean[a]!);
    for (let a = 0, at = 0; a < d; a++, at += d) {
      const scaled = probability * away[a]!;
      for (let c = 0; c <= a; c++) covariance[at + c]! += probability * within[at + c]! + scaled * away[c]!;
    }
  }
  for (let a = 0; a < d; a++) for (let c = 0; c < a; c++) covariance[c * d + a] = covariance[a * d + c]!;
  return { mean, covariance };
}
