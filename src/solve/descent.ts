import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { fromHost } from "../data/array.ts";
import { adamMoments, adamRate, adamUpdate } from "../engine/adam.ts";
import { compile, type TensorsOf } from "../engine/index.ts";
import { type IterateOptions, iterate } from "../engine/iterate.ts";
import { squares } from "./batch.ts";
import type { Fidelity } from "./fidelity.ts";
import type { Recovery } from "./recovery.ts";
import { repeatRows } from "./rows.ts";
import type { Starts } from "./starts.ts";

export interface DescentOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** Most Adam steps. */
  readonly steps: number;
  /** Adam's step size in latent units, falling to 0 along a cosine. */
  readonly learningRate: number;
  /** Converged when the objective summed over the best restarts fell by less than this fraction in 50 steps. */
  readonly tolerance: number;
}

/** The lowest point of every descent: one row a restart, those of one signal beside each other. */
export interface Descent extends Omit<Recovery, "estimate"> {
  /** [rows, latent] */
  readonly z: NdArray<Float32Array>;
  /** The objective at z, [rows]. */
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
 * Minimises ‖target − see(G(z, c))‖² + λ‖z‖² over z by Adam from every start, all in one compiled step; conditions stay as
 * they start. Each row keeps its step with the lowest objective. `lambda`: one for every signal.
 */
export async function descend(
  prior: GeneratorPrior,
  fidelity: Fidelity,
  starts: Starts,
  lambda: NdArray<Float32Array>,
  { steps, learningRate, tolerance, onProgress, signal }: DescentOptions,
): Promise<Descent> {
  const { z, c, perSignal } = starts;
  const fixed = { target: repeatRows(fidelity.target, perSignal), lambda: repeatRows(lambda, perSignal), c };
  const initial = startingState(z);
  const step = await compile(descentStep(prior, fidelity), { ...fixed, rate: adamRate(1, 0), state: initial });
  const started = performance.now();
  const best: number[] = [];
  const { state, ...end } = await iterate<State>({
    state: initial,
    maxSteps: steps,
    tolerance,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const cosine = 0.5 * (1 + Math.cos((Math.PI * index) / steps));
      const next = await step.run({ ...fixed, rate: adamRate(learningRate * cosine, index), state });
      const objective = bestRestarts(next.best.data, perSignal).reduce((sum, row) => sum + next.best.data[row]!, 0);
      best.push(objective);
      const before = best[best.length - 1 - WINDOW] ?? Number.POSITIVE_INFINITY;
      return { state: next, objective, change: before / objective - 1 };
    },
  });
  const seconds = (performance.now() - started) / 1000;
  await step.dispose();
  return { ...end, seconds, z: state.bestZ, objectives: state.best };
}

/** One step for all rows: the gradient of the summed objectives moves each row by its own gradient. */
const descentStep =
  (prior: GeneratorPrior, fidelity: Fidelity) =>
  (given: { target: tf.Tensor; lambda: tf.Tensor; c: tf.Tensor; rate: tf.Tensor; state: TensorsOf<State> }) => {
    const { target, lambda, c, rate, state } = given;
    const objectives = (z: tf.Tensor) =>
      tf.add(squares(tf.sub(target, fidelity.see(decodeRows(prior, z, c)))), tf.mul(lambda, squares(z)));
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

/** G(z, c), or G(z) where the prior takes no condition. */
export const decodeRows = (prior: GeneratorPrior, z: tf.Tensor, c: tf.Tensor): tf.Tensor =>
  prior.conditions ? prior.decode(z, c) : prior.decode(z);

function startingState(z: NdArray<Float32Array>): State {
  const moments = adamMoments([z]);
  const rows = z.shape[0]!;
  const best = fromHost(new Float32Array(rows).fill(Number.POSITIVE_INFINITY), [rows]);
  return { z, first: moments.first[0]!, second: moments.second[0]!, best, bestZ: z };
}

/** The row of each signal's restart with the lowest objective. */
export function bestRestarts(objectives: ArrayLike<number>, perSignal: number): number[] {
  return Array.from({ length: objectives.length / perSignal }, (_, signal) => {
    let best = signal * perSignal;
    for (let row = best + 1; row < (signal + 1) * perSignal; row++) {
      if (objectives[row]! < objectives[best]!) best = row;
    }
    return best;
  });
}
