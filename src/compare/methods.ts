import type { NdArray } from "ndarray";
import { type ForwardOperator, isLinear, requireLinear } from "../../operators/operator.ts";
import type { GaussianPrior, GeneratorPrior, PenaltyPrior } from "../../priors/prior.ts";
import type { ValueRange } from "../data/range.ts";
import type { Progress } from "../engine/iterate.ts";
import { measure } from "../measure/index.ts";
import { recoverWithPenalty } from "../solve/baseline.ts";
import { chooseLambda } from "../solve/choose-lambda.ts";
import { chooseLatentLambda } from "../solve/choose-latent-lambda.ts";
import { recoverGaussian } from "../solve/gaussian-posterior.ts";
import { lambdaFacts } from "../solve/lambda-facts.ts";
import { recoverLatent } from "../solve/latent.ts";
import { type EstimateName, recoverPosterior } from "../solve/latent-posterior.ts";
import { recoverMixture } from "../solve/recover-mixture.ts";
import type { Recovery } from "../solve/recovery.ts";
import type { Method, MethodResult } from "./compare.ts";

/** Runs a long task under a label and hands it the progress callback; the command line shows a bar. */
export type Watch = <T>(label: string, task: (onProgress: (progress: Progress) => void) => Promise<T>) => Promise<T>;

export interface MethodOptions {
  /** A fixed λ. Default: chosen on `tuning` for every operator; without tuning signals, see each method. */
  readonly lambda?: number;
  /** Training signals [n, ...shape] on which λ is chosen; never the ones that are reported. */
  readonly tuning?: NdArray<Float32Array>;
  /** Values that signals are known to have; λ is chosen on estimates clipped to it (as `compare` clips them). */
  readonly range?: ValueRange;
  /** Seed of random starts and of the noise on the tuning signals; default 1. */
  readonly seed?: number;
  readonly watch?: Watch;
  readonly signal?: AbortSignal;
}

export interface GeneratorMethodOptions extends MethodOptions {
  /** As in `recoverPosterior` and `recoverLatent`. */
  readonly restarts?: number;
  readonly steps?: number;
  /** As in `recoverPosterior`. */
  readonly estimate?: EstimateName;
}

/** A recovery, and the λ it used. */
export type MethodRecovery = MethodResult & Pick<Recovery, "steps">;

/** A method whose results carry their step count. */
export interface TunedMethod extends Method {
  recover(operator: ForwardOperator, y: NdArray<Float32Array>, noise: number): Promise<MethodRecovery>;
}

export const unwatched: Watch = (_, task) => task(() => {});

/** Where tuning signals get their noise from: a seed apart from the reported ones'. */
const TUNING_SEED_STEP = 1_000_003;

/**
 * A baseline as a method: x̂ = argmin ½‖y − Φx‖² + λ r(x) (see `recoverWithPenalty`). Without λ and tuning signals,
 * the penalty's own default. Errors: an operator that is not linear; those of `recoverWithPenalty`.
 */
export function baselineMethod(prior: PenaltyPrior, options: MethodOptions = {}): TunedMethod {
  const { tuning, range, seed = 1, watch = unwatched, signal } = options;
  const abort = signal && { signal };
  return {
    name: prior.name,
    recover: async (given, y, noise) => {
      const operator = requireLinear(prior.name, given);
      const lambda =
        options.lambda ??
        (tuning
          ? await watch(`${prior.name}, choosing λ`, async () => {
              const known = await measure(tuning, operator, { noise, seed: seed + TUNING_SEED_STEP });
              return (await chooseLambda(operator, prior, tuning, known.y, { ...abort, ...(range && { range }) }))
                .lambda;
            })
          : await defaultLambda(operator, prior, y, noise));
      const recovery = await watch(`${prior.name}, ${operator.name}`, (onProgress) =>
        recoverWithPenalty(operator, prior, y, { lambda, onProgress, ...abort }),
      );
      return { ...pick(recovery), lambda };
    },
  };
}

async function defaultLambda(
  operator: ForwardOperator,
  { name, defaultLambda: rule }: PenaltyPrior,
  y: NdArray<Float32Array>,
  noise: number,
): Promise<number> {
  if (rule) return rule(await lambdaFacts(operator, y, noise));
  throw new RangeError(`${name}: lambda: has no default; give it, or tuning signals`);
}

/** The posterior mean of a Gaussian as a method (see `recoverGaussian`); there is no λ. Errors: an operator that is not linear. */
export function gaussianMethod(
  prior: GaussianPrior,
  { watch = unwatched }: Pick<MethodOptions, "watch"> = {},
): TunedMethod {
  return {
    name: prior.name,
    recover: async (given, y, noise) => {
      const operator = requireLinear(prior.name, given);
      return pick(await watch(`${prior.name}, ${operator.name}`, () => recoverGaussian(operator, prior, y, noise)));
    },
  };
}

/** λ of a generator when nothing chooses it. */
const GENERATOR_LAMBDA = 0.1;

/**
 * A generator prior as a method: of one that is affine the posterior of the mixture that it is (`recoverMixture`), unless restarts or
 * the best of them are asked for; else the posterior of the prior and its residual (`recoverPosterior`) where Φ is linear and the
 * prior has a residual. Otherwise, and with a fixed λ, CSGM's latent recovery (`recoverLatent`), λ chosen on the tuning
 * signals by `chooseLatentLambda`; without them, 0.1.
 */
export function generatorMethod(
  name: string,
  prior: GeneratorPrior,
  options: GeneratorMethodOptions = {},
): TunedMethod {
  const { tuning, range, seed = 1, watch = unwatched, signal, restarts, steps, estimate } = options;
  const settings = {
    seed,
    ...(restarts !== undefined && { restarts }),
    ...(steps !== undefined && { steps }),
    ...(signal && { signal }),
  };
  return {
    name,
    recover: async (operator, y, noise) => {
      const exact = isLinear(operator) && options.lambda === undefined && restarts === undefined && estimate !== "best";
      if (exact && prior.asMixture) {
        const mixture = await prior.asMixture();
        const own = { ...(range && { range }), ...(signal && { signal }) };
        return pick(
          await watch(`${name}, ${operator.name}`, (onProgress) =>
            recoverMixture(operator, mixture, y, noise, { onProgress, ...own }),
          ),
        );
      }
      if (prior.residual && isLinear(operator) && options.lambda === undefined) {
        const recovery = await watch(`${name}, ${operator.name}`, (onProgress) =>
          recoverPosterior(operator, prior, y, noise, { ...settings, onProgress, ...(estimate && { estimate }) }),
        );
        return pick(recovery);
      }
      const lambda =
        options.lambda ??
        (tuning
          ? await watch(`${name}, choosing λ`, async (onProgress) => {
              const known = await measure(tuning, operator, { noise, seed: seed + TUNING_SEED_STEP });
              const choice = { ...settings, onProgress, ...(range && { range }) };
              return (await chooseLatentLambda(operator, prior, tuning, known.y, choice)).lambda;
            })
          : GENERATOR_LAMBDA);
      const recovery = await watch(`${name}, ${operator.name}`, (onProgress) =>
        recoverLatent(operator, prior, y, { ...settings, onProgress, lambda }),
      );
      return { ...pick(recovery), lambda };
    },
  };
}

const pick = ({ estimate, seconds, code, steps }: Recovery) => ({ estimate, seconds, code, steps });
