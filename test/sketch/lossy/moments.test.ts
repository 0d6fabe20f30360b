import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitMixture, lossyDesign, mixturePrior } from "../../../priors/mixture/index.ts";
import { cholesky, invertLower } from "../../../src/data/cholesky.ts";
import { arrayDataset, readRows } from "../../../src/data/index.ts";
import { measuredThrough } from "../../../src/measure/lossy/through.ts";
import { scoreReference } from "../../../src/sketch/families/lossy-scores.ts";
import {
  directionsOf,
  gaussianOfScores,
  nullSpace,
  nullSpaceWords,
  seenGaussian,
  sketchDataset,
  unseenOf,
} from "../../../src/sketch/index.ts";
import { COVARIANCE, gap, gaussianData, MEAN, matrixOf, N } from "./data.ts";

const test = suite("lossy moments");
const ROWS = 8000;
const data = gaussianData(ROWS);

const gaussianThrough = async (through: string | undefined, sigma: number) => {
  const lossy = await measuredThrough(data, { sigma, ...(through && { through }) });
  const sketch = await sketchDataset(lossy.dataset, await lossyDesign(lossy, { features: 2 }));
  return { form: lossy.form, sketch, ...(await seenGaussian(sketch)) };
};

// Tolerances are five standard errors of the worst entry: a variance of .2 from the samples that show it.
const seen = [
  { name: "as it is", through: undefined, sigma: 0, form: "fixed", tolerance: 0.016 },
  { name: "with noise", through: undefined, sigma: 0.5, form: "fixed", tolerance: 0.035 },
  { name: "half of the numbers, with noise", through: "mask:keep=3", sigma: 0.1, form: "masked", tolerance: 0.03 },
  { name: "through random matrices", through: "gaussian:m=3", sigma: 0.1, form: "own", tolerance: 0.06 },
] as const;
for (const { name, through, sigma, form, tolerance } of seen) {
  test(`mean and covariance are those of the samples, seen ${name}`, async () => {
    const found = await gaussianThrough(through, sigma);
    assert.is(found.form, form);
    assert.ok(gap(found.mean, MEAN) < tolerance, `mean ${gap(found.mean, MEAN)}`);
    const off = gap(found.covariance, COVARIANCE);
    assert.ok(off < tolerance, `covariance ${off}`);
    assert.is(found.unseen, undefined);
  });
}

test("one Φ with a null space identifies ΦCΦᵀ alone, and says which numbers are unseen", async () => {
  const { form, mean, covariance, rows, unseen, sketch } = await gaussianThrough("downsample:factor=2", 0.1);
  assert.is(form, "fixed");
  assert.equal([unseen!.dimension, unseen!.of], [3, 6]);
  const through = (v: ArrayLike<number>, a: number) =>
    Array.from({ length: N }, (_, i) => rows![a * N + i]! * v[i]!).reduce((sum, w) => sum + w);
  for (let a = 0; a < 3; a++) {
    assert.ok(Math.abs(mean[a]! - through(MEAN, a)) < 0.016);
    for (let b = 0; b < 3; b++) {
      const column = Array.from({ length: N }, (_, i) => through(COVARIANCE.subarray(i * N), b));
      assert.ok(Math.abs(covariance[a * 3 + b]! - through(column, a)) < 0.03, `${a}, ${b}`);
    }
  }
  assert.match(unseenOf(sketch)!, /^one Φ for all samples identifies ΦCΦᵀ alone: 3 of 6 directions are unseen/);
});

test("with missing numbers, a covariance is that of the samples that show both", async () => {
  const lossy = await measuredThrough(gaussianData(60), { through: "mask:keep=3" });
  const { data: x } = await readRows(lossy.dataset, 0, 60);
  const { covariance } = await seenGaussian(await sketchDataset(lossy.dataset, await lossyDesign(lossy)));
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      const both = Array.from({ length: 60 }, (_, row) => [x[row * N + i]!, x[row * N + j]!] as const).filter(
        ([a, b]) => !Number.isNaN(a + b),
      );
      const mean = (of: (pair: readonly [number, number]) => number) =>
        both.reduce((sum, pair) => sum + of(pair), 0) / both.length;
      const spread = mean(([a, b]) => a * b) - mean(([a]) => a) * mean(([, b]) => b);
      const want = both.length < 2 ? 0 : (spread * both.length) / (both.length - 1);
      assert.ok(Math.abs(covariance[i * N + j]! - want) < 1e-5, `${i}, ${j}: ${covariance[i * N + j]} and ${want}`);
    }
  }
});

test("covariances scatter by the stated errors", async () => {
  const still = arrayDataset(
    "three of nine vary",
    ndarray(
      Float32Array.from({ length: 4000 * 9 }, (_, at) => (at % 3 === 0 ? Math.sin(at) : 0.5)),
      [4000, 9],
    ),
  );
  for (const [through, sigma] of [
    ["identity", 0.5],
    ["mask:keep=4", 0.5],
    ["gaussian:m=4", 0.1],
  ] as const) {
    const lossy = await measuredThrough(still, { through, sigma });
    const sketch = await sketchDataset(lossy.dataset, await lossyDesign(lossy, { features: 3 }));
    const { covariance, scatter, count } = await seenGaussian(sketch);
    const constant = [1, 2, 4, 5, 7, 8];
    const squares = constant.flatMap((i) =>
      constant.filter((j) => j < i).map((j) => (covariance[i * 9 + j]! ** 2 * count) / (scatter[i]! * scatter[j]!)),
    );
    const size = Math.sqrt(squares.reduce((sum, v) => sum + v / squares.length, 0));
    assert.ok(size > 0.6 && size < 1.7, `${through}: ${size} standard errors`); // 15 pairs
    for (const i of [0, 3, 6]) assert.ok(covariance[i * 10]! > 0.4, `${through} variance ${covariance[i * 10]}`);
  }
});

