import * as tf from "@tensorflow/tfjs";
import ndarray, { type NdArray } from "ndarray";
import type { ForwardOperator } from "../../operators/operator.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { stream } from "../data/random.ts";
import { adamRate, adamUpdate } from "../engine/adam.ts";
import { sameShape } from "../engine/graph.ts";
import { compile, fromHost, type TensorsOf } from "../engine/index.ts";
import { type IterateOptions, iterate } from "../engine/iterate.ts";
import type { Recovery } from "./recovery.ts";
import { repeatRows, takeRows } from "./rows.ts";

export interface LatentOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** Random starts a signal, z ~ N(0, I); default 4. */
  readonly restarts?: number;
  /** Most Adam steps; default 500. */
  readonly steps?: number;
  /** λ of the objective, one for all signals or one each; default 0.1. */
  readonly lambda?: number | readonly number[];
  /** Adam's step size in latent units, falling to 0 along a cosine; default 0.1. */
  readonly learningRate?: number;
  /** Converged when the objective summed over the best restarts fell by less than this fraction in 50 steps; default 1e-4. */
  readonly tolerance?: number;
  /** Seed of the starts; default 1. */
  readonly seed?: number;
}

export interface LatentRecovery extends Recovery {
  /** The latents of the best restarts, [batch, latent]. */
  readonly latents: NdArray<Float32Array>;
  /** ‖y − Φ(G(z))‖² + λ‖z‖² at the best restart of each signal, [batch]. */
  readonly objectives: NdArray<Float32Array>;
}

/** Steps over which convergence is judged: one step of Adam says little. */
const WINDOW = 50;

/** One row a restart: the current latents, Adam's moments, and the best objective and latents so far. */
type State = {
  readonly z: NdArray<Float32Array>;
  readonly first: NdArray<Float32Array>;
  readonly second: NdArray<Float32Array>;
  readonly best: NdArray<Float32Array>;
  readonly bestZ: NdArray<Float32Array>;
};

/**
 * Latent recovery (CSGM; Bora, Jalal, Price, Dimakis 2017): x̂ = G(ẑ), ẑ = argmin_z ‖y − Φ(G(z))‖² + λ‖z‖², by Adam from
 * several random starts. All restarts of all signals advance in one compiled step. Each signal keeps the restart, and of
 * it the step, with the lowest objective; the truth is never consulted.
 *
 * y: [batch, ...operator.outShape]; the estimate: [batch, ...operator.inShape].
 *
 * Errors: a prior of another signal shape, measurements of another operator, options out of range.
 */
export async function recoverLatent(
  operator: ForwardOperator,
  prior: GeneratorPrior,
  y: NdArray<Float32Array>,
  options: LatentOptions = {},
): Promise<LatentRecovery> {
  const { restarts = 4, steps = 500, lambda = 0.1, learningRate = 0.1, tolerance = 1e-4, seed = 1 } = options;
  checkShapes(operator, prior, y);
  if (!(Number.isInteger(restarts) && restarts > 0)) {
    throw new RangeError(`latent recovery: restarts: expected a positive whole number, got ${restarts}`);
  }
  const signals = y.shape[0]!;
  const lambdas = perSignal(lambda, signals);

  const initial = startingState(signals * restarts, prior.latent, seed);
  const fixed = { y: repeatRows(y, restarts), lambda: repeatRows(ndarray(lambdas, [signals]), restarts) };
  const step = await compile(latentStep(operator, prior), { ...fixed, rate: adamRate(1, 0), state: initial });
  const started = performance.now();
  const best: number[] = [];
  const run = await iterate<State>({
    state: initial,
    maxSteps: steps,
    tolerance,
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(options.signal && { signal: options.signal }),
    step: async (state, index) => {
      const cosine = 0.5 * (1 + Math.cos((Math.PI * index) / steps));
      const next = await step.run({ ...fixed, rate: adamRate(learningRate * cosine, index), state });
      const objective = bestRestarts(next.best.data, restarts).reduce((total, row) => total + next.best.data[row]!, 0);
      best.push(objective);
      const before = best[best.length - 1 - WINDOW] ?? Number.POSITIVE_INFINITY;
      return { state: next, objective, change: before / objective - 1 };
    },
  });
  const seconds = (performance.now() - started) / 1000;
  await step.dispose();

  const chosen = bestRestarts(run.state.best.data, restarts);
  const latents = takeRows(run.state.bestZ, chosen);
  const objectives = takeRows(run.state.best, chosen);
  const { code, steps: done, history } = run;
  return { estimate: await generate(prior, latents), code, steps: done, history, seconds, latents, objectives };
}

