import ndarray from "ndarray";
import { sizeOf } from "../../data/array.ts";
import { multiply } from "../../data/matmul.ts";
import { blockRows } from "../block.ts";
import { DESIGN_VERSION, LABEL_COUNT, type SketchDesign, sealed } from "../design.ts";
import { triangleSize } from "../families/family.ts";
import type { FamilySpec } from "../families/index.ts";
import { assigningOf } from "../families/local-moments.ts";
import { FEATURE_WEIGHTS } from "../feature-network.ts";
import type { Sketch, Sums } from "../sketch.ts";
import type { PrivateSums } from "./contribution.ts";
import { shrunkCovariances, toTriangle } from "./covariances.ts";
import { basisOf, featuresIn, groupsOf, type PrivateDesign, partsIn } from "./design.ts";
import { noiseIn, shrunkMeans } from "./means.ts";
import { type PrivateSketch, privacyOf } from "./release.ts";

/**
 * An ordinary sketch that data can have, nearest to what the noisy sums of a private one tell: counts are integers of at least 2, means are shrunk (means.ts), covariances
 * positive semi-definite (covariances.ts), Fourier moments at most 1. It has local moments in one cell (of each label), reduced second moments, and the Fourier moments, so
 * that mixtures, generators and Gaussians are trained from it like from any other. With a network's features it has the moments of these, and no local moments. Only released numbers are read: it is as private as these.
 */
export async function plausible(sketch: PrivateSketch): Promise<Sketch> {
  const { design, owners, sums: noisy } = sketch;
  const mus = owners.map(({ passes }) => passes.at(-1)!);
  const [groups, k, d] = [groupsOf(design), featuresIn(design), sizeOf(design.shape)];
  const { counts, means } = shrunkMeans(design, noisy, mus);
  const count = counts.reduce((sum, n) => sum + n, 0);
  const covariances = noisy.square && shrunkCovariances(design, noisy, counts, mus);
  const basis = basisOf(design);

  const size = triangleSize(k);
  const u = means.map((v, at) => v * counts[Math.floor(at / k)]!);
  const sums: Sums = {};
  if (design.labels !== undefined) sums[LABEL_COUNT] = Float64Array.from(counts);
  const families: FamilySpec[] = [];
  if (design.fourier) {
    families.push(design.fourier);
    Object.assign(sums, wavesOf(design, noisy.fourier!, counts));
  }
  if (design.network) {
    families.push({ kind: "network-moments", ...design.network });
    Object.assign(sums, featureSums(design, noisy, counts, mus));
  }
  if (covariances) {
    const own = covariances.map((covariance, g) => {
      const mean = means.subarray(g * k, (g + 1) * k);
      return covariance.map((v, at) => counts[g]! * (v + mean[Math.floor(at / k)]! * mean[at % k]!));
    });
    const triangles = new Float64Array(groups * size);
    for (const [g, square] of own.entries()) triangles.set(toTriangle(square, k), g * size);
    // with a network it is for generators, and a mixture would be made first
    if (!design.network) {
      const cells = { coarse: 1, fine: 1, features: k, leading: k, assigning: assigningOf(k), seed: 1 };
      families.push({ kind: "local-moments", ...cells });
      sums["local-moments.count"] = Float64Array.from(counts);
      sums["local-moments.u"] = u;
      sums["local-moments.aa"] = triangles.slice();
      sums["local-moments.uu"] = triangles;
    }
    families.push({ kind: "second-moments", reduced: true });
    const x = new Float64Array(groups * d);
    const squares = new Float64Array(groups * d);
    for (const [g, square] of own.entries()) {
      const sum = u.slice(g * k, (g + 1) * k);
      x.set(basis ? multiply(basis, sum, d, k, 1) : sum, g * d);
      const rest = counts[g]! * restOf(design, sketch, count, d, k);
      squares.set(
        squaresOf(square, basis, d, k).map((v) => v + rest),
        g * d,
      );
    }
    sums["second-moments.x"] = x;
    sums["second-moments.squares"] = squares;
    sums["second-moments.uu"] = triangles.slice();
  }
  return { design: await designOf(design, families), count, sums, privacy: privacyOf(owners) };
}

