import type { NdArray } from "ndarray";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import type { ValueRange } from "../../data/range.ts";
import { squaredNorm } from "../../data/vector.ts";
import { yieldToEvents } from "../../engine/events.ts";
import { productTransposed } from "../../engine/float64.ts";
import type { ConstrainedMode } from "../gaussian/box-constrained-mode.ts";
import { featureWeight } from "../gaussian/feature-weight.ts";
import { intoBox } from "../gaussian/into-box.ts";
import { whitenedCross } from "../gaussian/measurement-covariance.ts";
import type { Outcome } from "../recovery.ts";
import { type Around, aroundModes, likelyModes, type Modes } from "./laplace-posterior.ts";

/**
 * A prior is contradicted if its objective is above this many times what it expects, and above that by so many deviations. On MNIST (test
 * digits 2000 to 2029) few objectives of generators that know their residual are above it, and most of one that does not.
 */
const CONTRADICTED = 2;
const DEVIATIONS = 5;

/**
 * The box-constrained mode, as `boxConstrainedMode` has it, of Laplace's posterior: with its mean x̄ [batch,
 * ...shape], and over the modes with weights w and means x_w
 *
 *     P = ω Σ w (E H⁻¹ Eᵀ + (x_w − x̄)(x_w − x̄)ᵀ) + C − CΦᵀS⁻¹ΦC
 *
 * (`laplacePosterior`, `featureWeight`). If the measurements contradict the prior, P is smaller than the errors, and what bounds pull along with P does
 * harm. So a signal keeps its mean, to be clipped, as a `fallback`, if its objective ‖y − ΦG‖²_{S⁻¹} + ‖z‖² is above 2m and above
 * m + 5√(2m): it has the law χ²_m where the prior holds and G is linear. Signals without a finite mode stay as they are. The outcomes are
 * those of the box alone.
 */
export async function boxConstrainedLaplace(
  modes: Modes,
  mean: NdArray<Float32Array>,
  [low, high]: ValueRange,
  signal?: AbortSignal,
): Promise<ConstrainedMode> {
  const n = sizeOf(modes.prior.shape);
  const estimate = new Float32Array(mean.data);
  const outcomes = new Array<Outcome>(mean.shape[0]!).fill("converged");
  const unexplained = await unexplainedOf(modes);
  const signalOf = (row: number) => Math.floor(row / modes.starts.perSignal);
  const contradicted = contradictedSignals(modes, signalOf);
  const rows = likelyModes(modes).filter((row) => !contradicted.has(signalOf(row)));
  for (const at of contradicted) outcomes[at] = "fallback";
  const own: Around[] = []; // the modes of one signal
  let seen = 0;
  for await (const around of aroundModes(modes, rows)) {
    const at = signalOf(around.row);
    own.push(around);
    seen++;
    if (seen < rows.length && signalOf(rows[seen]!) === at) continue;
    const x = estimate.subarray(at * n, (at + 1) * n);
    const P = await covarianceOf(modes, own.splice(0), x, unexplained);
    outcomes[at] = intoBox(x, (p) => P.subarray(p * n, (p + 1) * n), low, high);
    await yieldToEvents();
    signal?.throwIfAborted();
  }
  return { estimate: fromHost(estimate, mean.shape), outcomes };
}

/** Signals whose objective, in the mean over their modes, is far above what the prior expects. */
function contradictedSignals({ found, measurements: { m }, weights }: Modes, signalOf: (row: number) => number) {
  const k = found.z.shape[1]!;
  const objectives = new Map<number, number>();
  for (const [row, weight] of weights.entries()) {
    const objective = squaredNorm(found.misfits, row * m, m) + squaredNorm(found.z.data, row * k, k);
    if (weight > 0) objectives.set(signalOf(row), (objectives.get(signalOf(row)) ?? 0) + weight * objective);
  }
  const most = Math.max(CONTRADICTED * m, m + DEVIATIONS * Math.sqrt(2 * m));
  return new Set([...objectives].filter(([, objective]) => objective > most).map(([at]) => at));
}

/** C − CΦᵀS⁻¹ΦC, [n, n]. */
async function unexplainedOf({ prior, measurements }: Modes): Promise<Float64Array> {
  const rows = await whitenedCross(measurements);
  const explained = await productTransposed(rows, rows, measurements.m);
  const C = contiguous(prior.residual!);
  return explained.map((v, at) => C[at]! - v);
}

/** P of one signal, with the weight ω, from what is known around its modes; `mean` is x̄. */
async function covarianceOf(
  { prior, weights }: Modes,
  modes: readonly Around[],
  mean: Float32Array,
  unexplained: Float64Array,
): Promise<Float32Array> {
  const [n, k] = [mean.length, prior.latent];
  const total = modes.reduce((sum, { row }) => sum + weights[row]!, 0);
  const width = modes.length * (k + 1);
  const root = new Float64Array(n * width); // of all of P but the last part: beside each other √w EF⁻ᵀ and √w (x_w − x̄) of every mode
  for (const [i, { row, mean: own, spread }] of modes.entries()) {
    const size = Math.sqrt(weights[row]! / total);
    for (let p = 0; p < n; p++) {
      const to = p * width + i * (k + 1);
      for (let a = 0; a < k; a++) root[to + a] = size * spread[p * k + a]!;
      root[to + k] = size * (own[p]! - mean[p]!);
    }
  }
  const P = await productTransposed(root, root, width);
  let variance = squaredNorm(root);
  for (let p = 0; p < n; p++) variance += unexplained[p * (n + 1)]!;
  const weight = featureWeight(variance, mean);
  return Float32Array.from(P, (v, at) => weight * v + unexplained[at]!);
}
