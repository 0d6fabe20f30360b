import { openDataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import type { Dataset } from "../data/rows.ts";
import type { DataDesignOptions } from "../sketch/data-design.ts";
import { requireInteger } from "./options.ts";

export interface PatchDesignArgs {
  readonly seed: number;
  readonly cells: number | undefined;
  readonly "cells-of": string | undefined;
}

/** What the options ask of a design of patches: gated moments, and where their cells come from. */
export async function patchDesign({ shape }: Dataset, { seed, ...args }: PatchDesignArgs): Promise<DataDesignOptions> {
  const [side = 0, , channels = 1] = shape;
  if (args.cells !== undefined) requireInteger("cells", args.cells);
  const of = args["cells-of"] ?? "pilot";
  const cells = args.cells === undefined ? {} : { cells: args.cells };
  const families = [{ kind: "gated-moments", channels, seed, of, ...cells }] as const;
  if (of === "pilot") return { families };
  if (of !== "dead-leaves") return { families, ...(await cellsOfPrior(of, { side, channels }, args.cells)) };
  if (channels > 1) throw new InputError("--cells-of: dead-leaves are grey, the patches are in colour; give pilot");
  return { families, pilotFrom: await openDataset(`patches:dead-leaves:side=${side}`) };
}

/** The components of a patch prior as cells: a sketch with them is one more step of expectation maximisation. */
async function cellsOfPrior(
  folder: string,
  patches: { readonly side: number; readonly channels: number },
  wanted: number | undefined,
): Promise<Partial<DataDesignOptions>> {
  const [{ loadPrior }, { sha256 }, sketch] = await Promise.all([
    import("./prior-folder.ts"),
    import("../data/hash.ts"),
    import("../sketch/index.ts"),
  ]);
  const prior = await loadPrior(folder);
  if (prior.kind !== "patches") throw new InputError(`--cells-of: ${folder} is no patch prior`);
  const { side, channels, weights, values, vectors } = prior;
  if (side !== patches.side || channels !== patches.channels) {
    throw new InputError(
      `--cells-of: ${folder} is of patches of ${side}×${side}×${channels}, the data's are ${patches.side}×${patches.side}×${patches.channels}`,
    );
  }
  if (wanted !== undefined && wanted !== weights.length) {
    throw new InputError(`--cells: ${folder} has ${weights.length} components; leave --cells out`);
  }
  const { GATED, gateArrays, gatesOf, sharedDirectionsOf, rankFor } = sketch;
  const rank = rankFor(values.shape[1]!, channels);
  const shared = await sharedDirectionsOf({ weights, values: values.data, vectors: vectors.data }, { rank, channels });
  const of = `prior ${(await sha256([values.data, vectors.data])).slice(0, 16)}`;
  return {
    families: [{ kind: "gated-moments", cells: weights.length, rank, channels, of }],
    learned: gateArrays(GATED, gatesOf(shared, channels)),
  };
}
