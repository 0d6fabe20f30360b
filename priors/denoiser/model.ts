import type { NdArray } from "ndarray";
import { InputError } from "../../src/data/errors.ts";
import {
  type DesignArrays,
  type Gates,
  gatesOf,
  type SharedDirections,
  sharedArrays,
  sharedIn,
} from "../../src/sketch/index.ts";

/** A denoiser of grey images for one σ: its cells, and the regressions of every stage. */
export interface DenoiserModel {
  /** Pixels along a side of a patch. */
  readonly side: number;
  /** Standard deviation of the noise that it was trained for. */
  readonly sigma: number;
  /** The Gaussians of clean patches whose most probable one is the cell of a patch. */
  readonly cells: SharedDirections;
  /** Of every stage, from what is given of a patch to its clean patch: [K, given, side²]. */
  readonly stages: readonly NdArray<Float32Array>[];
}

/** The variance that an estimate still lacks, in the choice of a cell, as a part of σ². Chosen on training images. */
const LEFT = 0.04;

/** Variance of what is not clean in the base of a stage, for the choice of a cell. */
export const noiseOfBase = (sigma: number, stage: number): number => sigma ** 2 * (stage === 0 ? 1 : LEFT);

/** The cells of a stage. */
export const stageGates = ({ cells, sigma }: DenoiserModel, stage: number): Gates<NdArray<Float32Array>> =>
  gatesOf(cells, 1, noiseOfBase(sigma, stage));

const stageName = (prefix: string, stage: number) => `${prefix}stage${stage + 1}`;

/** A model as arrays, with names that begin with `prefix`. */
export const modelArrays = (prefix: string, { cells, stages }: DenoiserModel): DesignArrays => ({
  ...sharedArrays(prefix, cells),
  ...Object.fromEntries(stages.map((matrices, stage) => [stageName(prefix, stage), matrices])),
});

/** The model of such arrays, with so many stages. Errors (InputError): a missing array; `where` begins the message. */
export function modelOf(
  prefix: string,
  arrays: DesignArrays,
  { side, sigma, stages }: { readonly side: number; readonly sigma: number; readonly stages: number },
  where: string,
): DenoiserModel {
  return {
    ...{ side, sigma, cells: sharedIn(prefix, arrays, where) },
    stages: Array.from({ length: stages }, (_, stage) => {
      const found = arrays[stageName(prefix, stage)];
      if (!found) throw new InputError(`${where}: ${stageName(prefix, stage)} is missing; make it again`);
      return found;
    }),
  };
}
