import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cholesky } from "../../../src/data/cholesky.ts";
import { stream } from "../../../src/data/random.ts";
import { triangleSize } from "../../../src/sketch/families/family.ts";
import {
  type Cells,
  cellPosterior,
  likeliestCells,
  maximisedCells,
  noCellSums,
  sumsInOtherCells,
} from "../../../src/sketch/index.ts";
import { factorInto, inverseInto } from "../../../src/sketch/lossy/small-cholesky.ts";

const test = suite("posterior of features");

/** A random symmetric positive definite matrix [k, k]. */
function positive(k: number, name: string): Float64Array {
  const a = stream(1, "positive", name).fillNormal(new Float64Array(k * k));
  return Float64Array.from({ length: k * k }, (_, at) => {
    const [i, j] = [Math.floor(at / k), at % k];
    let sum = i === j ? 0.5 : 0;
    for (let t = 0; t < k; t++) sum += (a[i * k + t]! * a[j * k + t]!) / k;
    return sum;
  });
}

const lower = (a: Float64Array, k: number): Float64Array =>
  Float64Array.from({ length: triangleSize(k) }, (_, at) => {
    const i = Math.floor((Math.sqrt(8 * at + 1) - 1) / 2);
    return a[i * k + at - (i * (i + 1)) / 2]!;
  });

/** Gauss–Jordan: A⁻¹ and log det A, for a check by other means. */
function inverted(matrix: Float64Array, k: number) {
  const a = matrix.slice();
  const out = Float64Array.from({ length: k * k }, (_, at) => Number(at % (k + 1) === 0));
  let logDet = 0;
  for (let p = 0; p < k; p++) {
    const pivot = a[p * (k + 1)]!;
    logDet += Math.log(pivot);
    for (let j = 0; j < k; j++) {
      a[p * k + j]! /= pivot;
      out[p * k + j]! /= pivot;
    }
    for (let i = 0; i < k; i++) {
      if (i === p) continue;
      const factor = a[i * k + p]!;
      for (let j = 0; j < k; j++) {
        a[i * k + j]! -= factor * a[p * k + j]!;
        out[i * k + j]! -= factor * out[p * k + j]!;
      }
    }
  }
  return { inverse: out, logDet };
}

const near = (got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number, what: string) => {
  assert.is(got.length, want.length, what);
  for (let i = 0; i < got.length; i++) {
    assert.ok(
      Math.abs(got[i]! - want[i]!) <= tolerance * (1 + Math.abs(want[i]!)),
      `${what}[${i}]: ${got[i]}, ${want[i]}`,
    );
  }
};

for (const k of [1, 2, 3, 6, 7]) {
  test(`factors and inverses of ${k} × ${k} are those of elimination`, () => {
    const [p, g] = [positive(k, `p${k}`), positive(k, `g${k}`)];
    const whole = p.map((v, at) => v + g[at]!);
    const l = new Float64Array(k * k + 3);
    const logDet = factorInto(l, 3, lower(p, k), 0, lower(g, k), 0, k);
    near(l.subarray(3), cholesky(whole, k), 1e-12, "L");
    const { inverse, logDet: want } = inverted(whole, k);
    near([logDet], [want], 1e-12, "log det");
    const out = new Float64Array(triangleSize(k) + 1);
    inverseInto(l, 3, k, new Float64Array(k * k), out, 1);
    near(out.subarray(1), lower(inverse, k), 1e-11, "inverse");
  });
}

test("a matrix that is not positive definite is refused", () => {
  const l = new Float64Array(4);
  assert.throws(
    () => factorInto(l, 0, Float64Array.of(1, 2, 1), 0, new Float64Array(3), 0, 2),
    /not positive definite/,
  );
});

const [K, k, rows] = [3, 5, 8];
const covariances = Array.from({ length: K }, (_, j) => positive(k, `cell ${j}`));
const cells = {
  weights: Float64Array.of(0.5, 0.3, 0.2),
  means: stream(2, "means").fillNormal(new Float64Array(K * k)),
  factors: Float64Array.from(covariances.flatMap((c) => [...cholesky(c, k)])),
};
const grams = Array.from({ length: rows }, (_, i) => positive(k, `gram ${i}`));
const h = stream(3, "h").fillNormal(new Float64Array(rows * k));

/** The same sums by the formulas, with inverses by elimination. */
function bruteForce(gramOf: (row: number) => Float64Array) {
  const sums = noCellSums(K, k);
  let log = 0;
  for (let row = 0; row < rows; row++) {
    const parts = covariances.map((covariance, j) => {
      const prior = inverted(covariance, k);
      const mean = cells.means.subarray(j * k, (j + 1) * k);
      const times = (a: Float64Array, v: Float64Array) =>
        Float64Array.from({ length: k }, (_, i) => v.reduce((sum, x, t) => sum + a[i * k + t]! * x, 0));
      const pull = times(prior.inverse, mean);
      const b = pull.map((v, i) => v + h[row * k + i]!);
      const { inverse, logDet } = inverted(
        prior.inverse.map((v, at) => v + gramOf(row)[at]!),
        k,
      );
      const posterior = times(inverse, b);
      const inner = (x: Float64Array, y: Float64Array) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
      const weight =
        cells.weights[j]! * Math.exp(0.5 * (inner(b, posterior) - inner(mean, pull) - logDet - prior.logDet));
      return { weight, posterior, inverse };
    });
    const total = parts.reduce((sum, { weight }) => sum + weight, 0);
    log += Math.log(total);
    for (const [j, { weight, posterior, inverse }] of parts.entries()) {
      const r = weight / total;
      sums.weight[j]! += r;
      for (let a = 0, at = 0; a < k; a++) {
        sums.u[j * k + a]! += r * posterior[a]!;
        for (let c = 0; c <= a; c++, at++) {
          sums.uu[j * triangleSize(k) + at]! += r * (inverse[a * k + c]! + posterior[a]! * posterior[c]!);
        }
      }
    }
  }
  return { sums, log };
}

