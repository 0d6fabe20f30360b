import type { MixtureModel } from "../mixture/model.ts";

/** What the decoder of features v(z, c), c a component of a mixture, is built from beside its weights. */
export interface CellNetwork {
  /** Size of z. */
  readonly latent: number;
  /** Size k of the features v that it makes. */
  readonly features: number;
  /** The group of every condition: its label, or 0 where there are none. */
  readonly groupOf: readonly number[];
  /** The covariance of every condition. */
  readonly cellOf: readonly number[];
}

/** A network whose conditions are the components of a mixture. */
export const cellNetwork = ({ means, covarianceOf, labels }: MixtureModel, latent: number): CellNetwork => ({
  ...{ latent, features: means.shape[1]! },
  groupOf: Array.from(covarianceOf, (_, j) => labels?.[j] ?? 0),
  cellOf: [...covarianceOf],
});

/** Number of groups. */
export const groupCount = ({ groupOf }: Pick<CellNetwork, "groupOf">): number => Math.max(...groupOf) + 1;
