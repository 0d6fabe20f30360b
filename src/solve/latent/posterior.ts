import ndarray, { type NdArray } from "ndarray";
import type { LinearOperator } from "../../../operators/operator.ts";
import { drawComponents } from "../../../priors/mixture/draw.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { requireOptionNames } from "../../data/options.ts";
import { stream } from "../../data/random.ts";
import type { ValueRange } from "../../data/range.ts";
import { median } from "../../data/vector.ts";
import type { ConstrainedMode } from "../gaussian/box-constrained-mode.ts";
import {
  type MeasurementCovariance,
  measurementCovariance,
  NOISE_FLOOR,
  ofWhitened,
  usedSigma,
} from "../gaussian/measurement-covariance.ts";
import { applyToRows } from "../operator-matrix.ts";
import { type Problem, problemOf } from "../problem.ts";
import type { Outcome, Solved } from "../recovery.ts";
import { linearOperatorOf, requireSignalShape } from "../requirements.ts";
import { rowEnergies, takeRows } from "../rows.ts";
import { deviationOf } from "../uncertainty/marginals.ts";
import { boxConstrainedLaplace } from "./box-constrained-laplace.ts";
import { generate } from "./csgm.ts";
import { whitenedTerm } from "./data-term.ts";
import { type DescentOptions, descend, descentNames } from "./descent.ts";
import { type Laplace, laplace, modesAt } from "./laplace.ts";
import { type LaplacePosterior, laplacePosterior, type Modes } from "./laplace-posterior.ts";
import { proposeConditions } from "./propose-conditions.ts";
import { chooseStarts, type StartOptions, type Starts, startNames } from "./starts.ts";

/** How restarts make the estimate: `mean`, weighted by their evidence, or `best`, the one with the most evidence. */
export const estimateNames = ["mean", "best"] as const;
export type EstimateName = (typeof estimateNames)[number];

/** Defaults: at most 200 steps, learning rate 0.15, schedule cosine, tolerance 1e-4. */
export interface LatentPosteriorOptions extends Partial<DescentOptions>, StartOptions {
  /** Default `mean`. */
  readonly estimate?: EstimateName;
  /** Also return the posterior's standard deviation, by Laplace's approximation; default false. */
  readonly deviation?: boolean;
  /** Also return so many draws; default 0. */
  readonly samples?: number;
}

export interface LatentPosteriorRecovery extends Solved {
  /** The latents of every signal's restart with the most evidence, [batch, latent]. */
  readonly latents: NdArray<Float32Array>;
  /** The conditions of those, [batch]; all 0 for a prior that takes none. */
  readonly conditions: Int32Array;
  /** Log evidence of every restart, [batch, restarts], up to a constant; −∞ where another one found the same mode. */
  readonly logEvidence: NdArray<Float64Array>;
  /** The estimate within a range of values, by `boxConstrainedLaplace`. `recover` calls it if the problem has a range. */
  constrained(range: ValueRange): Promise<ConstrainedMode>;
}

/** Two restarts of one condition are one mode if their latents differ by less than this, root mean square; the prior's deviation is 1. */
const SAME_MODE = 0.05;

/**
 * Recovery with a generator and its residual, x = G(z, c) + r with r ~ N(0, C), for a linear Φ and Gaussian noise of covariance W:
 * r and the noise together are Gaussian with covariance S = ΦCΦᵀ + W in the measurements, so that
 *
 *     ẑ = argmin_z ‖y − ΦG(z, c)‖²_{S⁻¹} + ‖z‖²,   x̂ = G(ẑ, c) + CΦᵀS⁻¹(y − ΦG(ẑ, c))
 *
 * is the most probable z with the mean of r given it; there is no λ to choose. Adam runs from several starts (`chooseStarts`,
 * z = 0 first), a Gauss–Newton step ends each, and x̂ is the mean over the modes found, weighted by Laplace's evidence
 * (`laplace`). Exact for G linear in z; of an affine prior the modes are known without descent (`proposeConditions`). A range of the
 * problem is left to `constrained`.
 *
 * A signal has `converged` if the objective at its modes, weighted as they are in x̂, is within the tolerance of what second order says it
 * can fall to. Of an affine prior it is `exact`, or `truncated` if conditions with more than 1e-6 of its evidence were left out of the mean.
 *
 * The variance of the noise is taken to be at least 1e-10 of the mean square of a measurement of G(z, c), and at least the floor of
 * `measurementCovariance`. Without a floor S would be singular if C is.
 *
 * `history` holds the sum of the objectives' least values.
 *
 * Errors (RangeError): a prior without residual, of another signal shape, an operator that is not linear, noise that is not Gaussian,
 * options out of range.
 */
