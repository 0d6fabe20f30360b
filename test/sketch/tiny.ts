import ndarray, { type NdArray } from "ndarray";
import * as assert from "uvu/assert";
import { arrayDataset, type Dataset, stream } from "../../src/data/index.ts";
import { decodeOnnx } from "../../src/engine/onnx-import/index.ts";
import {
  type DesignOptions,
  drawNames,
  FEATURE_WEIGHTS,
  featureNetwork,
  lawNames,
  laws,
  makeDesign,
  referenceArrays,
  type Sketch,
  type SketchDesign,
} from "../../src/sketch/index.ts";
import { floats, given, modelOf } from "../engine/onnx-import/model.ts";

/** A = [[1, 0, 0], [1, 0.5, 0], [0, 0.3, 0.2]]: x = A g has covariance A Aᵀ. */
const factor = [1, 0, 0, 1, 0.5, 0, 0, 0.3, 0.2];
export const sigma = Array.from({ length: 9 }, (_, at) => {
  const [i, j] = [Math.floor(at / 3), at % 3];
  return [0, 1, 2].reduce((sum, k) => sum + factor[i * 3 + k]! * factor[j * 3 + k]!, 0);
});

/** `rows` samples of N(0, Σ) in three dimensions, from a fixed seed. */
export function gaussianRows(rows: number, seed = 5): NdArray<Float32Array> {
  const g = stream(seed, "gaussian rows").fillNormal(new Float64Array(rows * 3));
  const data = Float32Array.from({ length: rows * 3 }, (_, at) => {
    const [row, i] = [Math.floor(at / 3), at % 3];
    return [0, 1, 2].reduce((sum, k) => sum + factor[i * 3 + k]! * g[row * 3 + k]!, 0);
  });
  return ndarray(data, [rows, 3]);
}

/** Labels 0 to 2 in no order; about a third of the samples each. */
export const labelsFor = (rows: number): Uint8Array => {
  const random = stream(2, "labels");
  return Uint8Array.from({ length: rows }, () => random.integer(3));
};

export const gaussianData = (rows: number, seed = 5): Dataset =>
  arrayDataset("gaussian", gaussianRows(rows, seed), labelsFor(rows));

/** Every law, drawn in every way that it can be. */
export const drawnLaws = lawNames.flatMap((law) =>
  drawNames.filter((draw) => draw !== "product" || laws[law].mixing).map((draw) => ({ law, draw })),
);

/** A design for the data above, with everything at toy size. */
export type TinyOptions = Partial<DesignOptions>;

export function tinyDesign(options: TinyOptions = {}): Promise<SketchDesign> {
  const families = [{ kind: "fourier", scales: [0.5, 2], m: 50, seed: 3 }, { kind: "second-moments" }] as const;
  const pilot = { pilot: gaussianRows(500), pilotLabels: labelsFor(500) };
  return makeDesign({ shape: [3], ...pilot, families, ...options });
}

const cells = { kind: "local-moments", coarse: 2, fine: 3, features: 2, leading: 1, assigning: 2 } as const;
const lossy = { form: "fixed", signal: [3], sigma: 0.2, through: "identity", features: 2 } as const;
const reference = referenceArrays({
  centre: ndarray(Float32Array.of(0.1, 0, 0.2), [3]),
  basis: ndarray(Float32Array.of(1, 0, 0.6, 0.8, 0, 0.1), [3, 2]),
  factor: ndarray(Float32Array.of(0.1, 0, 0.1), [3, 1]),
  deviations: ndarray(Float32Array.of(0.1, 0.2, 0.1), [3]),
  weights: ndarray(Float32Array.of(0.3, 0.7), [1, 2]),
  means: ndarray(Float32Array.of(1, 0, -1, 0.5), [1, 2, 2]),
  factors: ndarray(Float32Array.of(1, 0, 0.2, 0.5, 0.6, 0, -0.2, 0.9), [1, 2, 2, 2]),
});
/** φ(x) = xW, W [3, 4]. */
const { spec: linear, weights } = await featureNetwork(
  await decodeOnnx(
    modelOf({ op: "MatMul", inputs: [given(2, 3), floats(3, 4)] }),
    "linear.onnx",
    async () => new Uint8Array(0),
  ),
  { file: "linear.onnx", sha256: "0".repeat(64), shape: [3] },
);
const gates = { kind: "gated-moments", cells: 3, rank: 1 } as const;

