import ndarray, { type NdArray } from "ndarray";
import type { LinearOperator } from "../../operators/operator.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { contiguous, fromHost } from "../data/array.ts";
import { type DescentOptions, descend } from "./descent.ts";
import { whitenedFidelity } from "./fidelity.ts";
import { type Laplace, laplace, modesAt } from "./laplace.ts";
import type { Recovery } from "./recovery.ts";
import { takeRows } from "./rows.ts";
import { ofWhitened, type SeenCovariance, seenCovariance } from "./seen-covariance.ts";
import { checkedSignals } from "./signals.ts";
import { chooseStarts, type StartOptions, type Starts } from "./starts.ts";

/** What becomes of the restarts: the mean over them by their evidence, or the one with the most. */
export const estimateNames = ["mean", "best"] as const;
export type EstimateName = (typeof estimateNames)[number];

/** Defaults: at most 100 steps, learning rate 0.15, tolerance 1e-4. */
export interface PosteriorOptions extends Partial<DescentOptions>, StartOptions {
  /** Default `mean`. */
  readonly estimate?: EstimateName;
}

export interface PosteriorRecovery extends Recovery {
  /** The latents of every signal's restart with the most evidence, [batch, latent]. */
  readonly latents: NdArray<Float32Array>;
  /** The conditions of those, [batch]; all 0 for a prior that takes none. */
  readonly conditions: Int32Array;
  /** Log evidence of every restart, [batch, restarts], up to a constant; −∞ where another one found the same mode. */
  readonly logEvidence: NdArray<Float64Array>;
}

/** Restarts of one condition are one mode where their latents differ by less, root mean square; the prior's deviation is 1. */
const SAME_MODE = 0.05;

/**
 * Recovery with a generator and its residual, x = G(z, c) + r with r ~ N(0, C), for a linear Φ and noise of standard deviation σ:
 * r and the noise together are Gaussian with covariance S = ΦCΦᵀ + σ²I in the measurements, so that
 *
 *     ẑ = argmin_z ‖y − ΦG(z, c)‖²_{S⁻¹} + ‖z‖²,   x̂ = G(ẑ, c) + CΦᵀS⁻¹(y − ΦG(ẑ, c))
 *
 * is the most probable z with the mean of r given it; there is no λ to choose. Adam runs from several starts (`chooseStarts`,
 * z = 0 first), a Gauss–Newton step ends each, and x̂ is the mean over the modes found, weighted by Laplace's evidence
 * (`laplace`). Exact for G linear in z; of an affine prior the modes are known without descent (`proposeConditions`). `seenCovariance` says what stands for σ where there is no noise.
 *
 * y: [batch, ...outShape]; the estimate: [batch, ...inShape]. `history` holds the sum of the objectives' least values.
 *
 * Errors: a prior without residual, of another signal shape, measurements that are not finite, options out of range.
 */
export async function recoverPosterior(
  operator: LinearOperator,
  prior: GeneratorPrior,
  y: NdArray<Float32Array>,
  noise: number,
  options: PosteriorOptions = {},
): Promise<PosteriorRecovery> {
  const { steps = 100, learningRate = 0.15, tolerance = 1e-4, onProgress, signal, estimate = "mean" } = options;
  const signals = checkedSignals("latent recovery", operator, prior, y);
  if (!prior.residual) {
    throw new RangeError(
      `latent recovery: ${prior.name} has no residual covariance; use recoverLatent, or train it again`,
    );
  }
  const started = performance.now();
  const seen = await seenCovariance(operator, contiguous(prior.residual), noise);
  const fidelity = whitenedFidelity(operator, seen, y);
  const starts = await chooseStarts(prior, fidelity, options, true);
  const { found, ...end } = starts.logEvidence
    ? { found: await modesAt(prior, fidelity, starts, starts.logEvidence), ...AT_ONCE }
    : await descended();
  const { perSignal } = starts;
  const logEvidence = withoutRepeats(found, starts);
  const best = mostEvidence(logEvidence, perSignal);
  const weights = estimate === "mean" ? evidenceWeights(logEvidence, best, perSignal) : onlyBest(best, perSignal);
  const data = weightedSignals(found, weights, perSignal, seen);
  return {
    estimate: fromHost(data, [signals, ...prior.shape]),
    ...{ ...end, seconds: (performance.now() - started) / 1000 },
    latents: takeRows(found.z, best),
    conditions: Int32Array.from(best, (row) => starts.c.data[row]!),
    logEvidence: ndarray(logEvidence, [signals, perSignal]),
  };

  async function descended() {
    const one = ndarray(new Float32Array(signals).fill(1), [signals]);
    const watched = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
    const descent = await descend(prior, fidelity, starts, one, { steps, learningRate, tolerance, ...watched });
    const { code, steps: done, history, z } = descent;
    return { code, steps: done, history, found: await laplace(prior, fidelity, { ...starts, z }) };
  }
}

