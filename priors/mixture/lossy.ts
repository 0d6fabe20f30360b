import type { NdArray } from "ndarray";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { multiplyTransposed } from "../../src/data/matmul.ts";
import { product, productTransposed, symmetricEigenPausing } from "../../src/engine/float64.ts";
import {
  cellsOfGroup,
  familySpec,
  gaussianOfScores,
  type LossyMomentsSpec,
  type LossyReference,
  type LossyScoresSpec,
  likeliestCells,
  lossyReference,
  SCORE_COVARIANCE,
  SCORE_MEAN,
  type Sketch,
  seenGaussian,
  seenThrough,
  triangleSize,
} from "../../src/sketch/index.ts";
import type { MixturePrior } from "../prior.ts";
import { residualOfRoot, rootOf } from "../residual-root.ts";
import type { MixtureModel } from "./model.ts";
import { ROUNDING, smoothGaussian } from "./smooth-gaussian.ts";

/** Least standard deviation of what the features leave out of a pixel: rounding to 8 bits. */
const LEAST = 1 / 255 / Math.sqrt(12);

/**
 * The Gaussian of lossy moments or scores as a mixture of one component, with the leading eigenvectors of its covariance as features. Of lossy moments mean and covariance
 * are those of `smoothGaussian`, of scores those of `gaussianOfScores`.
 * Errors (InputError): those of `seenGaussian`; measurements that do not vary. Ends with the signal's reason when it aborts.
 */
export async function gaussianOfLossy(sketch: Sketch, abort?: AbortSignal): Promise<MixtureModel> {
  const spec = sketch.design.families.find(({ kind }) => kind === "lossy-moments" || kind === "lossy-scores");
  const { signal, features } = spec as LossyMomentsSpec | LossyScoresSpec;
  const n = sizeOf(signal);
  const { mean, covariance } = await (spec!.kind === "lossy-scores"
    ? gaussianOfScores(sketch)
    : smoothGaussian(await seenGaussian(sketch, abort), signal, abort));
  const { values, vectors } = await symmetricEigenPausing(covariance, n, n, abort);
  const kept = values.filter((v) => v > ROUNDING * values[0]!).length;
  if (kept === 0) throw new InputError("mixture: the lossy measurements do not vary; give other samples");
  const k = Math.min(features, kept);
  const matrix = new Float32Array(n * k);
  const rest = kept - k;
  const factor = new Float32Array(n * Math.max(1, rest));
  const left = Float64Array.from({ length: n }, (_, p) => covariance[p * (n + 1)]!);
  for (let a = 0; a < kept; a++) {
    for (let p = 0; p < n; p++) {
      const v = vectors[a * n + p]!;
      left[p]! -= values[a]! * v * v;
      if (a < k) matrix[p * k + a] = v;
      else factor[p * rest + (a - k)] = Math.sqrt(values[a]!) * v;
    }
  }
  const factors = new Float32Array(k * k);
  for (let a = 0; a < k; a++) factors[a * (k + 1)] = Math.sqrt(values[a]!);
  return {
    shape: signal,
    weights: Float64Array.of(1),
    means: fromHost(new Float32Array(k), [1, k]),
    covarianceOf: Int32Array.of(0),
    factors: fromHost(factors, [1, k, k]),
    centre: fromHost(Float32Array.from(mean), [n]),
    matrix: fromHost(matrix, [n, k]),
    ...(await residualOfRoot({
      factor: fromHost(factor, [n, factor.length / n]),
      standardDeviations: fromHost(
        Float32Array.from(left, (v) => Math.max(LEAST, Math.sqrt(Math.max(0, v)))),
        [n],
      ),
    })),
  };
}

/** The mixture of posterior sums in lossy cells, `likeliestCells` of their reference mixture, whose features and residual it keeps. */
export async function mixtureOfLossy(sketch: Sketch, shrinkage: number): Promise<MixtureModel> {
  const spec = familySpec(sketch.design, "lossy-cells", "mixture");
  const { signal, cells, features: k } = spec;
  const reference = lossyReference(sketch.design.arrays);
  const { centre, basis, factor, deviations } = reference;
  const { gram } = seenThrough(spec, reference);
  const groups = sketch.design.labels ?? 1;
  const weights: number[] = [];
  const labels: number[] = [];
  const means: number[] = [];
  const factors: Float64Array[] = [];
  for (let group = 0; group < groups; group++) {
    const part = (name: string) => {
      const all = sketch.sums[`lossy-cells.${name}`]!;
      return all.subarray((group * all.length) / groups, ((group + 1) * all.length) / groups);
    };
    const sums = { weight: part("weight"), u: part("u"), uu: part("uu") };
    const held = sums.weight.reduce((a, b) => a + b, 0);
    if (held === 0) continue; // a label without samples
    const made = await likeliestCells(sums, cellsOfGroup(reference, group), shrinkage, gram);
    for (let j = 0; j < cells; j++) {
      if (made.weights[j] === 0) continue;
      weights.push((made.weights[j]! * held) / sketch.count);
      labels.push(group);
      means.push(...made.means.subarray(j * k, (j + 1) * k));
      factors.push(made.factors.subarray(j * k * k, (j + 1) * k * k));
    }
  }
  const total = weights.reduce((a, b) => a + b, 0);
  const count = weights.length;
  const all = new Float32Array(count * k * k);
  for (const [j, own] of factors.entries()) all.set(own, j * k * k);
  return {
    shape: signal,
    weights: Float64Array.from(weights, (w) => w / total),
    means: fromHost(Float32Array.from(means), [count, k]),
    covarianceOf: Int32Array.from({ length: count }, (_, j) => j),
    factors: fromHost(all, [count, k, k]),
    ...{ centre, matrix: basis },
    ...(await residualOfRoot({ factor, standardDeviations: deviations })),
    ...(sketch.design.labels !== undefined && { labels: Int32Array.from(labels) }),
  };
}

