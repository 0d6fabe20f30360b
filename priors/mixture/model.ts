import type { MixturePrior } from "../prior.ts";
import type { Shrunken } from "../shrunken.ts";

/** A mixture of Gaussians: everything that recovery and sampling need. See `MixturePrior` for the formula. */
export type MixtureModel = Omit<MixturePrior, "kind" | "name"> & {
  /** Present for few images. */
  readonly shrunken?: Shrunken;
};

export const mixturePrior = (name: string, { shrunken: _, ...model }: MixtureModel): MixturePrior => ({
  kind: "mixture",
  name,
  ...model,
});