/** The designs that laws of sketches are checked on: every family, raw and PCA coordinates, every law. */
export const designs: Record<string, (options?: TinyOptions) => Promise<SketchDesign>> = {
  "raw, fourier and second moments": (options) => tinyDesign(options),
  "pca:2, fourier and second moments": (options) => tinyDesign({ ...options, features: "pca:2" }),
  "adapted-radius, structured": (options) =>
    tinyDesign({
      ...options,
      families: [
        { kind: "fourier", law: "adapted-radius", scales: [0.5, 2], m: 70, draw: "structured" },
        { kind: "second-moments" },
      ],
    }),
  "product, second moments": (options) =>
    tinyDesign({
      ...options,
      families: [{ kind: "fourier", draw: "product", scales: [0.5, 2], m: 50 }, { kind: "second-moments" }],
    }),
  "fourier from signs, by label": (options) =>
    tinyDesign({
      ...options,
      labels: 3,
      families: [{ kind: "fourier", quantised: "1bit", scales: [0.5, 2], m: 50 }, { kind: "second-moments" }],
    }),
  "folded-gaussian alone": (options) =>
    tinyDesign({ ...options, families: [{ kind: "fourier", law: "folded-gaussian", draw: "product", m: 33 }] }),
  "by label, fourier and second moments": (options) => tinyDesign({ ...options, labels: 3 }),
  "by label, product": (options) =>
    tinyDesign({ ...options, labels: 3, families: [{ kind: "fourier", draw: "product", scales: [0.5, 2], m: 50 }] }),
  "local and second moments": (options) =>
    tinyDesign({ ...options, features: "pca:2", families: [cells, { kind: "second-moments" }] }),
  "by label, local moments": (options) => tinyDesign({ ...options, labels: 3, families: [cells] }),
  "by label, second moments pooled": (options) =>
    tinyDesign({ ...options, labels: 3, families: [{ kind: "second-moments", pooled: true }, cells] }),
  "second moments reduced, pca:2": (options) =>
    tinyDesign({ ...options, features: "pca:2", families: [{ kind: "second-moments", reduced: true }] }),
  "gated moments": (options) => tinyDesign({ ...options, families: [gates] }),
  "by label, gated moments": (options) => tinyDesign({ ...options, labels: 3, families: [gates] }),
  "lossy moments": (options) => tinyDesign({ ...options, families: [{ kind: "lossy-moments", ...lossy }] }),
  "lossy cells": (options) =>
    tinyDesign({
      ...options,
      families: [{ kind: "lossy-cells", ...lossy, cells: 2, of: "a test" }],
      learned: reference,
    }),
  "lossy scores": (options) =>
    tinyDesign({
      ...options,
      families: [{ kind: "lossy-scores", ...lossy, form: "masked", of: "a test" }],
      learned: {
        "lossy-scores.mean": ndarray(Float32Array.of(0.1, 0, 0.2), [3]),
        "lossy-scores.covariance": ndarray(Float32Array.of(1, 0.8, 1.2, 0.1, 0.2, 0.3), [6]),
      },
    }),
  "by label, moments of a network": (options) =>
    tinyDesign({
      ...{ labels: 3, features: "pca:2", learned: { [FEATURE_WEIGHTS]: weights } },
      ...options,
      families: [
        { kind: "network-moments", ...linear },
        { kind: "second-moments", reduced: true },
      ],
    }),
  "second moments alone": (options) => tinyDesign({ ...options, families: [{ kind: "second-moments" }] }),
};

/**
 * Float32 inside blocks: each sum is off by about 1e-7 of the sum of its terms' sizes. Those are at most about 1 a sample
 * here, so sums divided by the count are compared to 3e-6.
 */
export const TOLERANCE = 3e-6;

/** Fails unless counts are equal and sums, divided by the count, are within the tolerance. */
export function sameSums(a: Sketch, b: Sketch, tolerance = TOLERANCE): void {
  assert.is(a.count, b.count);
  assert.equal(Object.keys(a.sums), Object.keys(b.sums));
  for (const [name, sum] of Object.entries(a.sums)) {
    const other = b.sums[name]!;
    for (const [i, v] of sum.entries()) {
      const gap = Math.abs(v - other[i]!) / a.count;
      assert.ok(gap <= tolerance, `${name}[${i}]: ${v} and ${other[i]}`);
    }
  }
}
