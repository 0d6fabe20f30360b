import * as tf from "#tf";
import type { Fitted } from "../../../priors/cell-linear/fit.ts";
import { residualWith } from "../../../priors/cell-linear/train.ts";
import type { Watched } from "../../../priors/kind.ts";
import type { MixtureModel } from "../../../priors/mixture/model.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { constant } from "../../../priors/signals.ts";
import { cellMlp } from "./cell-mlp.ts";
import type { DistilOptions, DistilSettings, Kind } from "./kind.ts";
import { vae } from "./vae.ts";

export const distilledNames = ["cell-mlp", "vae"] as const;
export type DistilledName = (typeof distilledNames)[number];

const kinds: { readonly [K in DistilledName]: Kind } = { "cell-mlp": cellMlp, vae };

/** A generator made from a mixture alone, and how. */
export interface Distilled extends Pick<Fitted, "weights" | "history" | "code"> {
  readonly prior: GeneratorPrior;
  readonly settings: DistilSettings;
}

/**
 * A generator network x = centre + D v(z, c) + r that replaces a mixture. v is fitted to the mixture's features (see the kinds).
 * r ~ N(0, C + DEDᵀ) has the mixture's own residual C and the covariance E of what v leaves out.
 */
export async function distil(
  mixture: MixtureModel,
  kind: DistilledName,
  { onProgress, signal, ...options }: DistilOptions & Watched = {},
): Promise<Distilled> {
  const { defaults, fit, features } = kinds[kind];
  const latent = Math.min(defaults.latent, mixture.means.shape[1]!);
  const settings: DistilSettings = { ...defaults, latent, seed: 1, ...options };
  const watched = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const { network, weights, conditions, rest, history, code } = await fit(mixture, settings, watched);
  const { shape, centre, matrix } = mixture;
  const prior: GeneratorPrior = {
    ...{ kind: "generator", name: kind, latent: network.latent, shape, conditions },
    ...(await residualWith(mixture, rest)),
    decode: (z, c) => {
      const v = features(network, weights.map(constant), z, c!);
      const signals = tf.matMul(v as tf.Tensor2D, constant(matrix) as tf.Tensor2D, false, true);
      return tf.reshape(tf.add(constant(centre), signals), [-1, ...shape]);
    },
  };
  return { prior, weights, settings, history, code };
}
