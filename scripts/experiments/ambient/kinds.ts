import path from "node:path";
import { reshaped } from "../../../src/data/reshaped.ts";
import { type Dataset, firstRows } from "../../../src/data/rows.ts";
import type { LossyData } from "../../../src/measure/lossy/lossy-data.ts";
import { measuredThrough } from "../../../src/measure/lossy/through.ts";
import { denoised } from "./denoised.ts";
import { gaussianOf, type LearnOptions, seenWhole } from "./learn.ts";

/** A prior of the comparison: what it is learned from. */
export interface Rival {
  readonly name: string;
  readonly data: LossyData;
}

/** How training images are seen, and with what the prior of them is compared besides that from whole images. */
interface Kind {
  readonly through?: string;
  readonly sigma?: number;
  /** Whole images with as many numbers as are measured, as a part of the samples. */
  readonly wholePart?: number;
  /** Also the measurements taken for clean images, and images that the Wiener filter of the lossy moments made of them. */
  readonly asImages?: true;
}

export const kinds = {
  missing: { through: "mask:keep=.2", wholePart: 0.2 },
  noise: { sigma: 0.5, asImages: true },
  block: { through: "mask:block=14,at=random", wholePart: 588 / 784 },
  blur: { through: "blur:sigma=2", sigma: 0.05, asImages: true },
  projections: { through: "gaussian:m=100", wholePart: 100 / 784 },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as readonly KindName[];

/** The priors of one kind of loss: that of the lossy data first, that of whole images second. `folder` keeps the first one. */
export async function rivalsOf(
  name: KindName,
  dataset: Dataset,
  folder: string,
  options: LearnOptions,
): Promise<readonly Rival[]> {
  const { through, sigma, wholePart, asImages }: Kind = kinds[name];
  const lossy = await measuredThrough(dataset, {
    ...{ seed: options.seed },
    ...(through && { through }),
    ...(sigma !== undefined && { sigma }),
  });
  const rivals: Rival[] = [
    { name: "lossy", data: lossy },
    { name: "whole", data: seenWhole(dataset) },
  ];
  if (wholePart !== undefined) {
    const count = Math.round(wholePart * dataset.count);
    rivals.push({ name: `${count} whole`, data: seenWhole(firstRows(dataset, count)) });
  }
  if (asImages) {
    rivals.push({ name: "as if clean", data: seenWhole(reshaped(lossy.dataset, dataset.shape)) });
    rivals.push({
      name: "denoised",
      data: seenWhole(await denoised(lossy, await gaussianOf(lossy, path.join(folder, "lossy"), options))),
    });
  }
  return rivals;
}