for (const shared of [false, true]) {
  test(`posterior sums are those of the formulas, ${shared ? "one G for all" : "a G for each"}`, () => {
    const gramOf = (row: number) => grams[shared ? 0 : row]!;
    const g = shared ? lower(grams[0]!, k) : Float64Array.from(grams.flatMap((a) => [...lower(a, k)]));
    const posterior = cellPosterior(cells, k);
    const sums = noCellSums(K, k);
    let log = 0;
    for (let row = 0; row < rows; row++) log += posterior.add({ h, g }, row, sums);
    const want = bruteForce(gramOf);
    // responsibilities below a millionth are left out
    near(sums.weight, want.sums.weight, 1e-5, "weight");
    near(sums.u, want.sums.u, 1e-5, "u");
    near(sums.uu, want.sums.uu, 1e-5, "uu");
    near([log], [want.log], 1e-10, "log");
  });
}

test("cells of sums are their means and covariances; those without samples stay empty", () => {
  const sums = {
    weight: Float64Array.of(4, 0),
    u: Float64Array.of(4, 8, 0, 0),
    uu: Float64Array.of(12, 8, 24, 0, 0, 0), // Σ aaᵀ: means 1 and 2, variances 2 and 2
  };
  const { weights, means, factors } = maximisedCells(sums, 0);
  near(weights, [1, 0], 1e-12, "weights");
  near(means, [1, 2, 0, 0], 1e-12, "means");
  near(factors.subarray(0, 4), [Math.SQRT2, 0, 0, Math.SQRT2], 1e-5, "factor"); // variances are raised by a millionth
});

const g = lower(grams[0]!, k);
/** Sums of all samples in one cell, which has every responsibility. */
const sumsOf = (cell: Cells) => {
  const sums = noCellSums(1, k);
  const posterior = cellPosterior(cell, k);
  for (let row = 0; row < rows; row++) posterior.add({ h, g }, row, sums);
  return sums;
};
const oneCell = (j: number): Cells => ({
  weights: Float64Array.of(1),
  means: cells.means.slice(j * k, (j + 1) * k),
  factors: cells.factors.slice(j * k * k, (j + 1) * k * k),
});

test("sums of samples that share G become those of another cell without the samples", async () => {
  const moved = await sumsInOtherCells(sumsOf(oneCell(0)), oneCell(0), oneCell(1), g);
  const want = sumsOf(oneCell(1));
  near(moved.weight, want.weight, 1e-12, "weight");
  near(moved.u, want.u, 1e-10, "u");
  near(moved.uu, want.uu, 1e-10, "uu");
});

test("ten steps on the sums of samples that share G are ten passes with the same responsibilities", async () => {
  let want = oneCell(0);
  for (let pass = 0; pass < 10; pass++) want = maximisedCells(sumsOf(want), 0);
  const made = await likeliestCells(sumsOf(oneCell(0)), oneCell(0), 0, g);
  near(made.means, want.means, 1e-9, "means");
  near(made.factors, want.factors, 1e-9, "factors");
  const drawn = await likeliestCells(sumsOf(oneCell(0)), oneCell(0), 5, g);
  near(drawn.factors, want.factors, 1e-9, "factors of one cell, which is the mean one");
});

test("cells of samples that share G are drawn to what is measured in the mean one", async () => {
  const factor = oneCell(0).factors;
  const reference = { ...cells, factors: Float64Array.from([...factor, ...factor, ...factor]) };
  const sums = noCellSums(K, k);
  const posterior = cellPosterior(reference, k);
  for (let row = 0; row < rows; row++) posterior.add({ h, g }, row, sums);
  const [free, tied] = [await likeliestCells(sums, reference, 0, g), await likeliestCells(sums, reference, 1e12, g)];
  const factorOf = (made: Cells, j: number) => made.factors.subarray(j * k * k, (j + 1) * k * k);
  near(factorOf(tied, 1), factorOf(tied, 0), 1e-8, "factors");
  assert.ok(factorOf(free, 1).some((v, at) => Math.abs(v - factorOf(free, 0)[at]!) > 0.1));
  near(tied.weights, free.weights, 1e-12, "weights");
});

test("samples with a G each take one step", async () => {
  const sums = sumsOf(oneCell(0));
  assert.equal(await likeliestCells(sums, oneCell(0), 2, undefined), maximisedCells(sums, 2));
});

test.run();