export async function latentPosterior(
  given: Omit<Problem, "shape">,
  prior: GeneratorPrior,
  options: LatentPosteriorOptions = {},
): Promise<LatentPosteriorRecovery> {
  requireOptionNames("latent posterior", options, [...descentNames, ...startNames, "estimate", "deviation", "samples"]);
  const { steps = 200, learningRate = 0.15, schedule = "cosine", tolerance = 1e-4, estimate = "mean" } = options;
  const { onProgress, signal } = options;
  const problem = problemOf(given);
  requireSignalShape("latent posterior", prior, problem);
  const operator = linearOperatorOf("latent posterior", problem);
  if (!problem.noise.gaussian) {
    throw new RangeError(`latent posterior: needs Gaussian noise, got ${problem.noise.name}; use recover`);
  }
  if (!prior.residual) {
    throw new RangeError(`latent posterior: ${prior.name} has no residual covariance; use csgm, or train it again`);
  }
  const { y, noise } = problem;
  const signals = y.shape[0]!;
  const least = (NOISE_FLOOR * (await measuredEnergy(operator, prior))) / sizeOf(operator.outShape);
  const measurements = await measurementCovariance(operator, contiguous(prior.residual), noise, least, signal);
  const term = await whitenedTerm(operator, measurements, y);
  const starts = await chooseStarts(
    prior,
    signals,
    options,
    async (count) => {
      const proposals = await proposeConditions(prior, prior.conditions!, term, count);
      return prior.affine ? proposals : { conditions: proposals.conditions };
    },
    true,
  );
  const { found, ended, ...end } = starts.logEvidence ? await known(starts.logEvidence) : await descended();
  const { perSignal } = starts;
  const logEvidence = withoutRepeats(found, starts);
  const best = mostEvidence(logEvidence, perSignal);
  const byEvidence = evidenceWeights(logEvidence, best, perSignal);
  const weights = estimate === "mean" ? byEvidence : onlyBest(best, perSignal);
  const data = await weightedSignals(found, weights, perSignal, measurements);
  const modes = { prior, operator, y, term, measurements, found, starts, weights: byEvidence };
  const uncertainty = await uncertaintyOf(modes, options);
  const mean = fromHost(data, [signals, ...prior.shape]);
  return {
    estimate: mean,
    constrained: (range) => boxConstrainedLaplace({ ...modes, weights }, mean, range, signal),
    outcomes: Array.from(best, (row, i): Outcome => {
      return Number.isFinite(logEvidence[row]!) ? ended(i, weights.subarray(i * perSignal)) : "non-finite";
    }),
    chosen: { solver: "latent-posterior", noise: noise.name, ...usedSigma(measurements) },
    warnings: [],
    ...uncertainty,
    ...end,
    latents: takeRows(found.z, best),
    conditions: Int32Array.from(best, (row) => starts.c.data[row]!),
    logEvidence: ndarray(logEvidence, [signals, perSignal]),
  };

  /** Modes of an affine G are exact, and so is their mean where no condition was left out that matters. */
  async function known(evidence: Float64Array) {
    const ended = (i: number): Outcome =>
      estimate === "best" || starts.leftOut![i]! <= LEFT_OUT ? "exact" : "truncated";
    return { ended, steps: 0, history: [], found: await modesAt(prior, term, starts, evidence) };
  }

  async function descended() {
    const one = ndarray(new Float32Array(signals).fill(1), [signals]);
    const watched = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
    const descent = await descend(prior, term, starts, one, {
      ...{ steps, learningRate, schedule, tolerance },
      ...watched,
    });
    const { codes, steps: done, history, z } = descent;
    const found = await laplace(prior, term, { ...starts, z });
    /** Modes are judged by the Gauss–Newton step that ends each, not by how the descents before it ended. */
    const ended = (i: number, shares: Float64Array): Outcome => {
      if (codes[i] === "cancelled") return "cancelled";
      let above = 0;
      for (let at = 0; at < starts.perSignal; at++) {
        if (shares[at]! > 0) above += shares[at]! * found.above[i * starts.perSignal + at]!;
      }
      return above <= tolerance ? "converged" : "max-steps";
    };
    return { ended, steps: done, history, found };
  }
}