/** One step for all rows: the gradient of the summed objectives moves each row by its own gradient. */
const latentStep =
  (operator: ForwardOperator, prior: GeneratorPrior) =>
  ({ y, lambda, rate, state }: { y: tf.Tensor; lambda: tf.Tensor; rate: tf.Tensor; state: TensorsOf<State> }) => {
    const rows = state.z.shape[0]!;
    const perRow = (x: tf.Tensor) => tf.sum(tf.square(tf.reshape(x, [rows, -1])), 1);
    const objectives = (z: tf.Tensor) =>
      tf.add(perRow(tf.sub(y, operator.forward(prior.decode(z)))), tf.mul(lambda, perRow(z)));
    const gradient = tf.grad((z) => tf.sum(objectives(z)))(state.z);
    const now = objectives(state.z);
    const better = tf.less(now, state.best);
    const { parameters, moments } = adamUpdate(
      [state.z],
      [gradient],
      { first: [state.first], second: [state.second] },
      rate,
    );
    return {
      z: parameters[0]!,
      first: moments.first[0]!,
      second: moments.second[0]!,
      best: tf.where(better, now, state.best),
      bestZ: tf.where(tf.expandDims(better, 1), state.z, state.bestZ),
    };
  };

function startingState(rows: number, latent: number, seed: number): State {
  const z = fromHost(stream(seed, "latent starts").fillNormal(new Float32Array(rows * latent)), [rows, latent]);
  const zeros = () => fromHost(new Float32Array(rows * latent), [rows, latent]);
  const best = fromHost(new Float32Array(rows).fill(Number.POSITIVE_INFINITY), [rows]);
  return { z, first: zeros(), second: zeros(), best, bestZ: z };
}

/** The row of each signal's restart with the lowest objective. */
function bestRestarts(objectives: Float32Array, restarts: number): number[] {
  return Array.from({ length: objectives.length / restarts }, (_, signal) => {
    let best = signal * restarts;
    for (let row = best + 1; row < (signal + 1) * restarts; row++) if (objectives[row]! < objectives[best]!) best = row;
    return best;
  });
}

/** Signals G(z) of latents [n, latent]: [n, ...shape]. */
export async function generate(prior: GeneratorPrior, latents: NdArray<Float32Array>): Promise<NdArray<Float32Array>> {
  const decode = await compile(({ z }: { z: tf.Tensor }) => prior.decode(z), { z: latents });
  const signals = await decode.run({ z: latents });
  await decode.dispose();
  return signals;
}

function perSignal(lambda: number | readonly number[], signals: number): Float32Array {
  const values = typeof lambda === "number" ? new Array<number>(signals).fill(lambda) : lambda;
  if (values.length === signals && values.every((v) => v >= 0 && Number.isFinite(v))) return Float32Array.from(values);
  throw new RangeError(`latent recovery: lambda: expected one or ${signals} numbers of at least 0, got ${lambda}`);
}

function checkShapes(operator: ForwardOperator, prior: GeneratorPrior, y: NdArray<Float32Array>): void {
  if (!sameShape(operator.inShape, prior.shape)) {
    throw new RangeError(
      `latent recovery: ${operator.name} measures signals of [${operator.inShape}], the prior ${prior.name} makes ` +
        `[${prior.shape}]; use a prior trained on signals of that shape`,
    );
  }
  if (!sameShape(y.shape.slice(1), operator.outShape)) {
    throw new RangeError(`latent recovery: expected measurements [batch, ${operator.outShape}], got [${y.shape}]`);
  }
}
