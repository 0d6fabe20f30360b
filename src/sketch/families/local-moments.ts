import ndarray from "ndarray";
import * as tf from "#tf";
import { InputError } from "../../data/errors.ts";
import type { DesignArrays } from "../features.ts";
import { anchorsOf } from "./anchors.ts";
import { contradicts, contradictsCross, diagonalAt, type Family, triangleSize } from "./family.ts";

/**
 * Moments in the cells of a partition of the feature space. The partition is given by anchors, which are fixed before the pass. A sample
 * belongs to the fine cell of its nearest anchor; `fine` fine cells make up one coarse cell. By label, every label has its own anchors.
 */
export interface LocalMomentsSpec {
  readonly kind: "local-moments";
  /** Coarse cells of each label (or of all data). They have second moments. */
  readonly coarse: number;
  /** Fine cells in each coarse one. They have a count and a mean. */
  readonly fine: number;
  /** Leading features that have moments, k. */
  readonly features: number;
  /** Leading features with second moments in each coarse cell. Second moments of all k features are held once for each label. */
  readonly leading: number;
  /** Leading features that assign a sample to its nearest anchor. */
  readonly assigning: number;
  readonly seed: number;
}

export interface LocalMomentsOptions {
  readonly kind: "local-moments";
  /** Default 5. */
  readonly coarse?: number;
  /** Default 10. */
  readonly fine?: number;
  /** Default: all features of the design. */
  readonly features?: number;
  /** Default 100, or all features if there are fewer. */
  readonly leading?: number;
  /** Default 40, or all features if there are fewer. */
  readonly assigning?: number;
  /** Seed of the anchors; default 1. */
  readonly seed?: number;
}

/** The anchors in a design: [groups, coarse · fine, assigning], those of one coarse cell after each other. */
export const ANCHORS = "local-moments.anchors";

/** Features that assign by default. For digits in 150 principal components, more than 40 made the cells no better. */
const ASSIGNING = 40;

/** How many of k features assign by default. */
export const assigningOf = (k: number): number => Math.min(ASSIGNING, k);

/** Features with second moments in each cell by default. */
const LEADING = 100;

const sumOf = (numbers: Float64Array): number => numbers.reduce((a, b) => a + b, 0);

/** The design's anchors, as the function of the sums takes them. */
function anchorsIn(arrays: DesignArrays) {
  const anchors = arrays[ANCHORS];
  if (anchors) return anchors;
  throw new InputError("local moments: the design holds no anchors; make it with a pilot");
}

/**
 * Φ(x) = 1[x in cell] and u·1[x in cell] for every fine cell, aaᵀ·1[x in cell] for every coarse one, and uuᵀ. Here u are the features
 * and a the leading ones; only the lower triangles of aaᵀ and uuᵀ are held. Where images are aligned, also 1[x in cell and pose]. A mixture of Gaussians follows from these sums in closed form
 * (priors/mixture).
 *
 * If the two nearest anchors of a sample are equally far within float32 rounding, the rounding of its block may decide its cell.
 */
