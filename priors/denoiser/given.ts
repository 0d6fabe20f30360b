import type { Grid } from "../../src/data/grid.ts";
import { mirroredImage, type Picture } from "./picture.ts";
import { averageSimilar, type Similar, similarPatches } from "./similar.ts";

/** Pixels around a patch that its regression sees, on each side. */
export const MARGIN = 2;

/**
 * Numbers that the regression of a stage is given of a patch, one after the other: the pixels of the base and `MARGIN` around the patch; after the first
 * stage also the noisy patch, and the average of the noisy patches that look like it. The base is the noisy image in the first stage, later the estimate of the stage before.
 */
export const givenWidth = (side: number, stage: number): number =>
  (side + 2 * MARGIN) ** 2 + (stage === 0 ? 0 : 2 * side * side);

/** What a stage sees of the patches of a grid: the noisy image, the base, and after the first stage the patches that look alike in the base. */
export interface Seen {
  readonly noisy: Picture;
  readonly grid: Grid;
  /** The base with `MARGIN` pixels more on every side. */
  readonly base: Picture;
  /** Present after the first stage. */
  readonly similar?: Similar;
}

/** What the stage after an estimate sees; the first stage, if there is none. `pause` is awaited now and then. */
export const seen = async (
  noisy: Picture,
  estimate: Picture | undefined,
  { grid, side, pause }: { readonly grid: Grid; readonly side: number; readonly pause: () => Promise<void> },
): Promise<Seen> => ({
  ...{ noisy, grid, base: mirroredImage(estimate ?? noisy, MARGIN) },
  ...(estimate && { similar: await similarPatches(estimate, grid, side, pause) }),
});

/**
 * What is given of a band of rows of the grid, each number minus the mean of the patch in the base: `rows` [patches, width]; `means` [patches]. With `clean`, the clean
 * patch follows in each row, minus the same mean.
 */
export function givenOf({ noisy, grid: whole, base, similar }: Seen, grid: Grid, side: number, clean?: Picture) {
  const d = side * side;
  const count = grid.rows.length * grid.columns.length;
  const width = givenWidth(side, similar ? 1 : 0) + (clean ? d : 0);
  const rows = new Float32Array(count * width);
  const means = new Float32Array(count);
  const around = side + 2 * MARGIN;
  const average = new Float32Array(d);
  const above = whole.rows.indexOf(grid.rows[0]!) * whole.columns.length; // patches above the band
  let at = 0;
  let patch = 0;
  const put = ({ data, width: line }: Picture, y: number, x: number, size: number) => {
    for (let i = 0; i < size; i++) {
      for (let j = 0, from = (y + i) * line + x; j < size; j++) rows[at++] = data[from + j]!;
    }
  };
  for (const y of grid.rows) {
    for (const x of grid.columns) {
      const first = at;
      put(base, y, x, around);
      if (similar) {
        put(noisy, y, x, side);
        averageSimilar(noisy, similar, above + patch, average);
        rows.set(average, at);
        at += d;
      }
      if (clean) put(clean, y, x, side);
      let sum = 0;
      for (let i = MARGIN; i < MARGIN + side; i++) {
        for (let j = MARGIN; j < MARGIN + side; j++) sum += rows[first + i * around + j]!;
      }
      means[patch] = sum / d;
      for (let i = first; i < at; i++) rows[i]! -= means[patch]!;
      patch++;
    }
  }
  return { rows, means, width };
}
