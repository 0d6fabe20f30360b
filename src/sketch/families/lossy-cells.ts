import type { DesignArrays } from "../features.ts";
import { type CellSums, noCellSums } from "../lossy/cells.ts";
import { evidenceOf, type SeenThrough, seenThrough } from "../lossy/evidence.ts";
import { formWords, LOSSY_ROWS, type LossyMeasured } from "../lossy/form.ts";
import { cellPosterior } from "../lossy/posterior.ts";
import { cellsOfGroup, lossyReference } from "../lossy/reference.ts";
import {
  contradicts,
  contradictsCross,
  diagonalAt,
  type Family,
  type OutsideSums,
  ROUNDING,
  triangleSize,
} from "./family.ts";

/** Posterior sums in the cells of a reference mixture, of signals that are seen through lossy measurements only. */
export interface LossyCellsSpec extends LossyMeasured {
  readonly kind: "lossy-cells";
  /** Components of the reference mixture, of each label or of all data. */
  readonly cells: number;
  /** Features u of a signal x = centre + Bu + r. */
  readonly features: number;
  /** What the reference mixture was fitted to, for people. */
  readonly of: string;
}

export type LossyCellsOptions = LossyCellsSpec;

const through = (spec: LossyMeasured, arrays: DesignArrays): SeenThrough => seenThrough(spec, lossyReference(arrays));

/**
 * Σ r_j, Σ r_j E[u] and Σ r_j E[uuᵀ] in every cell j of the reference mixture, with responsibilities r_j = P(j | y) and moments of the features
 * given y, all from the measurements alone, and Σ log p(y) (`log`, up to a constant of the design). They are the sums of a step of expectation
 * maximisation, which ends in `likeliestCells`. What the features leave out is taken for independent from pixel to pixel unless Φ is the same for all.
 */
export const lossyCells: Family<LossyCellsSpec, LossyCellsOptions> = {
  title: "lossy cells",
  aboutReference: false,
  summary: "posterior sums of signals in the cells of a mixture, given lossy measurements",
  design: (options) => options,
  describe: ({ form, through, sigma, cells, features, of }) =>
    `${cells} cells of ${features} features, fitted to ${of}; of ${formWords[form]} ${through}, noise ${sigma}`,
  sums: ({ cells, features }) => ({
    weight: [cells],
    u: [cells, features],
    uu: [cells, triangleSize(features)],
    log: [1],
  }),
  degrees: { weight: 0, u: 1, uu: 2, log: 0 },
  width: ({ features }) => triangleSize(features),
  inputs: (spec, _, arrays) => through(spec, arrays).inputs,
  mostRows: LOSSY_ROWS,
  impossible: ({ cells, features }, { count, sums, whole }) => {
    const slack = ROUNDING * whole.count;
    const total = sums.weight!.reduce((a, b) => a + b, 0);
    // responsibilities below a millionth are left out of the sums
    if (sums.weight!.some((w) => !(w >= -slack)) || Math.abs(total - count) > slack + 1e-6 * cells * count)
      return "the weight of a cell";
    const size = triangleSize(features);
    for (let j = 0; j < cells; j++) {
      const [own, all] = [sums, whole.sums].map(({ uu }) => uu!.subarray(j * size, (j + 1) * size));
      const before = Math.max(0, whole.sums.weight![j]!);
      for (let a = 0; a < features; a++) {
        const at = diagonalAt(a);
        const u = sums.u![j * features + a]!;
        if (contradicts(u, own![at]!, Math.max(0, sums.weight![j]!), all![at]!, before)) return "a cell's moment";
      }
      if (contradictsCross(own!, all!, before, features)) return "a cell's cross moment";
    }
    return undefined;
  },
  forOutside: (spec, { features }, inputs) => evidenceOf(spec, features, inputs),
  outside: (spec, { arrays }) => {
    const reference = lossyReference(arrays);
    const { features: k, cells } = spec;
    const groups = reference.weights.shape[0]!;
    const posteriors = Array.from({ length: groups }, (_, group) => cellPosterior(cellsOfGroup(reference, group), k));
    const { gram, constant } = through(spec, arrays);
    const add: OutsideSums["add"] = ({ h, g, e }, stretches) => {
      const sums: CellSums[] = posteriors.map(() => noCellSums(cells, k));
      const logs = new Float64Array(groups);
      const evidence = { h: h!.data, g: gram ?? g!.data };
      for (const [group, { from, to }] of stretches.entries()) {
        for (let row = from; row < to; row++) {
          logs[group]! += posteriors[group]!.add(evidence, row, sums[group]!) + e!.data[row]! + constant;
        }
      }
      const joined = (name: keyof CellSums) => {
        const size = sums[0]![name].length;
        const out = new Float64Array(groups * size);
        for (const [group, own] of sums.entries()) out.set(own[name], group * size);
        return out;
      };
      return { weight: joined("weight"), u: joined("u"), uu: joined("uu"), log: logs };
    };
    return { add };
  },
};
