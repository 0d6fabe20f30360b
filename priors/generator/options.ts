import { InputError } from "../../src/data/errors.ts";
import { checkedOptions, type OptionTable } from "../../src/data/options.ts";
import { type LossName, losses } from "./loss.ts";
import { type Activation, activations } from "./network.ts";

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
  /**
   * `mlp`, which outputs the sketch's features; or `conv:64,32`, a convolutional network that outputs pixels, with maps of these
   * channels (`ConvSpec`). Default mlp.
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
   * Latents drawn afresh for every step; default 1000 (CL-GN section 4: fewer than about 1000 do not work). Rounded up to a multiple
   * of the number of labels.
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
  /**
   * Frequencies in the loss of a step, a fresh random subset at every step; default 0: all of them. Product frequencies come in rows
   * (frequencies.ts), so their number is rounded up.
   */
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
  network: "mlp",
  batchNorm: false,
  loss: "unbiased",
  frequencyBatch: 0,
  validation: 0,
  validateEvery: 50,
  patience: 500,
} as const;

const names = <T extends object>(table: T) => Object.keys(table) as unknown as readonly (keyof T & string)[];

/** The options by name, for options objects and the command line. */
export const trainTable = {
  latent: { type: "integer", description: "size of the latent z; default the number of features, 10 to 100" },
  network: {
    type: "text",
    default: "mlp",
    description: "mlp; or conv:64,32, a convolutional network that outputs pixels",
  },
  hidden: { type: "integers", description: "widths of the hidden layers; default 500,500, with convolutions 200" },
  activation: {
    ...{ type: "choice", choices: names(activations) },
    description: "of hidden layers; default tanh, with convolutions leakyRelu",
  },
  batchNorm: { type: "flag", description: "normalise the layers over the batch; folded in at the end" },
  linear: { type: "flag", default: true, description: "a linear path, which starts as the sketch's Gaussian" },
  batch: { type: "integer", default: 1000, description: "latents drawn afresh for every step" },
  steps: { type: "integer", default: 1000, description: "Adam steps" },
  learningRate: { type: "number", default: 1e-3, description: "Adam's step size" },
  schedule: { type: "choice", choices: names(schedules), default: "cosine", description: "how the step size falls" },
  loss: {
    ...{ type: "choice", choices: names(losses), default: "unbiased" },
    description: "sketch loss; paper: the plain one of CL-GN eq. 6, biased",
  },
  frequencyBatch: { type: "integer", default: 0, description: "frequencies of a step's loss, drawn afresh; 0: all" },
  momentWeight: { type: "number", default: 0.1, description: "weight of mean and covariance in the loss; 0: none" },
  validation: { type: "number", default: 0.1, description: "fraction of frequencies held out, to know when to stop" },
  validateEvery: { type: "integer", default: 50, description: "steps from one validation to the next" },
  patience: {
    type: "integer",
    description: "steps without a lower validation loss before stopping; default half of the steps, at least 500",
  },
} as const satisfies OptionTable;

/** Options with their defaults, for a number of features and of labels, if any. Errors: an option out of range. */
export function completed({ seed = 1, ...options }: TrainOptions, features: number, labels = 1): TrainSettings {
  const given = checkedOptions("train", trainTable, options);
  const convolutional = given.network !== "mlp";
  const settings: TrainSettings = {
    ...given,
    latent: given.latent ?? Math.min(100, Math.max(10, features)),
    hidden: given.hidden ?? (convolutional ? [200] : [500, 500]),
    activation: given.activation ?? (convolutional ? "leakyRelu" : "tanh"),
    batch: labels * Math.ceil(given.batch / labels),
    patience: given.patience ?? Math.max(500, Math.ceil(given.steps / 2)),
    seed,
  };
  const { latent, batch, steps, learningRate, frequencyBatch, momentWeight, validation } = settings;
  const { validateEvery, patience } = settings;
  for (const [name, value] of Object.entries({ latent, batch, steps, validateEvery, patience })) {
    if (!(value > 0)) throw new InputError(`train: ${name}: expected a positive integer, got ${value}`);
  }
  if (batch < 2 * labels) {
    const each = labels > 1 ? ` of each of ${labels} labels` : "";
    throw new InputError(`train: batch: the unbiased loss needs at least 2 latents${each}, got ${batch}`);
  }
  if (!(frequencyBatch >= 0)) {
    throw new InputError(`train: frequencyBatch: expected an integer of at least 0, got ${frequencyBatch}`);
  }
  if (!(learningRate > 0)) {
    throw new InputError(`train: learningRate: expected a positive number, got ${learningRate}`);
  }
  if (!(momentWeight >= 0)) {
    throw new InputError(`train: momentWeight: expected a number of at least 0, got ${momentWeight}`);
  }
  if (!(validation >= 0 && validation < 1)) {
    throw new InputError(`train: validation: expected a fraction of at least 0 and below 1, got ${validation}`);
  }
  return settings;
}
