import { InputError } from "../../src/data/errors.ts";
import { checkedOptions, type OptionTable, requireCounts, requirePositive } from "../../src/data/options.ts";

export const regulariserOptions = {
  operator: { type: "text", default: "identity", description: "what the naive reconstructions are of: Φ, linear" },
  sigma: { type: "number", description: "σ of the noise of what Φ measures; required" },
  imageShape: {
    type: "integers",
    description: "shape of Φ's images, where the data are smaller and are laid side by side; default that of the data",
  },
  images: {
    type: "integer",
    default: 64,
    description: "most true images, the first of the data (of patches from all over it), and draws of noise",
  },
  filters: { type: "integer", default: 32, description: "filters w_c" },
  side: { type: "integer", default: 7, description: "pixels along a side of a filter" },
  crop: { type: "integer", description: "pixels along a side of what a step compares; default 48, at most the data's" },
  batch: { type: "integer", default: 8, description: "crops of a step" },
  steps: { type: "integer", default: 500, description: "Adam steps" },
  learningRate: { type: "number", default: 0.03, description: "Adam's step size, falling to 0 by half a cosine" },
  slope: { type: "number", default: 10, description: "weight of the loss of slopes above 1" },
} as const satisfies OptionTable;

/** Settings of a training, complete. */
export interface RegulariserSettings {
  readonly operator: string;
  readonly sigma: number;
  /** Shape of Φ's images. */
  readonly imageShape: readonly number[];
  readonly images: number;
  readonly filters: number;
  readonly side: number;
  readonly crop: number;
  readonly batch: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly slope: number;
  readonly seed: number;
}

const CROP = 48;

/**
 * The settings of a training on signals of `shape`. Errors (InputError): options out of range, images that signals of this shape do not fill, a crop that is larger than a signal or smaller than a
 * filter.
 */
export function settingsOf(given: object, shape: readonly number[], seed: number): RegulariserSettings {
  const { imageShape = shape, crop: wanted, sigma, ...rest } = checkedOptions("train", regulariserOptions, given);
  const { images, filters, side, batch, steps, learningRate, slope } = rest;
  const what = "the standard deviation of the noise of what Φ measures";
  if (sigma === undefined) throw new InputError(`train: sigma is required, ${what}; give --sigma`);
  if (!(sigma > 0)) throw new InputError(`train: sigma: expected a positive number, got ${sigma}; give ${what}`);
  requireCounts("train", { images, filters, side, batch, steps, crop: wanted });
  requirePositive("train", { learningRate, slope });
  if (side > MOST_SIDE) throw new InputError(`train: side: expected at most ${MOST_SIDE}, got ${side}`);
  const fills =
    imageShape.length === shape.length &&
    imageShape.every((size, axis) => (axis < 2 ? size > 0 && size % shape[axis]! === 0 : size === shape[axis]));
  if (!fills) {
    throw new InputError(
      `train: image-shape: expected whole multiples of the data's [${shape.join(", ")}], got [${imageShape.join(", ")}]`,
    );
  }
  const largest = Math.min(shape[0]!, shape[1]!);
  const crop = wanted ?? Math.min(CROP, largest);
  if (crop > largest || crop < side) {
    throw new InputError(
      `train: crop: expected a side from ${side}, that of a filter, to ${largest}, that of the data, got ${crop}`,
    );
  }
  return { ...rest, sigma, imageShape, crop, seed };
}

/** The spectrum of larger filters would need a finer grid (`curvatureOf`). */
const MOST_SIDE = 15;
