import { addPatches, averaged, bandsOf, patchesOf, randomGrid, type Sizes } from "../../data/grid.ts";
import type { Random } from "../../data/random.ts";
import { squaredNorm } from "../../data/vector.ts";
import type { PatchStep } from "./patch-step.ts";

/** Numbers of the patches that are in memory at a time, if nothing else is said. */
const BAND = 2 ** 23;

export interface FilterOptions {
  /** Pixels between patches; at most a side. */
  readonly spacing: number;
  /** Patches that are stepped at a time. */
  readonly most?: number;
  /** Where the grid's corner comes from. */
  readonly random: Random;
  readonly pause: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

export interface FilteredImage {
  /** The average of the overlapping patches after their step. */
  readonly image: Float32Array;
  /** Root mean square of the numbers of all patches without their means, before. */
  readonly contrast: number;
}

/** The patch step at the standard deviation s for the patches of a random grid of an image, averaged where they overlap. Means of patches are kept. */
export async function filterImage(
  x: Float32Array,
  s: number,
  { patch, sizes }: { readonly patch: Pick<PatchStep, "run">; readonly sizes: Sizes },
  { spacing, most, random, pause, signal }: FilterOptions,
): Promise<FilteredImage> {
  const d = sizes.side ** 2 * sizes.channels;
  const grid = randomGrid(sizes, Math.min(spacing, sizes.side), random);
  const sums = new Float64Array(x.length);
  let squares = 0;
  for (const band of bandsOf(grid, most ?? BAND / d)) {
    const { patches, means } = patchesOf(x, band, sizes);
    squares += squaredNorm(patches);
    addPatches(sums, { patches: await patch.run(patches, s, signal), means }, band, sizes);
    await pause();
  }
  const contrast = Math.sqrt(squares / (grid.rows.length * grid.columns.length * d));
  return { image: averaged(sums, grid, sizes), contrast };
}
