import type { MixturePrior } from "../prior.ts";

/** A mixture of Gaussians: everything that recovery and sampling need. See `MixturePrior` for the formula. */
export type MixtureModel = Omit<MixturePrior, "kind" | "name">;

export const mixturePrior = (name: string, model: MixtureModel): MixturePrior => ({ kind: "mixture", name, ...model });
