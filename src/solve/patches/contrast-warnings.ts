import type { PatchPrior } from "../../../priors/prior.ts";
import { deviationOf } from "./prior-scales.ts";

/** Contrast of an image, as a multiple of that of the prior's patches, from which its numbers are doubted. */
const LARGE_CONTRAST = 5;

/** A doubt if the image has far more contrast, beyond its noise of the standard deviation sigma, than the patches that the prior knows. */
export function contrastWarnings(prior: PatchPrior, contrast: number, sigma: number): string[] {
  const own = deviationOf(prior);
  const times = Math.sqrt(Math.max(0, contrast ** 2 - sigma ** 2)) / own;
  if (!(times > LARGE_CONTRAST)) return [];
  return [
    `the image has ${times.toPrecision(2)} times the contrast of the patches of ${prior.name}: divide y and σ, for example by 255, so that its ` +
      "numbers are in the units of the images that were sketched",
  ];
}
