import { InputError } from "../data/errors.ts";
import { triangleSize } from "./families/family.ts";
import type { FamilyOptions } from "./families/index.ts";
import { assigningOf } from "./families/local-moments.ts";

/** The features and families of a design for a mixture prior. */
export interface MixtureDesign {
  readonly features: string;
  readonly families: readonly FamilyOptions[];
}

/** Fine cells in a coarse one. More of them tell less than another coarse cell would. */
const FINE = 5;
const MOST_FEATURES = 200;
const MOST_LEADING = 100;
/** The covariance of all pixels is kept if it takes no more than this part of the budget. */
const WHOLE_FRACTION = 1 / 3;
/** The most features of reduced second moments, and their part of the budget, with the basis that makes them. */
const REDUCED = 400;
const REDUCED_FRACTION = 0.35;
/** The part of what is then left for the second moments of each label; with the basis, if no reduced second moments have paid for it. */
const LABEL_FRACTION = 0.3;
const LABEL_AND_BASIS_FRACTION = 0.5;
/** The part of the budget that residual moments and the covariance of all pixels together may take. */
const BOTH_FRACTION = 0.55;
/** Directions of the reduced moments of what the features of aligned images leave out. */
const RESIDUAL_DIRECTIONS = 60;
/** Principal components are estimated from the pilot, so there must be fewer components than samples. */
const PILOT_FRACTION = 0.5;

/**
 * A design for a mixture prior whose sketches are at most `size` numbers: their sums and what the design holds, together. Samples have d
 * numbers; `labels` is the number of labels, if sums are by label.
 *
 * The budget is divided as was best for digits of MNIST's training part. The covariance of all pixels is kept if it takes no more than a third
 * of the budget; else the covariance of the features and the variances of the pixels. Then come second moments of each label. The
 * remainder is for as many coarse cells as fit, each of about a tenth of a label's numbers. A reference takes d numbers of the budget,
 * whether the data need one or not.
 * With `poses` images are aligned. What the features leave out of them then has its own second moments instead of the pixels' covariance;
 * that is kept too, for Gaussians of the sketch, where both take no more than .55 of the budget.
 * `pilot` is the number of pilot samples, `seed` the seed of the cells' anchors. Errors (InputError): a budget too small for one cell.
 */
export function mixtureDesign(
  size: number,
  d: number,
  labels?: number,
  pilot = Number.POSITIVE_INFINITY,
  seed = 1,
  poses = 0,
): MixtureDesign {
  const groups = labels ?? 1;
  const whole = d + triangleSize(d);
  if (poses > 0) return posedDesign(size, d, labels, pilot, seed, poses);
  const reduced = whole > WHOLE_FRACTION * size;
  const most = Math.min(d, Math.max(1, Math.floor(PILOT_FRACTION * pilot)));
  const basis = (k: number) => d + d * k; // the PCA's mean and directions
  const ofLabels = (k: number) => groups * triangleSize(k);

  const spare = size - (labels ?? 0) - d;
  const reducedCost = (k: number) => 2 * d + basis(k) + triangleSize(k);
  const wide = reduced ? largest(Math.min(most, REDUCED), (k) => reducedCost(k) <= REDUCED_FRACTION * size) : 0;
  const left = spare - (reduced ? reducedCost(wide) : whole);
  const labelCost = (k: number) => ofLabels(k) + (reduced || k === d ? 0 : basis(k)); // all d features are the raw numbers
  const share = (reduced ? LABEL_FRACTION : LABEL_AND_BASIS_FRACTION) * left;
  const k = largest(Math.min(reduced ? wide : most, MOST_FEATURES), (k) => labelCost(k) <= share);

  const cells = cellsOf(size, d, groups, k, left - labelCost(k), 0);
  const pooled = groups > 1;
  return {
    features: reduced ? `pca:${wide}` : d > k ? `pca:${k}` : "raw",
    families: [
      { kind: "local-moments", ...cells, seed },
      { kind: "second-moments", pooled, reduced },
    ],
  };
}

/** The same for aligned images. */
function posedDesign(
  size: number,
  d: number,
  labels: number | undefined,
  pilot: number,
  seed: number,
  poses: number,
): MixtureDesign {
  const groups = labels ?? 1;
  const whole = d + triangleSize(d);
  const full = whole <= WHOLE_FRACTION * size;
  const directions = Math.min(d, RESIDUAL_DIRECTIONS);
  const gaussian = 2 * whole <= BOTH_FRACTION * size;
  const moments = full ? (gaussian ? 2 : 1) * whole : 2 * d + d * directions + triangleSize(directions);
  const left = size - (labels ?? 0) - d - moments;
  const cost = (k: number) => groups * triangleSize(k) + d + d * k;
  const most = Math.min(d, MOST_FEATURES, Math.max(1, Math.floor(PILOT_FRACTION * pilot)));
  const k = largest(most, (k) => cost(k) <= LABEL_AND_BASIS_FRACTION * left);
  const cells = cellsOf(size, d, groups, k, left - cost(k), poses);
  const pooled = groups > 1;
  return {
    features: `pca:${k}`,
    families: [
      { kind: "local-moments", ...cells, seed },
      { kind: "residual-moments", ...(!full && { directions }) },
      ...(gaussian ? [{ kind: "second-moments", pooled } as const] : []),
    ],
  };
}

/** As many coarse cells of k features as `numbers` hold. Errors (InputError): not one. */
function cellsOf(size: number, d: number, groups: number, k: number, numbers: number, poses: number) {
  const each = numbers / groups;
  const leading = largest(Math.min(k, MOST_LEADING), (n) => triangleSize(n) <= each / 10);
  const coarse = Math.floor(each / (triangleSize(leading) + FINE * (1 + k + assigningOf(k) + poses)));
  if (k >= 1 && leading >= 1 && coarse >= 1) return { coarse, fine: FINE, features: k, leading };
  throw new InputError(
    `sketch size: ${size} numbers hold no cells for samples of ${d} numbers${groups > 1 ? ` and ${groups} labels` : ""}; ` +
      "give more, or sketch without labels",
  );
}

/** The largest integer of at most `most` that fits; 0 if none does. */
function largest(most: number, fits: (value: number) => boolean): number {
  let value = most;
  while (value > 0 && !fits(value)) value--;
  return value;
}
