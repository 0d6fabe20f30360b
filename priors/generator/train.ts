import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { adamMoments, adamRate } from "../../src/engine/adam.ts";
import { compile } from "../../src/engine/index.ts";
import { type EndCode, iterate } from "../../src/engine/iterate.ts";
import { familySpec, type Sketch } from "../../src/sketch/index.ts";
import type { Watched } from "../kind.ts";
import { decodeTraining, encodeTraining, trainingOf } from "./checkpoint.ts";
import { folding, withoutNorm } from "./folding.ts";
import { type GeneratorModel, generatorPrior } from "./model.ts";
import { initialWeights, type NetworkSpec, parseNetwork, type Weights } from "./network.ts";
import { completed, schedules, type TrainOptions, type TrainSettings } from "./options.ts";
import { residualOf } from "./residual.ts";
import { sketchTeacher } from "./sketch-teacher.ts";
import { type AdamState, type TrainState, trainingStep } from "./step.ts";
import { floorOf, gaussianStart, targetOf } from "./target.ts";
import type { MakeTeacher } from "./teacher.ts";
import { holdOut, isBest, isSettled, type Validated, validator } from "./validation.ts";

export interface TrainedGenerator {
  readonly model: GeneratorModel;
  readonly settings: TrainSettings;
  /** Fingerprint of the design of the sketch that it was trained from, and the sketch's sample count. */
  readonly sketch: { readonly fingerprint: string; readonly count: number };
  /** The loss of every step, at the weights that the step started from. */
  readonly history: readonly number[];
  /** The loss at the frequencies held out, in the course of training; empty without validation. */
  readonly validation: readonly Validated[];
  /** The step whose weights the model has: the best by validation, otherwise the last. */
  readonly kept: number;
  readonly code: EndCode;
}

export interface TrainRun extends Omit<Watched, "seed"> {
  /** What the network learns from; default the sketch loss. A checkpoint does not tell which it was. */
  readonly teacher?: MakeTeacher;
}

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
  const { onProgress, signal, checkpoints, snapshot, teacher: make = sketchTeacher, ...given } = options;
  const conv = parseNetwork(given.network ?? "mlp", sketch.design.shape);
  const target = await targetOf(sketch, conv ? "pixels" : "features");
  const { decoder, probabilities } = target;
  const labels = probabilities?.length;
  const settings = completed(given, target.offset.size, labels);
  const { latent, hidden, activation, batchNorm, linear, batch, steps, learningRate, schedule, seed } = settings;
  const size = { latent, output: decoder.scale.size, ...(labels !== undefined && { labels }) };
  const network: NetworkSpec = {
    ...size,
    hidden,
    activation,
    linear,
    ...(conv && { conv }),
    ...(batchNorm && { batchNorm }),
  };
  const of = await trainingOf(sketch, settings);
  const kept = await checkpoints?.load?.();
  const before = kept && decodeTraining(kept, of, checkpoints!.where);
  const { training, held } = holdOut(target, settings);
  const weights = initialWeights(network, seed, linear ? gaussianStart(target, latent) : undefined);
  const teacher = await make({
    ...{ network, target: training, settings },
    fourier: familySpec(sketch.design, "fourier", "train"),
  });
  const parameters = [...weights, ...teacher.parameters];
  const initial: TrainState = { weights: parameters, moments: adamMoments(parameters), validation: [] };
  const latents = (index: number) =>
    fromHost(stream(seed, "latents", index).fillNormal(new Float32Array(batch * latent)), [batch, latent]);

  const plain = withoutNorm(network);
  const norm = await folding(network, settings, weights);
  const ofNetwork = (trained: Weights): Promise<Weights> => norm.fold(trained.slice(0, weights.length));
  const modelOf = async (trained: Weights): Promise<GeneratorModel> => ({
    ...{ network: plain, weights: await ofNetwork(trained), decoder },
    shape: sketch.design.shape,
    ...(probabilities && { conditions: probabilities }),
  });
  const step = await compile(trainingStep(teacher), {
    ...adamOf(initial),
    z: latents(0),
    rate: adamRate(1, 0),
    drawn: teacher.draws(0),
  });
  const validation = held && (await validator(plain, held, settings, await ofNetwork(weights)));
  const floor = held ? await floorOf(sketch) : 0;
  const run = await iterate<TrainState>({
    state: before?.state ?? initial,
    history: before?.history ?? [],
    maxSteps: steps,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const rate = adamRate(learningRate * schedules[schedule](index, steps), index, teacher.beta1);
      const drawn = teacher.draws(index);
      const { loss, ...adam } = await step.run({ ...adamOf(state), z: latents(index), rate, drawn });
      const done = index + 1;
      const due = done === steps || done % settings.validateEvery === 0;
      const point = due ? await validation?.validate(await ofNetwork(adam.weights), done) : undefined;
      const next = withPoint({ ...state, ...adam }, point);
      return {
        state: next,
        objective: due && !isSound(next) ? Number.NaN : loss.data[0]!,
        change: due && isSettled(next.validation, floor, settings.patience) ? 0 : 1,
      };
    },
    afterStep: async (reached) => {
      const done = reached.history.length;
      if (checkpoints && done % checkpoints.every === 0) await checkpoints.save(encodeTraining(of, reached));
      if (snapshot && done % snapshot.every === 0) {
        await snapshot.take(generatorPrior("generator", await modelOf(reached.state.weights)));
      }
    },
  });
  if (run.code === "cancelled" && run.steps > 0) await checkpoints?.save(encodeTraining(of, run));
  const { state, history, code } = run;
  const best = state.best ?? { step: history.length, weights: state.weights };
  const model = await modelOf(best.weights);
  await Promise.all([step.dispose(), validation?.dispose(), norm.dispose()]);
  return {
    model: { ...model, ...(await residualOf(sketch, generatorPrior("generator", model), seed)) },
    settings,
    sketch: { fingerprint: sketch.design.fingerprint, count: sketch.count },
    history,
    validation: state.validation,
    kept: best.step,
    code,
  };
}

/** A state with one more point of its validation curve, if there is one. */
function withPoint(state: TrainState, point: Validated | undefined): TrainState {
  if (!point) return state;
  const curve = [...state.validation, point];
  return { ...state, validation: curve, ...(isBest(curve) && { best: { step: point.step, weights: state.weights } }) };
}

const adamOf = ({ weights, moments }: TrainState): AdamState => ({ weights, moments });

/** Whether the new weights and the newest validation loss are finite. The loss of a step only tells this of the weights before it. */
const isSound = ({ weights, validation }: TrainState): boolean =>
  weights.every(({ data }) => data.every(Number.isFinite)) && Number.isFinite(validation.at(-1)?.loss ?? 0);
