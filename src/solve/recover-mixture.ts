import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../operators/operator.ts";
import type { MixturePrior } from "../../priors/prior.ts";
import type { ValueRange } from "../data/range.ts";
import type { IterateOptions } from "../engine/iterate.ts";
import { boundedMode } from "./box.ts";
import { mixturePosterior } from "./mixture-posterior.ts";
import type { Recovery } from "./recovery.ts";

export interface MixtureRecoveryOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** Values that signals are known to have; default unknown. */
  readonly range?: ValueRange;
}

/**
 * Recovery with a mixture: the posterior mean (`mixturePosterior`), or, where signals are known to lie in a range, the posterior's mode
 * in there (`boundedMode`). noise: σ of each measurement. Errors: those of `mixturePosterior`.
 */
export async function recoverMixture(
  operator: LinearOperator,
  prior: MixturePrior,
  y: NdArray<Float32Array>,
  noise: number,
  { range, onProgress, signal }: MixtureRecoveryOptions = {},
): Promise<Recovery> {
  const started = performance.now();
  const posterior = await mixturePosterior(operator, prior, y, {
    noise,
    ...(onProgress && {
      onProgress: (step: number, maxSteps: number) => onProgress({ step, maxSteps, objective: Number.NaN }),
    }),
    ...(signal && { signal }),
  });
  const estimate = range ? await boundedMode(posterior, range) : posterior.mean;
  const seconds = (performance.now() - started) / 1000;
  const code = estimate.data.every(Number.isFinite) ? "converged" : "non-finite";
  return { estimate, code, steps: 1, history: [], seconds };
}
