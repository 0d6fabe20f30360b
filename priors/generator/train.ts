import { adamMoments } from "../../src/engine/adam.ts";
import { type EndCode, iterate } from "../../src/engine/iterate.ts";
import type { Sketch } from "../../src/sketch/index.ts";
import type { DataFacts, SketchFacts } from "../facts.ts";
import type { Watched } from "../kind.ts";
import { decodeTraining, encodeTraining, trainingOf } from "./checkpoint.ts";
import { type GeneratorModel, generatorPrior } from "./model.ts";
import type { TrainOptions, TrainSettings } from "./options.ts";
import { follower, setUp } from "./setup.ts";
import { requireFrequencies } from "./sketch-loss.ts";
import type { TrainState } from "./step.ts";
import { stepper } from "./stepper.ts";
import type { Validated } from "./validation.ts";

export interface TrainedGenerator {
  readonly model: GeneratorModel;
  /** Experiments have settings of their own. */
  readonly settings: Pick<TrainSettings, "batch" | "seed"> & Partial<TrainSettings>;
  /** Fingerprint of the design of the sketch that it was trained from, and the sketch's sample count. */
  readonly sketch?: SketchFacts;
  /** The data, of an experiment that trained from them instead. */
  readonly data?: DataFacts;
  /** The loss of every step, at the weights that the step started from. */
  readonly history: readonly number[];
  /** The loss at the frequencies held out, in the course of training; empty without validation. */
  readonly validation: readonly Validated[];
  /** The step whose weights the model has: the best by validation, otherwise the last. */
  readonly kept: number;
  readonly code: EndCode;
}

export type TrainRun = Omit<Watched, "seed">;

/**
 * Trains a generator from a sketch alone: min_θ ‖z_X − A(G_θ(Z))‖² (CL-GN eq. 6) with fresh latents Z at every step, the
 * loss in its unbiased form unless told (see loss.ts), plus the sketch's mean and covariance. Frequencies held out of the loss tell
 * when to stop and which weights to keep (see validation.ts). The same sketch, settings and seed give the same weights to
 * the last bit on the same machine and thread count.
 *
 * A sketch by label gives a generator that takes the label: the loss is the mean of every label's own, by their
 * probabilities, of equally many latents each.
 *
 * A loss that stops being finite ends with the code `non-finite` and the last good weights. A
 * resumed training gives the bits of an uninterrupted one. Errors (InputError): options out of range, a sketch without
 * Fourier moments or covariance or of constant data, a checkpoint of another training.
 */
export async function trainGenerator(sketch: Sketch, options: TrainOptions & TrainRun = {}): Promise<TrainedGenerator> {
  const { onProgress, signal, checkpoints, snapshot, ...given } = options;
  const setup = await setUp(sketch, given);
  const { settings, training, weights } = setup;
  requireFrequencies(training, settings);
  const of = await trainingOf(sketch, settings);
  const kept = await checkpoints?.load?.();
  const before = kept && decodeTraining(kept, of, checkpoints!.where);
  const initial: TrainState = { weights, moments: adamMoments(weights), validation: [] };
  const step = await stepper(setup);
  const pauses = [settings.validateEvery, checkpoints?.every, snapshot?.every].filter((every) => every !== undefined);
  const follow = await follower(sketch, setup);

  const run = await iterate<TrainState>({
    state: before?.state ?? initial,
    history: before?.history ?? [],
    maxSteps: settings.steps,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const most = Math.min(settings.steps - index, ...pauses.map((every) => every - (index % every)));
      const { losses, ...adam } = await step.run(state, index, most);
      const [loss, earlier] = [losses.at(-1)!, losses.slice(0, -1)];
      return { ...(await follow.report({ ...state, ...adam }, loss, index + earlier.length)), earlier };
    },
    afterStep: async (reached) => {
      const done = reached.history.length;
      if (checkpoints && done % checkpoints.every === 0) await checkpoints.save(encodeTraining(of, reached));
      if (snapshot && done % snapshot.every === 0) {
        await snapshot.take(generatorPrior("generator", await follow.modelOf(reached.state.weights)));
      }
    },
  });
  if (run.code === "cancelled" && run.steps > 0) await checkpoints?.save(encodeTraining(of, run));
  const trained = await follow.trained(run);
  await Promise.all([step.dispose(), follow.dispose()]);
  return trained;
}
