import type * as tf from "#tf";
import type { EndCode, IterateOptions } from "../../src/engine/iterate.ts";
import type { Weights } from "../generator/network.ts";
import type { MixtureModel } from "../mixture/model.ts";

export interface DistilOptions {
  /** Size of the latent z, at most the number of features; default that of the kind, or all features of fewer. */
  readonly latent?: number;
  /** Widths of the hidden layers; default that of the kind. */
  readonly hidden?: readonly number[];
  /** Adam steps; default that of the kind. */
  readonly steps?: number;
  /** Draws a step, of the kinds that draw; default that of the kind. */
  readonly batch?: number;
  /** Adam's step size at first, falling to 0 along a cosine; default that of the kind. */
  readonly learningRate?: number;
  /** Default 1. */
  readonly seed?: number;
}

export type DistilSettings = Required<DistilOptions>;

/** What the decoder of a distilled generator is built from, beside its weights. */
export interface DistilledNetwork {
  readonly latent: number;
  readonly hidden: readonly number[];
  /** Size k of the features v that it makes. */
  readonly features: number;
  /** The group of every condition: its label, or 0 where there are none. */
  readonly groupOf: readonly number[];
  /** The covariance of every condition; empty where conditions are no cells. */
  readonly cellOf: readonly number[];
}

/** Features v(z, c) fitted to those of a mixture. */
export interface Fitted {
  readonly network: DistilledNetwork;
  readonly weights: Weights;
  /** Probability of every condition. */
  readonly conditions: Float64Array;
  /** Covariance [k, k] of the mixture's features about v(z, c). */
  readonly rest: Float64Array;
  /** What was minimised, step by step. */
  readonly history: readonly number[];
  readonly code: EndCode;
}

export type Watched = Pick<IterateOptions<unknown>, "onProgress" | "signal">;

/** A form of generator that a mixture can be distilled into. */
export interface Kind {
  /** The generator in one line, for help texts. */
  readonly summary: string;
  readonly defaults: Pick<DistilSettings, "latent" | "hidden" | "steps" | "batch" | "learningRate">;
  /** Whether v(z, c) is affine in z. */
  readonly affine: boolean;
  fit(mixture: MixtureModel, settings: DistilSettings, watched: Watched): Promise<Fitted>;
  /** v(z, c): z [batch, latent] and c [batch] (int32) to [batch, k]. */
  features(network: DistilledNetwork, weights: readonly tf.Tensor[], z: tf.Tensor, c: tf.Tensor): tf.Tensor;
}

/** As many groups as a network tells apart. */
export const groupCount = ({ groupOf }: DistilledNetwork): number => Math.max(...groupOf) + 1;