export const localMoments: Family<LocalMomentsSpec, LocalMomentsOptions> = {
  title: "local moments",
  aboutReference: true,
  summary: "counts, means and second moments of the features in the cells of a partition",
  design: ({ coarse = 5, fine = 10, features, leading, assigning, seed = 1 }, context) => {
    const k = features ?? context.features;
    const sizes = {
      features: k,
      leading: leading ?? Math.min(LEADING, k),
      assigning: assigning ?? assigningOf(k),
    };
    const spec: LocalMomentsSpec = { kind: "local-moments", coarse, fine, ...sizes, seed };
    for (const name of ["coarse", "fine", "features", "leading", "assigning"] as const) {
      if (Number.isInteger(spec[name]) && spec[name] > 0) continue;
      throw new InputError(`sketch: cells: ${name}: must be a positive integer, got ${spec[name]}`);
    }
    if (!(Number.isSafeInteger(seed) && seed >= 0)) {
      throw new InputError(`sketch: seed: must be an integer of at least 0, got ${seed}`);
    }
    if (k > context.features) {
      throw new InputError(`sketch: cells: features: there are ${context.features}, got ${k}`);
    }
    for (const name of ["leading", "assigning"] as const) {
      if (spec[name] <= k) continue;
      throw new InputError(`sketch: cells: ${name}: there are ${k} features, got ${spec[name]}`);
    }
    return spec;
  },
  learn: async (spec, context) => {
    const anchors = await anchorsOf(await context.pilot("cells"), context.groups, spec, context.signal);
    return { [ANCHORS]: ndarray(anchors, [context.groups, spec.coarse * spec.fine, spec.assigning]) };
  },
  describe: ({ coarse, fine, features, leading }) =>
    `${coarse} coarse × ${fine} fine cells, ${features} features, second moments of the leading ${leading} in each`,
  sums: ({ coarse, fine, features, leading }, { poses }) => ({
    count: [coarse * fine],
    ...(poses > 0 && { poses: [coarse * fine, poses] }),
    u: [coarse * fine, features],
    aa: [coarse, triangleSize(leading)],
    uu: [triangleSize(features)],
  }),
  degrees: { count: 0, poses: 0, u: 1, aa: 2, uu: 2 },
  inputs: (_, __, arrays) => ({ anchors: anchorsIn(arrays) }),
  impossible: ({ coarse, fine, features: k, leading }, { dimensions: { poses }, count, sums, whole }) => {
    const counts = sums.count!;
    if (counts.some((n) => !(n >= 0)) || sumOf(counts) !== count) return "the count of a cell";
    for (let j = 0; poses > 0 && j < counts.length; j++) {
      const own = sums.poses!.subarray(j * poses, (j + 1) * poses);
      if (own.some((n) => !(n >= 0)) || sumOf(own) !== counts[j]) return "the count of a pose";
    }
    const inCell = (c: number, i: number) => {
      let sum = 0;
      for (let f = c * fine; f < (c + 1) * fine; f++) sum += sums.u![f * k + i]!;
      return sum;
    };
    const size = triangleSize(leading);
    const before = whole.sums.count!;
    for (let c = 0; c < coarse; c++) {
      const [n, wholeCount] = [counts, before].map((all) => sumOf(all.subarray(c * fine, (c + 1) * fine)));
      for (let i = 0; i < leading; i++) {
        const at = c * size + diagonalAt(i);
        if (contradicts(inCell(c, i), sums.aa![at]!, n!, whole.sums.aa![at]!, wholeCount!)) return "a cell's moment";
      }
      const [own, all] = [sums, whole.sums].map(({ aa }) => aa!.subarray(c * size, (c + 1) * size));
      if (contradictsCross(own!, all!, wholeCount!, leading)) return "a cell's cross moment";
    }
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let c = 0; c < coarse; c++) sum += inCell(c, i);
      const at = diagonalAt(i);
      if (contradicts(sum, sums.uu![at]!, count, whole.sums.uu![at]!, whole.count)) return "a local moment";
    }
    return contradictsCross(sums.uu!, whole.sums.uu!, whole.count, k) ? "a local cross moment" : undefined;
  },
  cells: ({ coarse, fine }, { poses }) => ({
    all: { cells: 1, squares: "uu" },
    coarse: { cells: coarse, squares: "aa" },
    fine: { cells: coarse * fine, count: "count", sum: "u" },
    ...(poses > 0 && { poses: { cells: coarse * fine, sum: "poses" } }),
  }),
  inCells: ({ coarse, fine, features: k, leading, assigning }, { centred: all, poses, weights }, { anchors }) => {
    const [groups, n] = weights.shape as [number, number];
    const features = tf.slice(all, [0, 0], [n, k]);
    const centres = tf.reshape(anchors!, [groups * coarse * fine, assigning]);
    const assigned = tf.slice(features, [0, 0], [n, assigning]);
    // |u − a|² without |u|², which is the same for every anchor
    const distances = tf.sub(tf.sum(tf.square(centres), 1), tf.mul(2, tf.matMul(assigned, centres, false, true)));
    const nearest = tf.cast(tf.argMin(tf.reshape(distances, [n, groups, coarse * fine]), 2), "float32"); // [n, groups]
    const own = tf.sum(tf.mul(nearest, tf.transpose(weights)), 1); // that of the sample's label
    const cell = tf.cast(own, "int32");
    const wide = tf.cast(tf.floor(tf.div(own, fine)), "int32");
    return {
      all: { a: features },
      coarse: { a: tf.slice(features, [0, 0], [n, leading]), cell: wide },
      fine: { a: features, cell },
      ...(poses && { poses: { a: poses, cell } }),
    };
  },
};
