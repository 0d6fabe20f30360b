import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";
import { adamMoments, adamRate, adamUpdate } from "../../engine/adam.ts";
import { compile, type TensorsOf } from "../../engine/index.ts";
import type { IterateOptions } from "../../engine/iterate.ts";
import { iterateRows, type RowCode } from "../../engine/iterate-rows.ts";
import { squares } from "../batch.ts";
import { repeatRows } from "../rows.ts";
import type { DataTerm } from "./data-term.ts";
import type { Starts } from "./starts.ts";

/** Factors of the step size at step `index` of `steps`. */
export const schedules = {
  cosine: (index: number, steps: number) => 0.5 * (1 + Math.cos((Math.PI * index) / steps)),
  constant: () => 1,
} as const;
export type Schedule = keyof typeof schedules;
export const scheduleNames = ["cosine", "constant"] as const satisfies readonly Schedule[];

export interface DescentOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** Most Adam steps. */
  readonly steps: number;
  /** Adam's step size in latent units. */
  readonly learningRate: number;
  /** How it falls: to 0 along a cosine, or not at all. */
  readonly schedule: Schedule;
  /** A signal has converged when the objective of none of its restarts fell by more than this fraction on a way of 5 units (`descend`). */
  readonly tolerance: number;
}

export const descentNames = ["steps", "learningRate", "schedule", "tolerance", "onProgress", "signal"] as const;

/** The lowest point of every descent: one row a restart, those of one signal beside each other. */
export interface Descent {
  /** How every signal ended. */
  readonly codes: readonly RowCode[];
  readonly steps: number;
  /** The objective of the best restarts after every step, summed over the signals. */
  readonly history: readonly number[];
  /** [rows, latent] */
  readonly z: NdArray<Float32Array>;
  /** The objective at z, [rows]. */
  readonly objectives: NdArray<Float32Array>;
}

/** Steps over which convergence is judged: one step of Adam says little. */
const WINDOW = 50;
/**
 * Falls on a shorter way than this, in latent units, where the prior's deviation is 1, count in proportion: 50 steps of size 0.1. A way
 * below the second says nothing: what hardly moves does not fall.
 */
const WAY = 5;
const LEAST_WAY = 0.5;
/** A descent whose objective is above its best by more than this fraction has left it, and is at no mode. */
const NEAR_BEST = 0.1;

/** One row a restart: the current latents, their objective, Adam's moments, and the best objective and latents so far. */
type State = {
  readonly z: NdArray<Float32Array>;
  readonly first: NdArray<Float32Array>;
  readonly second: NdArray<Float32Array>;
  readonly now: NdArray<Float32Array>;
  readonly best: NdArray<Float32Array>;
  readonly bestZ: NdArray<Float32Array>;
};

/**
 * Minimises D(G(z, c)) + λ‖z‖² over z by Adam from every start, D the data term, all in one compiled step. Conditions stay as they
 * start. Every restart keeps its step with the lowest objective. A restart whose objective stops being finite keeps what it had, and
 * the others go on. A signal that has converged is frozen, with all its restarts: its end does not depend on the rest of the batch.
 *
 * Converged: in the last 50 steps the objective of no restart fell by more than the tolerance, and that of the best one is within 10 % of its
 * lowest. If the sizes of these steps sum up to less than 5, falls count in proportion, so that a descent does not converge because its steps
 * are small or the cosine ends. A signal whose best restart ended beyond finite numbers is `non-finite`; its z is the lowest point before.
 * `lambda`: one for every signal.
 */
export async function descend(
  prior: GeneratorPrior,
  term: DataTerm,
  starts: Starts,
  lambda: NdArray<Float32Array>,
  { steps: maxSteps, learningRate, schedule, tolerance, onProgress, signal }: DescentOptions,
): Promise<Descent> {
  const { z, c, perSignal } = starts;
  const fixed = { target: repeatRows(term.target, perSignal), lambda: repeatRows(lambda, perSignal), c };
  const initial = startingState(z);
  const example = { ...fixed, rate: adamRate(1, 0), state: initial };
  const compiled = await compile(descentStep(prior, term), example, { embed: true }); // hundreds of steps
  const signals = z.shape[0]! / perSignal;
  const sizeAt = (index: number) => schedules[schedule](index, maxSteps);
  const past: Float32Array[] = []; // the best objectives of all restarts after the last steps, one window of them
  const { state, codes, steps, history } = await iterateRows<State>({
    rows: signals,
    state: initial,
    maxSteps,
    tolerance,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const rate = adamRate(learningRate * sizeAt(index), index);
      const next = await compiled.run({ ...fixed, rate, state });
      const best = next.best.data;
      const before = past.length < WINDOW ? undefined : past[0]!;
      const weight = fallWeight(learningRate * stepsBefore(index, sizeAt));
      const falls = best.map((objective, row) =>
        before && weight ? weight * fallOf(before[row]!, objective) : Number.POSITIVE_INFINITY,
      );
      past.push(best);
      if (past.length > WINDOW) past.shift();
      const lowest = bestRestarts(best, perSignal);
      return {
        state: next,
        objectives: lowest.map((row) => best[row]!),
        changes: lowest.map((row, i) =>
          next.now.data[row]! <= (1 + NEAR_BEST) * best[row]!
            ? Math.max(...falls.subarray(i * perSignal, (i + 1) * perSignal))
            : Number.POSITIVE_INFINITY,
        ),
      };
    },
  });
  await compiled.dispose();
  const lowest = bestRestarts(state.best.data, perSignal);
  return {
    codes: codes.map((code, i) => (steps > 0 && !Number.isFinite(state.now.data[lowest[i]!]!) ? "non-finite" : code)),
    ...{ steps, history, z: state.bestZ, objectives: state.best },
  };
}

/** The sum of the step sizes of the window before a step, as parts of the learning rate. */
const stepsBefore = (index: number, sizeAt: (index: number) => number): number =>
  Array.from({ length: WINDOW }, (_, i) => sizeAt(index - 1 - i)).reduce((a, b) => a + b, 0);

/** By how much a fall on a way counts; undefined for a way that says nothing. */
const fallWeight = (way: number): number | undefined => (way < LEAST_WAY ? undefined : Math.max(1, WAY / way));

/** The relative fall of an objective, which may reach 0. */
const fallOf = (before: number, now: number): number => (before === now ? 0 : before / now - 1);

/** One step for all rows: the gradient of the summed objectives moves each row by its own gradient. */
const descentStep =
  (prior: GeneratorPrior, term: DataTerm) =>
  (given: { target: tf.Tensor; lambda: tf.Tensor; c: tf.Tensor; rate: tf.Tensor; state: TensorsOf<State> }) => {
    const { target, lambda, c, rate, state } = given;
    const objectives = (z: tf.Tensor) =>
      tf.add(term.misfit(decodeRows(prior, z, c), target), tf.mul(lambda, squares(z)));
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
      now,
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
  return { z, now: best, first: moments.first[0]!, second: moments.second[0]!, best, bestZ: z };
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