/**
 * A mixture as the reference of lossy cells, its components by their labels in `groups` groups; without labels every group gets all of them.
 * Errors (InputError): poses; a label without components.
 */
export async function lossyReferenceOf(prior: MixturePrior, groups: number): Promise<LossyReference> {
  if (prior.poses) throw new InputError(`--cells-of: ${prior.name} aligns images; train one of --poses none`);
  const { weights, means, covarianceOf, factors, labels, centre, matrix, residual, residualRoot } = prior;
  const k = means.shape[1]!;
  const n = centre.size;
  const members = Array.from({ length: groups }, (_, group) =>
    [...weights.keys()].filter((j) => weights[j]! > 0 && (!labels || groups === 1 || labels[j] === group)),
  );
  const empty = members.findIndex((own) => own.length === 0);
  if (empty >= 0)
    throw new InputError(`--cells-of: ${prior.name} has no components of label ${empty}; leave --by-label out`);
  const cells = Math.max(...members.map((own) => own.length));
  const out = {
    weights: new Float32Array(groups * cells),
    means: new Float32Array(groups * cells * k),
    factors: new Float32Array(groups * cells * k * k),
  };
  for (const [group, own] of members.entries()) {
    const total = own.reduce((sum, j) => sum + weights[j]!, 0);
    for (let c = 0; c < cells; c++) {
      const j = own[Math.min(c, own.length - 1)]!; // cells beyond a label's own have the weight 0
      const [at, from] = [group * cells + c, covarianceOf[j]! * k * k];
      if (c < own.length) out.weights[at] = weights[j]! / total;
      out.means.set(means.data.subarray(j * k, (j + 1) * k), at * k);
      out.factors.set(factors.data.subarray(from, from + k * k), at * k * k);
    }
  }
  const root = await rootOf(residual, residualRoot);
  return {
    ...{ centre, basis: matrix, factor: root.factor as NdArray<Float32Array> },
    deviations: root.standardDeviations ?? fromHost(new Float32Array(n), [n]),
    weights: fromHost(out.weights, [groups, cells]),
    means: fromHost(out.means, [groups, cells, k]),
    factors: fromHost(out.factors, [groups, cells, k, k]),
  };
}

/** A mixture's mean [n] and covariance as a lower triangle, as the reference of lossy scores. */
export async function scoreArraysOf({ weights, means, covarianceOf, factors, centre, matrix, residual }: MixturePrior) {
  const [n, k] = matrix.shape as [number, number];
  const inner = new Float64Array(k * k);
  const mean = new Float64Array(k);
  for (const [j, weight] of weights.entries()) for (let a = 0; a < k; a++) mean[a]! += weight * means.data[j * k + a]!;
  for (const [j, weight] of weights.entries()) {
    const from = covarianceOf[j]! * k * k;
    const factor = Float64Array.from(factors.data.subarray(from, from + k * k));
    const own = multiplyTransposed(factor, factor, k);
    for (let at = 0; at < inner.length; at++) {
      const [a, b] = [Math.floor(at / k), at % k];
      inner[at]! += weight * (own[at]! + (means.data[j * k + a]! - mean[a]!) * (means.data[j * k + b]! - mean[b]!));
    }
  }
  const along = await product(matrix.data, inner, n, k, k);
  const whole = await productTransposed(along, Float64Array.from(matrix.data), k);
  const offset = await product(matrix.data, mean, n, k, 1);
  const lower = new Float32Array(triangleSize(n));
  for (let p = 0, at = 0; p < n; p++)
    for (let q = 0; q <= p; q++) lower[at++] = whole[p * n + q]! + residual.data[p * n + q]!;
  return {
    [SCORE_MEAN]: fromHost(
      Float32Array.from(offset, (v, p) => v + centre.data[p]!),
      [n],
    ),
    [SCORE_COVARIANCE]: fromHost(lower, [lower.length]),
  };
}
