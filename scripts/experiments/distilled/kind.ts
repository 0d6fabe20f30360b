import type * as tf from "#tf";
import type { Fitted } from "../../../priors/cell-linear/fit.ts";
import type { CellNetwork } from "../../../priors/cell-linear/network.ts";
import type { Watched } from "../../../priors/kind.ts";
import type { MixtureModel } from "../../../priors/mixture/model.ts";

export interface DistilOptions {
  /** Size of the latent z, at most the number of features; default that of the kind, or all features if there are fewer. */
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

/** What a decoder of features v(z, c) needs besides its weights. A condition is a component of the mixture, or its label. */
export interface DistilledNetwork extends Pick<CellNetwork, "latent" | "features" | "groupOf"> {
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
}

export type DistilledFit = Omit<Fitted, "network"> & { readonly network: DistilledNetwork };

/** A form of generator that a mixture can be distilled into. */
export interface Kind {
  /** The generator in one line, for help texts. */
  readonly summary: string;
  readonly defaults: Pick<DistilSettings, "latent" | "hidden" | "steps" | "batch" | "learningRate">;
  fit(mixture: MixtureModel, settings: DistilSettings, watched: Watched): Promise<DistilledFit>;
  /** v(z, c): z [batch, latent] and c [batch] (int32) to [batch, k]. */
  features(network: DistilledNetwork, weights: readonly tf.Tensor[], z: tf.Tensor, c: tf.Tensor): tf.Tensor;
}
