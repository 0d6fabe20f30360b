import { InputError } from "../../src/data/errors.ts";
import { suggestion } from "../../src/data/nearest.ts";
import { type LossName, losses } from "./loss.ts";
import type { Activation } from "./network.ts";
import { type MethodName, methodNames, methods } from "./teachers/index.ts";

/** Learning rate schedules: the factor of the learning rate at step `index` of `steps`. To add one: a line here. */
export const schedules = {
  cosine: (index: number, steps: number) =>
    Math.min(1, (index + 1) / 50) * 0.5 * (1 + Math.cos((Math.PI * index) / steps)),
  constant: () => 1,
} as const;
export type Schedule = keyof typeof schedules;

export interface TrainOptions {
  /**
   * What the network learns from: `sketch`, or a teacher that takes the data too, to compare with: `mmd`, `gan` (teachers/).
   * The sketch still gives the decoder, the start, and the frequencies that validate. Default sketch.
   */
  readonly method?: MethodName;
  /** Size of the latent z; default the number of features, at least 10 and at most 100. */
  readonly latent?: number;
  /**
   * `mlp`, whose output are the sketch's features; or `conv:64,32`, which resizes and convolves maps of these channels to an image
   * of free pixels (`ConvSpec`). Default mlp.
   */
  readonly network?: string;
  /** Widths of the hidden layers; default [500, 500], [200] before convolutions. */
  readonly hidden?: readonly number[];
  /** Activation of the hidden layers; default tanh, leakyRelu with convolutions. */
  readonly activation?: Activation;
  /**
   * Normalise every layer before its activation by the mean and variance of the batch, with a gain and a shift to learn (Ioffe,
   * Szegedy 2015). Samples of one batch are then not independent, and the unbiased loss keeps a bias of order 1/batch. At the end the
   * statistics of 4096 latents are folded into the weights: the prior is a network without normalisation. Default false.
   */
  readonly batchNorm?: boolean;
  /** A linear path beside the hidden layers that starts as the Gaussian with the sketch's covariance; default true. */
  readonly linear?: boolean;
  /**
   * Latents drawn afresh for every step; default 1000 (CL-GN section 4: fewer than about 1000 do not work). With labels rounded up
   * to equally many each.
   */
  readonly batch?: number;
  /** Most Adam steps; default 1000. */
  readonly steps?: number;
  /** Adam's step size; default 1e-3. */
  readonly learningRate?: number;
  /** `cosine`: 50 steps of warm-up, then down to 0; or `constant`. Default cosine. */
  readonly schedule?: Schedule;
  /** `unbiased`, or `paper`: CL-GN eq. 6 as it stands, biased by about 1/batch (see loss.ts). Default unbiased. */
  readonly loss?: LossName;
  /** Frequencies in the loss of a step, a fresh random subset at every step; default 0: all of them. */
  readonly frequencyBatch?: number;
  /** Weight of the second-moment loss beside the Fourier loss; default 0.1; 0 leaves it out. */
  readonly momentWeight?: number;
  /** Fraction of the frequencies that training never sees and that tell when to stop; default 0.1; 0 turns it off. */
  readonly validation?: number;
  /** Steps from one validation to the next; default 50. */
  readonly validateEvery?: number;
  /** Steps without a new lowest validation loss after which training stops; default half of `steps`, at least 500. */
  readonly patience?: number;
  /** Seed of the initial weights, of the latents and of the frequencies held out; default 1. */
  readonly seed?: number;
}

export type TrainSettings = Required<TrainOptions>;

/** The settings of priors from before these options existed: what their training did. */
export const olderSettings = {
  method: "sketch",
  network: "mlp",
  batchNorm: false,
  loss: "unbiased",
  frequencyBatch: 0,
  validation: 0,
  validateEvery: 50,
  patience: 500,
} as const;

/** Options with their defaults, for a number of features and of labels, if any. Errors: an option out of range. */
export function completed(options: TrainOptions, features: number, labels = 1): TrainSettings {
  const steps = options.steps ?? 1000;
  const convolutional = (options.network ?? "mlp") !== "mlp";
  const given: TrainSettings = {
    method: "sketch",
    network: "mlp",
    latent: Math.min(100, Math.max(10, features)),
    hidden: convolutional ? [200] : [500, 500],
    activation: convolutional ? "leakyRelu" : "tanh",
    batchNorm: false,
    linear: true,
    batch: 1000,
    steps,
    learningRate: 1e-3,
    schedule: "cosine",
    loss: "unbiased",
    frequencyBatch: 0,
    momentWeight: 0.1,
    validation: 0.1,
    validateEvery: 50,
    patience: Math.max(500, Math.ceil(steps / 2)),
    seed: 1,
    ...options,
  };
  const settings = { ...given, batch: labels * Math.ceil(given.batch / labels) };
  const { method, loss, latent, batch, learningRate, frequencyBatch, momentWeight, validation } = settings;
  const { validateEvery, patience } = settings;
  if (!methodNames.includes(method)) {
    throw new InputError(`train: method: unknown name "${method}"; ${suggestion(method, methodNames)}`);
  }
  for (const [name, value] of Object.entries({ latent, batch, steps, validateEvery, patience })) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new InputError(`train: ${name}: expected a positive integer, got ${value}`);
    }
  }
  for (const name of methods[method].unused) {
    if (options[name] !== undefined) {
      throw new InputError(`train: ${spaced(name)}: the method ${method} does not have it; leave it out`);
    }
  }
  if (batch < 2 * labels) {
    const each = labels > 1 ? ` of each of ${labels} labels` : "";
    throw new InputError(`train: batch: the unbiased loss needs at least 2 latents${each}, got ${batch}`);
  }
  if (!Object.hasOwn(losses, loss)) {
    throw new InputError(`train: loss: unknown name "${loss}"; ${suggestion(loss, Object.keys(losses))}`);
  }
  if (!(Number.isInteger(frequencyBatch) && frequencyBatch >= 0)) {
    throw new InputError(`train: frequency batch: expected an integer of at least 0, got ${frequencyBatch}`);
  }
  if (!(learningRate > 0)) {
    throw new InputError(`train: learning rate: expected a positive number, got ${learningRate}`);
  }
  if (!(momentWeight >= 0)) {
    throw new InputError(`train: moment weight: expected a number of at least 0, got ${momentWeight}`);
  }
  if (!(validation >= 0 && validation < 1)) {
    throw new InputError(`train: validation: expected a fraction of at least 0 and below 1, got ${validation}`);
  }
  return settings;
}

/** `frequencyBatch` as `frequency batch`. */
const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