test("numbers that no sample shows are left out of what is seen", async () => {
  const lossy = await measuredThrough(gaussianData(200), { through: "mask:keep=4" });
  const sketch = await sketchDataset(lossy.dataset, await lossyDesign(lossy));
  const whole = await seenGaussian(sketch);
  assert.is(whole.rows, undefined);
  // as the sums would be if no sample showed the third number
  const sums = mapped(sketch.sums, (name, all) => (name.startsWith("lossy-moments.") ? without(2, all) : all));
  const { mean, covariance, rows } = await seenGaussian({ ...sketch, sums });
  const left = [0, 1, 3, 4, 5];
  assert.equal(
    [...rows!],
    left.flatMap((i) => Array.from({ length: N }, (_, j) => Number(i === j))),
  );
  assert.equal(
    [...mean],
    left.map((i) => whole.mean[i]),
  );
  assert.equal(
    [...covariance],
    left.flatMap((i) => left.map((j) => whole.covariance[i * N + j])),
  );
});

/** Sums of each number, of each pair as a triangle or as a matrix, with those of number `k` set to 0. */
function without(k: number, all: Float64Array): Float64Array {
  if (all.length === N) return all.map((v, i) => (i === k ? 0 : v));
  if (all.length === N * N) return all.map((v, at) => (at % N === k || Math.floor(at / N) === k ? 0 : v));
  let at = 0;
  const out = all.slice();
  for (let i = 0; i < N; i++) for (let j = 0; j <= i; j++, at++) if (i === k || j === k) out[at] = 0;
  return out;
}
const mapped = <T>(object: Readonly<Record<string, T>>, of: (name: string, value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, of(name, value)]));

test("a step by lossy scores is that of expectation maximisation, in float64 by its definition", async () => {
  const sigma = 0.2;
  const few = gaussianData(150);
  const lossy = await measuredThrough(few, { through: "mask:keep=3", sigma });
  const first = await fitMixture(await sketchDataset(lossy.dataset, await lossyDesign(lossy, { features: 2 })));
  const design = await lossyDesign(lossy, { cellsOf: mixturePrior("first", first), cells: 1 });
  const found = await gaussianOfScores(await sketchDataset(lossy.dataset, design));
  const { mean, covariance: lower } = scoreReference(design.arrays);
  const before = (p: number, q: number) => lower[Math.max(p, q) * (Math.max(p, q) + 1) * 0.5 + Math.min(p, q)]!;
  const { data: rows } = await readRows(lossy.dataset, 0, 150);
  const [sum, squares] = [new Float64Array(N), new Float64Array(N * N)];
  for (let row = 0; row < 150; row++) {
    const x = rows.subarray(row * N, (row + 1) * N);
    const seen = [...x.keys()].filter((p) => !Number.isNaN(x[p]!));
    const noise = Float64Array.from({ length: 9 }, (_, at) => {
      const [a, b] = [Math.floor(at / 3), at % 3];
      return before(seen[a]!, seen[b]!) + (a === b ? sigma ** 2 : 0);
    });
    const root = invertLower(cholesky(noise, 3), 3);
    const whitened = (values: readonly number[]) =>
      [0, 1, 2].map((a) => values.reduce((total, v, b) => total + root[a * 3 + b]! * v, 0));
    const gaps = whitened(seen.map((p) => x[p]! - mean[p]!));
    const crosses = Array.from({ length: N }, (_, p) => whitened(seen.map((q) => before(p, q))));
    const inner = (a: readonly number[], b: readonly number[]) => a.reduce((total, v, i) => total + v * b[i]!, 0);
    const expected = crosses.map((cross) => inner(cross, gaps)); // E[x − μ | y]
    for (let p = 0; p < N; p++) {
      sum[p]! += expected[p]! / 150;
      for (let q = 0; q < N; q++) {
        const left = before(p, q) - inner(crosses[p]!, crosses[q]!);
        squares[p * N + q]! += (expected[p]! * expected[q]! + left) / 150;
      }
    }
  }
  const want = squares.map((v, at) => v - sum[Math.floor(at / N)]! * sum[at % N]!);
  assert.ok(
    gap(
      found.mean,
      sum.map((v, p) => v + mean[p]!),
    ) < 1e-6,
  ); // the reference is float32
  assert.ok(gap(found.covariance, want) < 1e-6, `${gap(found.covariance, want)}`);
});

test("a null space is named by the number that lies most in it", () => {
  const found = nullSpace(directionsOf(matrixOf([1, 0, 0, 0, 2, 0], [2, 3]))); // the third number is never seen
  assert.equal([found.dimension, found.of, found.largest.at], [1, 3, 2]);
  assert.ok(Math.abs(found.largest.share - 1) < 1e-6);
  const whole = nullSpace(directionsOf(matrixOf([1, 0, 0, 2], [2, 2])));
  assert.is(nullSpaceWords(whole), "one Φ for all samples, which sees all 2 directions");
});

test.run();
