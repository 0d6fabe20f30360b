import type { Drawn } from "../drawn.ts";
import type { MixturePrior } from "../prior.ts";

/** A mixture of Gaussians: everything that recovery and sampling need. See `MixturePrior` for the formula. */
export type MixtureModel = Omit<MixturePrior, "kind" | "name"> & {
  /** Present for few images. */
  readonly drawn?: Drawn;
};

export const mixturePrior = (name: string, { drawn: _, ...model }: MixtureModel): MixturePrior => ({
  kind: "mixture",
  name,
  ...model,
});
