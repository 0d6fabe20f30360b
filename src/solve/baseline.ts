import type { NdArray } from "ndarray";
import { frobeniusNorm, operatorNorm } from "../../operators/norms.ts";
import type { LinearOperator } from "../../operators/operator.ts";
import type { PenaltyPrior } from "../../priors/prior.ts";
import { fromHost } from "../data/array.ts";
import { type IterateOptions, iterate } from "../engine/iterate.ts";
import { conjugateGradients } from "./conjugate-gradients.ts";
import { fista } from "./fista.ts";
import type { MethodState, PenaltyMethod } from "./method.ts";
import { withCompiledStep } from "./pool.ts";
import { primalDual } from "./primal-dual.ts";
import type { Recovery } from "./recovery.ts";
import { checkedSignals } from "./signals.ts";

export interface BaselineOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** λ > 0: one number, or one for every signal. */
  readonly lambda: number | readonly number[] | Float32Array;
  /**
   * Converged when every signal's gap is at or below it. Tikhonov: relative residual of the normal equations, default
   * 1e-5. TV, wavelet: how far the objective may be from the lowest, relative, default 1e-3.
   */
  readonly tolerance?: number;
  /** Most compiled steps, of 20 iterations each; default 500. */
  readonly maxSteps?: number;
}

export interface BaselineRecovery extends Recovery {
  /** ½‖y − Φx‖² + λ r(x) of every signal. */
  readonly objectives: Float32Array;
  /** How far each signal is from solved, in the measure of `tolerance`. */
  readonly gaps: Float32Array;
}

/** Every signal's state, objective and gap between compiled steps. */
interface Solving {
  readonly state: MethodState<NdArray<Float32Array>>;
  readonly objectives: Float32Array;
  readonly gaps: Float32Array;
}

/**
 * Baseline recovery: x̂ = argmin_x ½‖y − Φx‖² + λ r(x), all signals of y [batch, ...outShape] at once, from x = 0, with
 * step sizes from the norms of Φ and of the penalty. The kind of the penalty chooses the method: conjugate gradients,
 * FISTA, or primal-dual. Pixels are not confined to [0, 1].
 *
 * Errors: shapes that do not fit each other, λ that is not positive, measurements that are not finite.
 */
export async function recoverWithPenalty(
  operator: LinearOperator,
  prior: PenaltyPrior,
  y: NdArray<Float32Array>,
  options: BaselineOptions,
): Promise<BaselineRecovery> {
  const batch = {
    y,
    lambda: lambdas(options.lambda, checkedSignals(`recovery with ${prior.name}`, operator, prior, y)),
  };
  const method = await methodFor(operator, prior);
  const { maxSteps = 500, tolerance = method.tolerance } = options;
  const unknown = new Float32Array(y.shape[0]!).fill(Number.NaN); // what a run that ends before its first step leaves
  const start: Solving = { state: method.start(batch), objectives: unknown, gaps: unknown };
  return withCompiledStep(operator, prior, method, { ...batch, state: start.state }, async (step) => {
    const started = performance.now();
    const { state, ...end } = await iterate<Solving>({
      state: start,
      maxSteps,
      tolerance,
      ...(options.onProgress && { onProgress: options.onProgress }),
      ...(options.signal && { signal: options.signal }),
      step: async ({ state: before }) => {
        const after = await step({ ...batch, state: before });
        const [objectives, gaps] = [after.objective.data, after.gap.data];
        const objective = objectives.reduce((sum, v) => sum + v, 0);
        return { state: { state: after.state, objectives, gaps }, objective, change: largest(gaps) };
      },
    });
    const { objectives, gaps } = state;
    return { estimate: state.state.x, ...end, objectives, gaps, seconds: (performance.now() - started) / 1000 };
  });
}

/** The method that solves recoveries with this penalty. */
export async function methodFor(operator: LinearOperator, prior: PenaltyPrior): Promise<PenaltyMethod> {
  if (prior.form === "quadratic") return conjugateGradients(operator, prior);
  const size = await sizeOfOperator(operator);
  return prior.form === "proximal" ? fista(operator, prior, size.norm) : primalDual(operator, prior, size);
}

const sizes = new WeakMap<LinearOperator, Promise<{ norm: number; frobenius: number }>>();

/** ‖Φ‖ and ‖Φ‖_F, computed once an operator. */
export function sizeOfOperator(operator: LinearOperator): Promise<{ norm: number; frobenius: number }> {
  const known = sizes.get(operator);
  if (known) return known;
  const computed = (async () => ({
    norm: await operatorNorm(operator, { tolerance: 1e-4 }),
    frobenius: await frobeniusNorm(operator),
  }))();
  sizes.set(operator, computed);
  computed.catch(() => sizes.delete(operator));
  return computed;
}

/** λ as one number a signal. */
function lambdas(lambda: BaselineOptions["lambda"], batch: number): NdArray<Float32Array> {
  const values = typeof lambda === "number" ? new Float32Array(batch).fill(lambda) : Float32Array.from(lambda);
  if (values.length !== batch) {
    throw new RangeError(`lambda: expected one number or ${batch}, one for every signal, got ${values.length}`);
  }
  const wrong = values.find((v) => !(v > 0 && v < Number.POSITIVE_INFINITY));
  if (wrong === undefined) return fromHost(values, [batch]);
  throw new RangeError(`lambda: expected positive numbers, got ${wrong}; without noise use a small one, such as 1e-4`);
}

const largest = (values: Float32Array): number => values.reduce((most, v) => Math.max(most, v), 0);
