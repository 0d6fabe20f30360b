import type { NdArray } from "ndarray";
import type { PenaltyPrior, SmoothPenalty } from "../../../priors/prior.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import { checkedOptions, type OptionTable } from "../../data/options.ts";
import { iterateRows } from "../../engine/iterate-rows.ts";
import type { Solved } from "../recovery.ts";
import type { SolveOptions } from "../solver.ts";
import type { CentredProblem } from "./centre.ts";
import { decodeRecovery, encodeRecovery, recoveryOf } from "./checkpoint.ts";
import type { MethodState, PenaltyMethod } from "./method.ts";
import { withCompiledStep } from "./pool.ts";
import { stoppingOptions, type Watch, watchOf } from "./stopping.ts";

/** Options of every method for penalised problems. */
export const penalisedOptions = {
  tolerance: { type: "number", description: "converged at this gap, in the method's own measure; default its own" },
  ...stoppingOptions,
  steps: { type: "integer", default: 500, description: "most compiled steps, of 20 iterations each" },
} as const satisfies OptionTable;

export interface PenalisedRecovery extends Solved {
  /** f(Φx, y) + λ r(x) of every signal. */
  readonly objectives: Float32Array;
  /** How far each signal is from its solution, in the measure of `tolerance`. */
  readonly gaps: Float32Array;
}

/**
 * x̂ = argmin_x f(Φx, y) + λ r(x), where f is the noise's misfit and x keeps to the range of the problem, if it has one. All signals are
 * solved together, from `start`, or x = 0. A signal whose numbers are no longer finite ends as `non-finite`; the others go on.
 *
 * With `checkpoints` it goes on where an earlier run stopped, to the same bits.
 *
 * Errors (RangeError): no λ, λ that is not positive; those of `watchOf`. Errors (InputError): those of `decodeRecovery`.
 */
export async function solvePenalised(
  problem: CentredProblem,
  prior: PenaltyPrior | SmoothPenalty,
  method: PenaltyMethod,
  { lambda, onProgress, signal, own, checkpoints, start: given }: SolveOptions,
): Promise<PenalisedRecovery> {
  const { y, operator, noise } = problem;
  const {
    steps: maxSteps,
    tolerance = method.tolerance,
    ...limits
  } = checkedOptions(method.name, penalisedOptions, own);
  const watch = watchOf(method.name, problem, limits);
  const batch = { y, lambda: lambdas(prior.name, lambda, y.shape[0]!) };
  const start = method.start(batch, given && aboutCentre(given, problem.centre, -1));
  const of = checkpoints && (await recoveryOf(method.name, problem, prior, batch.lambda, own, given));
  const kept = await checkpoints?.load?.();
  const resume = kept && decodeRecovery(kept, of!, checkpoints!.where);
  return withCompiledStep(
    { operator, prior, rest: `${noise.spec} ${noise.sigma} ${problem.range} ${watch.key}` },
    watching(method, watch),
    { ...batch, state: start },
    async (step) => {
      const { state, codes, objectives, changes, steps, history } = await iterateRows<
        MethodState<NdArray<Float32Array>>
      >({
        ...{ rows: y.shape[0]!, state: start, maxSteps, tolerance },
        ...(limits.seconds !== undefined && { maxSeconds: limits.seconds }),
        ...(onProgress && { onProgress }),
        ...(signal && { signal }),
        ...(resume && { resume }),
        ...(checkpoints && {
          checkpoints: {
            seconds: checkpoints.seconds,
            save: (reached) => checkpoints.save(encodeRecovery(of!, reached)),
          },
        }),
        step: async (before) => {
          const { state, objective, gap, watched = {} } = await step({ ...batch, state: before });
          return { state, objectives: objective.data, changes: gap.data, codes: watch.codes(watched, y.shape[0]!) };
        },
      });
      return {
        ...{
          estimate: aboutCentre(state.x, problem.centre),
          outcomes: codes,
          steps,
          history,
          objectives,
          gaps: changes,
        },
        chosen: {
          ...{ solver: method.name, noise: noise.name, sigma: noise.sigma },
          lambda: typeof lambda === "number" ? lambda : [...lambda!],
        },
        warnings: [],
      };
    },
  );
}

/** The method, and what is watched besides its gap. */
const watching = (method: PenaltyMethod, watch: Watch): PenaltyMethod => ({
  ...method,
  step: (batch, before) => {
    const after = method.step(batch, before);
    return watch.key ? { ...after, watched: watch.numbers(batch, before, after.state) } : after;
  },
});

/** The signals of their differences from a centre; with the sign −1 their differences from it. */
const aboutCentre = (x: NdArray<Float32Array>, centre: Float32Array | undefined, sign = 1): NdArray<Float32Array> =>
  centre
    ? fromHost(
        (contiguous(x) as Float32Array).map((v, at) => v + sign * centre[at % centre.length]!),
        x.shape,
      )
    : x;

/** λ as one number a signal. */
function lambdas(who: string, lambda: SolveOptions["lambda"], batch: number): NdArray<Float32Array> {
  if (lambda === undefined) throw new RangeError(`${who}: lambda: expected the weight of the penalty, got none`);
  const values = typeof lambda === "number" ? new Float32Array(batch).fill(lambda) : Float32Array.from(lambda);
  if (values.length !== batch) {
    throw new RangeError(`${who}: lambda: expected one number or ${batch}, one for every signal, got ${values.length}`);
  }
  const wrong = values.find((v) => !(v > 0 && v < Number.POSITIVE_INFINITY));
  if (wrong === undefined) return fromHost(values, [batch]);
  throw new RangeError(
    `${who}: lambda: expected positive numbers, got ${wrong}; without noise use a small one, such as 1e-4`,
  );
}
