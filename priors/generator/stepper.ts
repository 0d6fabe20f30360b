import type { NdArray } from "ndarray";
import { fromHost } from "../../src/data/array.ts";
import { adamRate } from "../../src/engine/adam.ts";
import { compileSteps } from "../../src/engine/steps.ts";
import { pickUnits } from "./frequencies.ts";
import { latentsOf } from "./latents.ts";
import { schedules } from "./options.ts";
import type { Setup } from "./setup.ts";
import { type AdamState, apart, joined, trainingStep } from "./step.ts";
import { isFeatureTarget } from "./target.ts";

/** The most steps of one call, and about how long one may take: progress is told and a cancellation heeded between calls. */
const MOST_STEPS = 50;
const CALL_SECONDS = 0.5;

export interface Stepper {
  /**
   * Takes steps from `index` on, at least one and at most `most`: as many as fit into a call. All losses but the last are finite. However the steps
   * are divided into calls, their bits are the same.
   */
  run(state: AdamState, index: number, most: number): Promise<AdamState & { readonly losses: readonly number[] }>;
  dispose(): Promise<void>;
}

/** The training step of a setup, compiled. */
export async function stepper(setup: Setup): Promise<Stepper> {
  const { settings, training, weights } = setup;
  const { steps: all, learningRate, schedule } = settings;
  const own = (index: number) => ({
    z: latentsOf(settings, index),
    rate: adamRate(learningRate * schedules[schedule](index, all), index),
    picked: isFeatureTarget(training) ? [] : pickUnits(training, settings, index),
  });
  const first = own(0);
  const flat = joined(weights);
  const example = { carried: { weights: flat, first: flat, second: flat }, each: first };
  const steps = await compileSteps(trainingStep(setup), example, { most: MOST_STEPS, name: "training", embed: true });
  const stacked = <T extends Float32Array | Int32Array>({ data, shape }: NdArray<T>) => {
    const many = data instanceof Float32Array ? Float32Array : Int32Array;
    return fromHost(new many(MOST_STEPS * data.length) as T, [MOST_STEPS, ...shape]);
  };
  const each = { z: stacked(first.z), rate: stacked(first.rate), picked: first.picked.map(stacked) };

  let seconds = Number.POSITIVE_INFINITY; // of a step: unknown, so the first call makes one
  let alone = false;
  const take = async ({ weights: now, moments }: AdamState, index: number, count: number) => {
    const from = performance.now();
    for (let step = 0; step < count; step++) {
      const { z, rate, picked } = own(index + step);
      each.z.data.set(z.data, step * z.size);
      each.rate.data.set(rate.data, step);
      for (const [i, list] of picked.entries()) each.picked[i]!.data.set(list.data, step * list.size);
    }
    const before = { weights: joined(now), first: joined(moments.first), second: joined(moments.second) };
    const { carried, told } = await steps.run(before, each, count);
    seconds = (performance.now() - from) / 1000 / count;
    return {
      weights: apart(carried.weights, weights),
      moments: { first: apart(carried.first, weights), second: apart(carried.second, weights) },
      losses: [...told.data],
    };
  };
  return {
    run: async (state, index, most) => {
      const count = alone ? 1 : Math.max(1, Math.min(MOST_STEPS, most, Math.floor(CALL_SECONDS / seconds)));
      const taken = await take(state, index, count);
      if (count === 1 || taken.losses.every(Number.isFinite)) return taken;
      alone = true; // to end with the last weights that are good
      return take(state, index, 1);
    },
    dispose: steps.dispose,
  };
}
