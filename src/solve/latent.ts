import ndarray, { type NdArray } from "ndarray";
import type * as tf from "#tf";
import type { ForwardOperator } from "../../operators/operator.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { fromHost } from "../data/array.ts";
import { compile } from "../engine/index.ts";
import { bestRestarts, type DescentOptions, decodeRows, descend } from "./descent.ts";
import { plainFidelity } from "./fidelity.ts";
import type { Recovery } from "./recovery.ts";
import { takeRows } from "./rows.ts";
import { checkedSignals } from "./signals.ts";
import { chooseStarts, type StartOptions } from "./starts.ts";

/** Defaults: at most 500 steps, learning rate 0.1, tolerance 1e-4. */
export interface LatentOptions extends Partial<DescentOptions>, StartOptions {
  /** λ of the objective, one for all signals or one each; default 0.1. */
  readonly lambda?: number | readonly number[];
}

export interface LatentRecovery extends Recovery {
  /** The latents of the best restarts, [batch, latent]. */
  readonly latents: NdArray<Float32Array>;
  /** ‖y − Φ(G(z))‖² + λ‖z‖² at the best restart of each signal, [batch]. */
  readonly objectives: NdArray<Float32Array>;
}

/**
 * Latent recovery (CSGM; Bora, Jalal, Price, Dimakis 2017): x̂ = G(ẑ), ẑ = argmin_z ‖y − Φ(G(z))‖² + λ‖z‖², by Adam from
 * several starts: random ones, or for a prior with conditions those of `chooseStarts`. All restarts of all signals advance
 * in one compiled step. Each signal keeps the restart, and of it the step, with the lowest objective; the truth is never
 * consulted. The prior's residual is left aside: `recoverPosterior` makes use of it where Φ is linear.
 *
 * y: [batch, ...operator.outShape]; the estimate: [batch, ...operator.inShape].
 *
 * Errors: a prior of another signal shape, measurements of another operator or not finite, options out of range.
 */
export async function recoverLatent(
  operator: ForwardOperator,
  prior: GeneratorPrior,
  y: NdArray<Float32Array>,
  options: LatentOptions = {},
): Promise<LatentRecovery> {
  const { lambda = 0.1, steps = 500, learningRate = 0.1, tolerance = 1e-4 } = options;
  const signals = checkedSignals("latent recovery", operator, prior, y);
  const lambdas = ndarray(perSignal(lambda, signals), [signals]);
  const fidelity = plainFidelity(operator, y);
  const starts = await chooseStarts(prior, fidelity, options, prior.conditions !== undefined);
  const { onProgress, signal } = options;
  const { z, objectives, ...end } = await descend(prior, fidelity, starts, lambdas, {
    ...{ steps, learningRate, tolerance },
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const chosen = bestRestarts(objectives.data, starts.perSignal);
  const latents = takeRows(z, chosen);
  const conditions = Int32Array.from(chosen, (row) => starts.c.data[row]!);
  return {
    ...end,
    estimate: await generate(prior, latents, conditions),
    latents,
    objectives: takeRows(objectives, chosen),
  };
}

/** Signals G(z, c) of latents [n, latent], and conditions [n] for a prior that takes them: [n, ...shape]. */
export async function generate(
  prior: GeneratorPrior,
  latents: NdArray<Float32Array>,
  conditions?: Int32Array,
): Promise<NdArray<Float32Array>> {
  const rows = latents.shape[0]!;
  if (prior.conditions && conditions?.length !== rows) {
    throw new RangeError(
      `generate: ${prior.name} takes a condition a latent, ${rows}; got ${conditions?.length ?? "none"}`,
    );
  }
  const given = { z: latents, c: fromHost(conditions ?? new Int32Array(rows), [rows]) };
  const decode = await compile(({ z, c }: { z: tf.Tensor; c: tf.Tensor }) => decodeRows(prior, z, c), given);
  const signals = await decode.run(given);
  await decode.dispose();
  return signals;
}

function perSignal(lambda: number | readonly number[], signals: number): Float32Array {
  const values = typeof lambda === "number" ? new Array<number>(signals).fill(lambda) : lambda;
  if (values.length === signals && values.every((v) => v >= 0 && Number.isFinite(v))) return Float32Array.from(values);
  throw new RangeError(`latent recovery: lambda: expected one or ${signals} numbers of at least 0, got ${lambda}`);
}