/** The diagonal of B A Bᵀ. */
function squaresOf(a: Float64Array, basis: Float64Array | undefined, d: number, k: number): Float64Array {
  if (!basis) return Float64Array.from({ length: d }, (_, i) => a[i * (k + 1)]!);
  const half = multiply(basis, a, d, k, k);
  return Float64Array.from({ length: d }, (_, i) => sumOver(k, (j) => half[i * k + j]! * basis[i * k + j]!));
}

/** What a number's mean square has outside the features. */
function restOf(design: PrivateDesign, { sums }: PrivateSketch, count: number, d: number, k: number): number {
  const part = partsIn(design).get("rest");
  return part ? Math.max(0, sums.rest![0]! * part.grid) / count / (d - k) : 0;
}

/** Sums of cosines and sines, shrunk where they say more than all samples can. */
function wavesOf(design: PrivateDesign, noisy: Float64Array, counts: Float64Array): Sums {
  const m = design.fourier!.m;
  const { grid } = partsIn(design).get("fourier")!;
  const groups = counts.length;
  const [cos, sin] = [new Float64Array(groups * m), new Float64Array(groups * m)];
  for (let g = 0; g < groups; g++) {
    for (let j = 0; j < m; j++) {
      const [c, s] = [noisy[2 * g * m + j]! * grid, noisy[(2 * g + 1) * m + j]! * grid];
      const factor = Math.min(1, counts[g]! / Math.hypot(c, s));
      [cos[g * m + j], sin[g * m + j]] = [c * factor, s * factor];
    }
  }
  return { "fourier.cos": cos, "fourier.sin": sin };
}

/**
 * Sums of a network's features. Of their squares, which are known over all labels alone, each label has what its own mean asks for and what varies within labels on average: the squares less those of the means, which
 * noise makes larger by its variance.
 */
function featureSums(
  design: PrivateDesign,
  { network, networkSquares }: PrivateSums,
  counts: Float64Array,
  mus: readonly number[],
): Sums {
  const parts = partsIn(design);
  const p = design.network!.features;
  const [grid, gridOfSquares] = [parts.get("network")!.grid, parts.get("networkSquares")!.grid];
  const all = counts.reduce((sum, n) => sum + n, 0);
  const noise = noiseIn(design, "network", mus) ** 2;
  const mean = network!.map((v, at) => clamped(v * grid, counts[Math.floor(at / p)]!));
  const within = networkSquares!.map((v, j) => {
    const ofMeans = counts.reduce((sum, n, g) => sum + (mean[g * p + j]! ** 2 - noise) / n, 0);
    return Math.max(0, v * gridOfSquares - ofMeans) / all;
  });
  const squares = mean.map((v, at) => {
    const n = counts[Math.floor(at / p)]!;
    return Math.min(n, (v * v) / n + n * within[at % p]!);
  });
  return { "network-moments.mean": mean, "network-moments.squares": squares };
}

const clamped = (v: number, size: number): number => Math.max(-size, Math.min(size, v));

/** The ordinary design, whose features have the mean 0. */
function designOf(design: PrivateDesign, families: readonly FamilySpec[]): Promise<SketchDesign> {
  const { shape, labels } = design;
  const [k, d, groups] = [featuresIn(design), sizeOf(shape), groupsOf(design)];
  const basis = basisOf(design);
  const features = basis ? ({ kind: "pca", components: k } as const) : ({ kind: "raw" } as const);
  const common = { version: DESIGN_VERSION, shape, features, families };
  const arrays = {
    ...(design.weights && { [FEATURE_WEIGHTS]: ndarray(design.weights, [design.weights.length]) }),
    ...(basis && {
      "features.mean": ndarray(new Float32Array(d), [d]),
      "features.basis": ndarray(Float32Array.from(basis), [d, k]),
    }),
    ...(families.some(({ kind }) => kind === "local-moments") && {
      "local-moments.anchors": ndarray(new Float32Array(groups * assigningOf(k)), [groups, 1, assigningOf(k)]),
    }),
  };
  return sealed({ ...common, block: blockRows(common), unit: 1, ...(labels !== undefined && { labels }), arrays });
}

const sumOver = (n: number, of: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += of(i);
  return sum;
};
