import { transpose } from "../../src/data/matmul.ts";
import { warpRows } from "../../src/sketch/index.ts";
import type { MixturePrior } from "../prior.ts";

/** An affine map of features to signals, x = centre + Dv + r: that of a mixture, or of one of its poses. */
export interface Chart {
  /** [n] */
  readonly centre: Float64Array;
  /** Rows of Dᵀ, [k, n]. */
  readonly decoder: Float64Array;
}

/** What makes signals of features. */
export type Decoder = Pick<MixturePrior, "centre" | "matrix" | "shape" | "poses">;

const known = new WeakMap<Decoder["matrix"], { readonly of: Decoder; readonly charts: readonly Chart[] }>();

/** The charts of a mixture: one, or offset + T_p centre and T_p D for each pose p. */
export function chartsOf({ centre, matrix, shape, poses }: Decoder): readonly Chart[] {
  const [n, k] = matrix.shape as [number, number];
  const decoder = transpose(matrix.data, n, k);
  if (!poses) return [{ centre: Float64Array.from(centre.data), decoder }];
  const before = known.get(matrix);
  if (before?.of.centre === centre && before.of.poses === poses) return before.charts;
  const { warps, offset } = poses;
  const image = shape as readonly [number, number];
  const own = Float64Array.from(centre.data);
  const charts = Array.from({ length: warps.shape[0]! }, (_, p) => ({
    centre: warpRows(own, warps, p, image).map((v, i) => v + offset.data[i]!),
    decoder: warpRows(decoder, warps, p, image),
  }));
  known.set(matrix, { of: { centre, matrix, shape, poses }, charts });
  return charts;
}

/** A component seen through a chart: x ~ N(centre + Dμ_j, DΣ_jDᵀ + C) with its probability. */
export interface Part {
  readonly component: number;
  readonly chart: number;
  /** Its place in `blocks`. */
  readonly block: number;
  readonly weight: number;
}

/** A covariance of features seen through a chart. All parts of a block share one gain. */
export interface Block {
  readonly chart: number;
  readonly covariance: number;
}

/** The parts of a mixture that have a probability, and their blocks. Without poses the parts are the components. */
export function partsOf({ weights, covarianceOf, poses }: Pick<MixturePrior, "weights" | "covarianceOf" | "poses">) {
  const covariances = 1 + covarianceOf.reduce((a, b) => Math.max(a, b), 0);
  const charts = poses ? poses.warps.shape[0]! : 1;
  const blocks: Block[] = [];
  const parts: Part[] = [];
  const blockOf = new Map<number, number>();
  for (let chart = 0; chart < charts; chart++) {
    for (const [component, own] of weights.entries()) {
      const weight = poses ? own * poses.weights[component * charts + chart]! : own;
      if (poses && weight === 0) continue;
      const covariance = covarianceOf[component]!;
      const key = chart * covariances + covariance;
      const block = blockOf.get(key) ?? blocks.push({ chart, covariance }) - 1;
      blockOf.set(key, block);
      parts.push({ component, chart, block, weight });
    }
  }
  return { parts, blocks };
}

/** The parts as the conditions of a generator: their probabilities, components and charts. */
export function conditionsOf(mixture: Pick<MixturePrior, "weights" | "covarianceOf" | "poses">) {
  const { parts } = partsOf(mixture);
  return {
    conditions: Float64Array.from(parts, ({ weight }) => weight),
    component: parts.map(({ component }) => component),
    pose: parts.map(({ chart }) => chart),
  };
}

/** P(p) of every chart. */
export function sharesOf({ weights, poses }: Pick<MixturePrior, "weights" | "poses">): Float64Array {
  if (!poses) return Float64Array.of(1);
  const charts = poses.warps.shape[0]!;
  const out = new Float64Array(charts);
  for (const [at, share] of poses.weights.entries()) out[at % charts]! += share * weights[Math.floor(at / charts)]!;
  return out;
}
