import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../../src/data/errors.ts";
import { pauses } from "../../src/engine/events.ts";
import { type FamilyName, localSpec, type Sketch } from "../../src/sketch/index.ts";
import type { Watched } from "../kind.ts";
import { isOfFew, shrunkTowards } from "../shrunk-covariance.ts";
import { aligned } from "./aligned.ts";
import { gaussiansOf } from "./cells.ts";
import { gaussianOfLossy, mixtureOfLossy } from "./lossy.ts";
import type { MixtureModel } from "./model.ts";
import { regression } from "./regression.ts";

export interface MixtureOptions {
  /**
   * ν: a coarse cell's covariance is drawn towards half of its label's with the weight of ν samples; default 50. Half, because
   * a cell spans about that fraction of its label.
   */
  readonly shrinkage?: number;
}

/**
 * The mixture of Gaussians that local moments describe, in closed form:
 *
 *   u ~ Σ_j π_j N(μ_j, Σ_c(j)),  x = x̄ + D(u − ū) + r,  r ~ N(0, C).
 *
 * Of aligned images u are the features of the image without its slant and width, and x is brought into its pose (aligned.ts).
 *
 * One component a fine cell j with samples: π_j its fraction of them, μ_j its mean. Fine cells of one coarse cell share its
 * covariance (cells.ts). D and C are the regression of the pixels on the features (regression.ts).
 *
 * Of few images (`isOfFew`) Σ, which D and C follow from, is shrunken, and so is the covariance of every group: without labels it is that of the features under Σ, else it is drawn to that.
 * Of aligned images it is drawn to that of all features.
 *
 * Lossy moments and lossy cells make a mixture of their own (lossy.ts).
 *
 * Ends with the signal's reason when it aborts. Errors (InputError): a sketch without local or second moments, constant data, a shrinkage below 0.
 */
export async function fitMixture(
  sketch: Sketch,
  { shrinkage = 50, signal }: MixtureOptions & Pick<Watched, "signal"> = {},
): Promise<MixtureModel> {
  if (!(shrinkage >= 0 && shrinkage < Number.POSITIVE_INFINITY)) {
    throw new InputError(`mixture: shrinkage: expected a number of at least 0, got ${shrinkage}`);
  }
  const has = (kind: FamilyName) => sketch.design.families.some((spec) => spec.kind === kind);
  if (has("lossy-moments") || has("lossy-scores")) return gaussianOfLossy(sketch, signal);
  if (has("lossy-cells")) return mixtureOfLossy(sketch, shrinkage);
  const { coarse, fine, features: k, leading } = localSpec(sketch);
  const pause = pauses(signal);
  const { poses, centre, origin, matrix, features, residual, residualRoot, added } = sketch.design.poses
    ? { ...(await aligned(sketch, k)), added: undefined }
    : { ...(await regression(sketch, k, pause, signal)), poses: undefined };
  const groups = sketch.design.labels ?? 1;
  const few = isOfFew(sketch);
  const addedToLabels: number[] = [];
  const shrunk = async (own: Float64Array, count: number) => {
    if (!few) return own;
    if (groups === 1) return features;
    const found = await shrunkTowards(own, count, features, signal);
    addedToLabels.push(found.added);
    return found.covariance;
  };

  const weights: number[] = [];
  const labels: number[] = [];
  const means: Float64Array[] = [];
  const covarianceOf: number[] = [];
  const cells: (readonly number[])[] = [];
  const factors: Float64Array[] = [];
  for (let group = 0; group < groups; group++) {
    const part = (name: string) => {
      const all = sketch.sums[`local-moments.${name}`]!;
      return all.subarray((group * all.length) / groups, ((group + 1) * all.length) / groups);
    };
    const sums = { count: part("count"), u: part("u"), aa: part("aa"), uu: part("uu") };
    const moments = { leading, features: k, coarse, fine, sums };
    for (const { factor, components } of await gaussiansOf(moments, shrinkage, shrunk, pause)) {
      factors.push(factor);
      for (const { count, mean: own, cells: from } of components) {
        weights.push(count / sketch.count);
        means.push(own.map((v, i) => v - origin[i]!));
        covarianceOf.push(factors.length - 1);
        labels.push(group);
        cells.push(from.map((cell) => group * coarse * fine + cell));
      }
    }
  }
  const n = matrix.length / k;
  const array = (parts: readonly Float64Array[], shape: number[]): NdArray<Float32Array> => {
    const data = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return ndarray(data, shape);
  };
  return {
    shape: sketch.design.shape,
    weights: Float64Array.from(weights),
    means: array(means, [means.length, k]),
    covarianceOf: Int32Array.from(covarianceOf),
    factors: array(factors, [factors.length, k, k]),
    centre: array([centre], [n]),
    matrix: array([matrix], [n, k]),
    residual,
    ...(residualRoot && { residualRoot }),
    ...(poses && { poses: poses(cells) }),
    ...(few && { shrunken: { ...(added !== undefined && { added }), ...(groups > 1 && { addedToLabels }) } }),
    ...(sketch.design.labels !== undefined && { labels: Int32Array.from(labels) }),
  };
}
