import * as tf from "#tf";
import { InputError } from "../../data/errors.ts";
import { type Gates, gatesOf, logGates, sharedIn } from "../gates.ts";
import { type Family, triangleSize } from "./family.ts";
import { CELL_ROWS, impossibleInCells } from "./gated-moments.ts";

/**
 * Second moments of pairs, in cells: of what is given (a noisy patch and its surroundings) and what is wanted of it (the clean patch), one after the other in a sample. Part of what is
 * given decides the cell, by a mixture that is fixed before the pass. The least-squares regressions of every cell follow in closed form (priors/denoiser).
 */
export interface PairedMomentsSpec {
  readonly kind: "paired-moments";
  /** Cells, K. */
  readonly cells: number;
  /** Pixels along a side of a patch. */
  readonly side: number;
  /** Pixels around the patch that decides the cell, on each side: a sample begins with both (`placesInside`). */
  readonly margin: number;
  /** Variance that is added to the mixture's Gaussians in every direction. */
  readonly noise: number;
  /** Standard deviation of the noise of the pairs. */
  readonly sigma: number;
  /** Seed of that noise. */
  readonly seed: number;
  /** Stages of the denoiser before this one. */
  readonly stage: number;
  /** What the cells and the stages before are of, for people. */
  readonly of: string;
}

export type PairedMomentsOptions = PairedMomentsSpec;

/** Places of a square of side² numbers that has `margin` more of them on each side, row by row. */
export const placesInside = (side: number, margin: number): Int32Array =>
  Int32Array.from(
    { length: side * side },
    (_, i) => (margin + Math.floor(i / side)) * (side + 2 * margin) + margin + (i % side),
  );

/** The arrays of a design begin with this: those of the mixture (`sharedArrays`), and of the stages before. */
export const PAIRED = "paired-moments.";

/** Φ(a) = 1 and aaᵀ in the cell k(a) of a pair, 0 in all others; only lower triangles are held. */
export const pairedMoments: Family<PairedMomentsSpec, PairedMomentsOptions> = {
  title: "moments of pairs",
  aboutReference: false,
  summary: "counts and second moments of pairs, noisy and clean, in the cells of a mixture",
  design: (options, { sample, features }) => {
    if (features !== sample) throw new InputError("sketch: moments of pairs: need features raw");
    return options;
  },
  describe: ({ cells, sigma, stage, of }) => `${cells} cells, σ = ${sigma}, stage ${stage + 1} after ${of}`,
  sums: ({ cells }, { sample }) => ({ count: [cells], xx: [cells, triangleSize(sample)] }),
  degrees: { count: 0, xx: 2 },
  inputs: ({ noise }, _, arrays) => ({ ...gatesOf(sharedIn(PAIRED, arrays, "moments of pairs"), 1, noise) }),
  impossible: ({ cells }, given) => impossibleInCells(cells, given),
  mostRows: CELL_ROWS,
  cells: ({ cells }) => ({ own: { cells, count: "count", squares: "xx" } }),
  inCells: ({ side, margin }, { features }, gates) => {
    const part = tf.gather(features, tf.tensor1d(placesInside(side, margin), "int32"), 1);
    return { own: { cell: tf.argMax(logGates(part, gates as unknown as Gates<tf.Tensor>), 0), a: features } };
  },
};