/** How a recovery ends that starts at its modes. */
const AT_ONCE = { code: "converged", steps: 0, history: [] } as const;

/** The log evidence, −∞ for every restart that found what one of its signal with more evidence did. */
function withoutRepeats({ z, logEvidence }: Laplace, { c, perSignal }: Starts): Float64Array {
  const k = z.shape[1]!;
  const same = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += (z.data[a * k + i]! - z.data[b * k + i]!) ** 2;
    return c.data[a] === c.data[b] && sum < k * SAME_MODE ** 2;
  };
  return logEvidence.map((log, row) => {
    const first = row - (row % perSignal);
    for (let other = first; other < first + perSignal; other++) {
      const more = logEvidence[other]! > log || (logEvidence[other] === log && other < row);
      if (more && same(row, other)) return Number.NEGATIVE_INFINITY;
    }
    return log;
  });
}

const mostEvidence = (logEvidence: Float64Array, perSignal: number): number[] =>
  Array.from({ length: logEvidence.length / perSignal }, (_, signal) => {
    let best = signal * perSignal;
    for (let row = best + 1; row < (signal + 1) * perSignal; row++)
      if (logEvidence[row]! > logEvidence[best]!) best = row;
    return best;
  });

/** exp of the log evidence, normalised to 1 over the restarts of a signal. */
function evidenceWeights(logEvidence: Float64Array, best: readonly number[], perSignal: number): Float64Array {
  const weights = logEvidence.map((log, row) => Math.exp(log - logEvidence[best[Math.floor(row / perSignal)]!]!));
  for (let first = 0; first < weights.length; first += perSignal) {
    const own = weights.subarray(first, first + perSignal);
    const sum = own.reduce((a, b) => a + b, 0);
    for (let i = 0; i < perSignal; i++) own[i]! /= sum;
  }
  return weights;
}

function onlyBest(best: readonly number[], perSignal: number): Float64Array {
  const weights = new Float64Array(best.length * perSignal);
  for (const row of best) weights[row] = 1;
  return weights;
}

/** Σ w (G + CΦᵀS⁻¹(y − ΦG)) over the restarts of each signal, [batch, n]. */
function weightedSignals(
  { signals, misfits }: Laplace,
  weights: Float64Array,
  perSignal: number,
  seen: SeenCovariance,
): Float32Array {
  const mean = (values: Float32Array, width: number) => {
    const out = new Float64Array(values.length / perSignal);
    for (const [row, weight] of weights.entries()) {
      if (weight === 0) continue;
      const to = Math.floor(row / perSignal) * width;
      for (let i = 0; i < width; i++) out[to + i]! += weight * values[row * width + i]!;
    }
    return out;
  };
  const residual = ofWhitened(seen, mean(misfits, seen.m));
  return Float32Array.from(mean(signals, seen.n), (v, i) => v + residual[i]!);
}
