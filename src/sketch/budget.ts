import { InputError } from "../data/errors.ts";
import { triangleSize } from "./families/family.ts";
import type { FamilyOptions } from "./families/index.ts";

/** The features and families of a design for a mixture prior. */
export interface MixtureDesign {
  readonly features: string;
  readonly families: readonly FamilyOptions[];
}

/** Fine cells in a coarse one. More of them tell less than another coarse cell would. */
const FINE = 5;
const MOST_FEATURES = 200;
const MOST_LEADING = 100;
/** The most features of reduced second moments, and their fraction of the budget. Fewer make recovery from many measurements worse. */
const REDUCED = 400;
const REDUCED_FRACTION = 0.28;
/** Principal components are estimated from the pilot, so there must be fewer components than samples. */
const PILOT_FRACTION = 0.5;

/**
 * A design for a mixture prior whose sums are at most `size` numbers. Samples have d numbers; `labels` is the number of labels, if sums
 * are by label.
 *
 * The budget is divided as measured on MNIST (docs/experiments.md). The covariance of all pixels is kept if it takes no more than a third
 * of the budget; else the covariance of the features and the variances of the pixels. A third of the rest is for second moments of each
 * label. The remainder is for as many coarse cells as fit, each of about a tenth of a label's numbers.
 * `pilot` is the number of pilot samples, `seed` the seed of the cells' anchors. Errors (InputError): a budget too small for one cell.
 */
export function mixtureDesign(
  size: number,
  d: number,
  labels?: number,
  pilot = Number.POSITIVE_INFINITY,
  seed = 1,
): MixtureDesign {
  const groups = labels ?? 1;
  const whole = d + triangleSize(d);
  const reduced = whole > size / 3;
  const most = Math.min(d, Math.max(1, Math.floor(PILOT_FRACTION * pilot)));
  const wide = Math.min(most, REDUCED, triangleRoot(REDUCED_FRACTION * size));
  const left = size - (labels ?? 0) - (reduced ? 2 * d + triangleSize(wide) : whole);
  const k = Math.min(reduced ? wide : most, MOST_FEATURES, triangleRoot((0.3 * left) / groups));
  const each = left / groups - triangleSize(k);
  const leading = Math.min(k, MOST_LEADING, triangleRoot(each / 10));
  const coarse = Math.floor(each / (triangleSize(leading) + FINE * (1 + k)));
  if (!(k >= 1 && leading >= 1 && coarse >= 1)) {
    throw new InputError(
      `sketch size: ${size} numbers hold no cells for samples of ${d} numbers${groups > 1 ? ` and ${groups} labels` : ""}; ` +
        "give more, or sketch without labels",
    );
  }
  const pooled = groups > 1;
  return {
    features: reduced ? `pca:${wide}` : d > k ? `pca:${k}` : "raw",
    families: [
      { kind: "local-moments", coarse, fine: FINE, features: k, leading, seed },
      { kind: "second-moments", pooled, reduced },
    ],
  };
}

/** The largest k with k(k+1)/2 ≤ size, at least 0. */
const triangleRoot = (size: number): number => Math.max(0, Math.floor((Math.sqrt(8 * size + 1) - 1) / 2));