/** The mean of modes of which so much of the evidence is missing is exact to float32. */
const LEFT_OUT = 1e-6;

/** Draws that tell how large measurements are; only the order of magnitude matters. */
const ENERGY_DRAWS = 64;

/** ‖ΦG(z, c)‖² in the median over draws of z and c: the mean would be lost to one draw that overflows. */
async function measuredEnergy(operator: LinearOperator, prior: GeneratorPrior): Promise<number> {
  const random = stream(1, "measured energy");
  const z = random.fillNormal(new Float32Array(ENERGY_DRAWS * prior.latent));
  const c = Int32Array.from(drawComponents(prior.conditions ?? Float64Array.of(1), random, ENERGY_DRAWS));
  const signals = await generate(prior, fromHost(z, [ENERGY_DRAWS, prior.latent]), c);
  const rows = fromHost(signals.data, [ENERGY_DRAWS, sizeOf(prior.shape)]);
  return median(rowEnergies(await applyToRows(operator, rows)));
}

/** Marginals, which are computed when they are called, and the deviation and the draws if the options ask for them. */
async function uncertaintyOf(modes: Modes, { deviation, samples = 0, seed = 1 }: LatentPosteriorOptions) {
  const { marginals, draw } = laplacePosterior(modes);
  return {
    marginals,
    ...(deviation && { deviation: await deviationsOf(modes, marginals) }),
    ...(samples > 0 && { samples: await draw(samples, seed) }),
  };
}

async function deviationsOf({ y, prior }: Modes, marginals: LaplacePosterior["marginals"]) {
  const [batch, n] = [y.shape[0]!, sizeOf(prior.shape)];
  const out = new Float32Array(batch * n);
  for (let i = 0; i < batch; i++) out.set(deviationOf(await marginals(i)), i * n);
  return fromHost(out, [batch, ...prior.shape]);
}

/** The log evidence. −∞ for a restart that is not finite, and for one whose mode another restart of its signal found with more evidence. */
function withoutRepeats({ z, logEvidence }: Laplace, { c, perSignal }: Starts): Float64Array {
  const k = z.shape[1]!;
  const known = logEvidence.map((log) => (Number.isNaN(log) ? Number.NEGATIVE_INFINITY : log));
  const same = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += (z.data[a * k + i]! - z.data[b * k + i]!) ** 2;
    return c.data[a] === c.data[b] && sum < k * SAME_MODE ** 2;
  };
  return known.map((log, row) => {
    const first = row - (row % perSignal);
    for (let other = first; other < first + perSignal; other++) {
      const more = known[other]! > log || (known[other] === log && other < row);
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
async function weightedSignals(
  { signals, misfits }: Laplace,
  weights: Float64Array,
  perSignal: number,
  measurements: MeasurementCovariance,
): Promise<Float32Array> {
  const mean = (values: Float32Array, width: number) => {
    const out = new Float64Array(values.length / perSignal);
    for (const [row, weight] of weights.entries()) {
      if (weight === 0) continue;
      const to = Math.floor(row / perSignal) * width;
      for (let i = 0; i < width; i++) out[to + i]! += weight * values[row * width + i]!;
    }
    return out;
  };
  const residual = await ofWhitened(measurements, mean(misfits, measurements.m));
  return Float32Array.from(mean(signals, measurements.n), (v, i) => v + residual[i]!);
}
