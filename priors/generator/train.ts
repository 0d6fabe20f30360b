import * as tf from "@tensorflow/tfjs";
import type { NdArray } from "ndarray";
import { InputError } from "../../src/data/errors.ts";
import { stream } from "../../src/data/random.ts";
import { type AdamMoments, adamMoments, adamRate, adamUpdate } from "../../src/engine/adam.ts";
import { compile, fromHost } from "../../src/engine/index.ts";
import { type EndCode, type IterateOptions, iterate } from "../../src/engine/iterate.ts";
import type { Sketch } from "../../src/sketch/index.ts";
import { fourierLoss, momentLoss } from "./loss.ts";
import { constant, type GeneratorModel } from "./model.ts";
import { type Activation, applyNetwork, initialWeights, type NetworkSpec, type Weights } from "./network.ts";
import { gaussianStart, type Target, targetOf } from "./target.ts";

/** Learning rate schedules: the factor of the learning rate at step `index` of `steps`. To add one: a line here. */
export const schedules = {
  cosine: (index: number, steps: number) =>
    Math.min(1, (index + 1) / 50) * 0.5 * (1 + Math.cos((Math.PI * index) / steps)),
  constant: () => 1,
} as const;
export type Schedule = keyof typeof schedules;

export interface TrainOptions {
  /** Size of the latent z; default the number of features, at least 10 and at most 100. */
  readonly latent?: number;
  /** Widths of the hidden layers; default [500, 500]. */
  readonly hidden?: readonly number[];
  /** Activation of the hidden layers; default tanh. */
  readonly activation?: Activation;
  /** A linear path beside the hidden layers that starts as the Gaussian with the sketch's covariance; default true. */
  readonly linear?: boolean;
  /** Latents drawn afresh for every step; default 1000 (CL-GN section 4: fewer than about 1000 do not work). */
  readonly batch?: number;
  /** Adam steps; default 1000. */
  readonly steps?: number;
  /** Adam's step size; default 1e-3. */
  readonly learningRate?: number;
  /** `cosine`: 50 steps of warm-up, then down to 0; or `constant`. Default cosine. */
  readonly schedule?: Schedule;
  /** Weight of the second-moment loss beside the Fourier loss; default 0.1; 0 leaves it out. */
  readonly momentWeight?: number;
  /** Seed of the initial weights and of the latents; default 1. */
  readonly seed?: number;
}

export type TrainSettings = Required<TrainOptions>;

export interface TrainedGenerator {
  readonly model: GeneratorModel;
  readonly settings: TrainSettings;
  /** Fingerprint of the design of the sketch that it was trained from, and the sketch's sample count. */
  readonly sketch: { readonly fingerprint: string; readonly count: number };
  /** The loss after every step. */
  readonly history: readonly number[];
  readonly code: EndCode;
}

type State = { readonly weights: Weights; readonly moments: AdamMoments<NdArray<Float32Array>> };

/**
 * Trains a generator from a sketch alone: min_θ ‖z_X − A(G_θ(Z))‖² (CL-GN eq. 6) with fresh latents Z at every step, the
 * loss in its unbiased form (see loss.ts), plus the sketch's mean and covariance. The same sketch, settings and seed give
 * the same weights to the last bit on the same machine and thread count.
 */
export async function trainGenerator(
  sketch: Sketch,
  options: TrainOptions & Pick<IterateOptions<unknown>, "onProgress" | "signal"> = {},
): Promise<TrainedGenerator> {
  const { onProgress, signal, ...given } = options;
  const target = targetOf(sketch);
  const settings = completed(given, target);
  const { latent, hidden, activation, linear, batch, steps, learningRate, schedule, seed } = settings;
  const network: NetworkSpec = { latent, hidden, activation, linear, output: target.decoder.scale.size };
  const weights = initialWeights(network, seed, linear ? gaussianStart(target, latent) : undefined);
  const initial: State = { weights, moments: adamMoments(weights) };
  const latents = (index: number) =>
    fromHost(stream(seed, "latents", index).fillNormal(new Float32Array(batch * latent)), [batch, latent]);

  const step = await compile(trainingStep(network, target, settings.momentWeight), {
    ...initial,
    z: latents(0),
    rate: adamRate(1, 0),
  });
  const run = await iterate<State>({
    state: initial,
    maxSteps: steps,
    tolerance: Number.NEGATIVE_INFINITY,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const rate = adamRate(learningRate * schedules[schedule](index, steps), index);
      const { loss, ...next } = await step.run({ ...state, z: latents(index), rate });
      return { state: next, objective: loss.data[0]!, change: 0 };
    },
  });
  await step.dispose();
  return {
    model: { network, weights: run.state.weights, decoder: target.decoder, shape: sketch.design.shape },
    settings,
    sketch: { fingerprint: sketch.design.fingerprint, count: sketch.count },
    history: run.history,
    code: run.code,
  };
}

type StepInputs = {
  readonly weights: readonly tf.Tensor[];
  readonly moments: AdamMoments<tf.Tensor>;
  readonly z: tf.Tensor;
  readonly rate: tf.Tensor;
};

/** Loss, gradient and Adam update of one batch, as one pure function. */
const trainingStep = (network: NetworkSpec, target: Target, momentWeight: number) => (inputs: StepInputs) => {
  const loss = (...weights: tf.Tensor[]): tf.Scalar => {
    const u = applyNetwork(network, weights, inputs.z);
    const features = tf.add(constant(target.offset), tf.mul(u, constant(target.decoder.scale)));
    const moments = { cos: constant(target.cos), sin: constant(target.sin) };
    const fourier = fourierLoss(features, constant(target.frequencies), moments);
    if (momentWeight === 0) return fourier as tf.Scalar;
    return tf.add(fourier, tf.mul(momentWeight, momentLoss(u, constant(target.covariance)))) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(loss)([...inputs.weights]);
  const { parameters, moments } = adamUpdate(inputs.weights, grads, inputs.moments, inputs.rate);
  return { loss: value as tf.Tensor, weights: parameters, moments };
};

function completed(options: TrainOptions, target: Target): TrainSettings {
  const features = target.decoder.scale.size;
  const settings: TrainSettings = {
    latent: Math.min(100, Math.max(10, features)),
    hidden: [500, 500],
    activation: "tanh",
    linear: true,
    batch: 1000,
    steps: 1000,
    learningRate: 1e-3,
    schedule: "cosine",
    momentWeight: 0.1,
    seed: 1,
    ...options,
  };
  const whole = { latent: settings.latent, batch: settings.batch, steps: settings.steps };
  for (const [name, value] of Object.entries(whole)) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new InputError(`train: ${name}: expected a positive whole number, got ${value}`);
    }
  }
  if (settings.batch < 2) throw new InputError("train: batch: the unbiased loss needs at least 2 latents, got 1");
  if (!(settings.learningRate > 0)) {
    throw new InputError(`train: learning rate: expected a positive number, got ${settings.learningRate}`);
  }
  if (!(settings.momentWeight >= 0)) {
    throw new InputError(`train: moment weight: expected a number of at least 0, got ${settings.momentWeight}`);
  }
  return settings;
}
