import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bumpsOf } from "../../priors/mixture/bumps.ts";
import { smoothGaussian } from "../../priors/mixture/smooth-gaussian.ts";
import { cholesky } from "../../src/data/cholesky.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("smooth Gaussians");

const SHAPE = [6, 5] as const;
const n = 30;
const places = Array.from({ length: n }, (_, i) => [Math.floor(i / 5), i % 5] as const);
const square = (of: (i: number, j: number) => number, size = n) =>
  Float64Array.from({ length: size * size }, (_, at) => of(Math.floor(at / size), at % size));
const distance = (a: Float64Array, b: Float64Array) => Math.hypot(...a.map((v, at) => v - b[at]!));

/** One common direction, and near pixels that covary; the last two do not vary. */
const truth = square((i, j) => {
  const apart = Math.hypot(places[i]![0] - places[j]![0], places[i]![1] - places[j]![1]);
  return i > 27 || j > 27 ? 0 : 0.5 * Math.cos(i) * Math.cos(j) + 0.2 * Math.exp(-(apart ** 2) / 4);
});

const scattered = (v: number) => ({
  scatter: new Float64Array(n).fill(v),
  scatterOfConstants: new Float64Array(n).fill(v),
});

/** The covariance of Rx + w of `count` samples, less diag v. */
function estimated(seed: number, count: number, v: number, rows?: Float64Array): Float64Array {
  const random = stream(seed, "noisy covariance");
  const m = rows ? rows.length / n : n;
  const out = new Float64Array(m * m);
  for (let row = 0; row < count; row++) {
    const x = sample(random);
    const y = Float64Array.from(
      { length: m },
      (_, a) => (rows ? through(rows, a, x) : x[a]!) + Math.sqrt(v) * random.normal(),
    );
    for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) out[a * m + b]! += (y[a]! * y[b]!) / count;
  }
  for (let a = 0; a < m; a++) out[a * (m + 1)]! -= v;
  return out;
}
const through = (rows: Float64Array, a: number, x: Float64Array) =>
  x.reduce((sum, v, i) => sum + v * rows[a * n + i]!, 0);
const root = cholesky(
  truth.map((v, at) => v + (at % (n + 1) === 0 ? 1e-9 : 0)),
  n,
);
const sample = (random: { normal(): number }) => {
  const z = Array.from({ length: n }, () => random.normal());
  return Float64Array.from({ length: n }, (_, i) => z.reduce((sum, v, k) => sum + root[i * n + k]! * v, 0));
};

test("bumps are those of the formula on two axes, with every choice of widths", async () => {
  const random = stream(1, "bumps");
  const normals = (count: number) => Float64Array.from({ length: count }, () => random.normal());
  const widths = [0, 1.3];
  const of = (apart: number, width: number) =>
    width === 0 ? Number(apart === 0) : Math.exp(-(apart ** 2) / (2 * width ** 2));
  const columns: Float64Array[] = [];
  for (const down of widths)
    for (let row = 0; row < 6; row++)
      for (const across of widths)
        for (let column = 0; column < 5; column++)
          columns.push(Float64Array.from(places, ([y, x]) => of(y - row, down) * of(x - column, across)));
  const { size, covariance, diagonal, even, round } = bumpsOf(SHAPE, widths);
  assert.is(size, 4 * n);
  const gamma = normals(size);
  const want = square((p, q) => columns.reduce((sum, b, j) => sum + gamma[j]! * b[p]! * b[q]!, 0));
  assert.ok(distance(await covariance(gamma), want) < 1e-11);
  const m = normals(n * n);
  const diagonals = Float64Array.from(columns, (b) => {
    let sum = 0;
    for (let p = 0; p < n; p++) for (let q = 0; q < n; q++) sum += b[p]! * m[p * n + q]! * b[q]!;
    return sum;
  });
  assert.ok(distance(await diagonal(m), diagonals) < 1e-11);
  assert.is(even[0], 1 / 4); // single places have a quarter of the mean square 1
  const roundOnes = widths.flatMap((down) =>
    places.slice(0, 6).flatMap(() => widths.flatMap((across) => new Array(5).fill(Number(down === across)))),
  );
  assert.equal([...round], roundOnes);
});

test("an axis of one place has a single width", async () => {
  const [flat, whole] = [bumpsOf([5], [0, 1.3]), bumpsOf([1, 5, 1], [0, 1.3])];
  assert.is(whole.size, flat.size);
  assert.equal(whole.even, flat.even);
  assert.equal(whole.round, flat.round);
  const gamma = Float64Array.from({ length: flat.size }, (_, j) => 1 + j);
  assert.ok(distance(await whole.covariance(gamma), await flat.covariance(gamma)) < 1e-12);
});

/** The mean squared error of signals of `truth` in noise of the variance .1, by the linear estimate that a covariance gives. */
function errorWith(c: Float64Array): number {
  const { values, vectors } = symmetricEigen(c, n);
  const gains = values.map((v) => Math.max(0, v) / (Math.max(0, v) + 0.1));
  let sum = 0;
  for (let a = 0; a < n; a++) {
    const v = vectors.subarray(a * n, (a + 1) * n);
    const power = v.reduce((all, x, i) => all + x * through(truth, i, v), 0);
    sum += (1 - gains[a]!) ** 2 * power + 0.1 * gains[a]! ** 2;
  }
  return sum / n;
}

test("bumps on a long axis are those of the formula", async () => {
  const random = stream(2, "long bumps");
  const size = 101;
  const gamma = Float64Array.from({ length: 2 * size }, () => random.normal());
  const { covariance, diagonal } = bumpsOf([size], [0, 1.6]);
  const b = square((i, j) => Math.exp(-((i - j) ** 2) / (2 * 1.6 ** 2)), size);
  const want = square((p, q) => {
    let sum = p === q ? gamma[p]! : 0;
    for (let j = 0; j < size; j++) sum += gamma[size + j]! * b[p * size + j]! * b[q * size + j]!;
    return sum;
  }, size);
  assert.ok(distance(await covariance(gamma), want) < 1e-11);
  const squares = Float64Array.from({ length: 2 * size }, (_, j) => {
    if (j < size) return gamma[j]!;
    let sum = 0;
    for (let p = 0; p < size; p++) sum += gamma[p]! * b[p * size + j - size]! ** 2;
    return sum;
  });
  const found = await diagonal(square((i, j) => (i === j ? gamma[i]! : 0), size));
  assert.ok(distance(found, squares) < 1e-11);
});

test("of noisy samples, the covariance denoises much better than the unbiased estimate", async () => {
  for (const seed of [1, 2, 3]) {
    const covariance = estimated(seed, 500, 0.5);
    const seen = { mean: new Float64Array(n), covariance, ...scattered(0.5), count: 500 };
    const { covariance: smooth } = await smoothGaussian(seen, SHAPE);
    const [best, near, far] = [truth, smooth, covariance].map(errorWith) as [number, number, number];
    assert.ok(near - best < 0.65 * (far - best), `${near}, unbiased ${far}, best ${best}`);
  }
});

test("in what one Φ leaves unseen, the covariance is smooth, and what is seen is kept", async () => {
  const random = stream(5, "one Φ");
  const rows = new Float64Array(20 * n);
  for (let a = 0; a < 20; a++) {
    // orthonormal, by Gram and Schmidt
    const row = Float64Array.from({ length: n }, () => random.normal());
    for (let b = 0; b < a; b++) {
      const along = through(rows, b, row);
      for (let i = 0; i < n; i++) row[i]! -= along * rows[b * n + i]!;
    }
    const length = Math.hypot(...row);
    rows.set(
      row.map((v) => v / length),
      a * n,
    );
  }
  const covariance = estimated(6, 2000, 0, rows);
  const mean = Float64Array.from({ length: 20 }, (_, a) => through(rows, a, new Float64Array(n).fill(1)));
  const found = await smoothGaussian(
    { mean, covariance, scatter: new Float64Array(20), scatterOfConstants: new Float64Array(20), rows, count: 2000 },
    SHAPE,
  );
  const left = (c: Float64Array) => distance(c, truth) / Math.hypot(...truth);
  const projected = square((i, j) => {
    let sum = 0;
    for (let a = 0; a < 20; a++)
      for (let b = 0; b < 20; b++) sum += rows[a * n + i]! * covariance[a * 20 + b]! * rows[b * n + j]!;
    return sum;
  });
  assert.ok(
    left(found.covariance) < 0.8 * left(projected),
    `${left(found.covariance)}, nothing unseen ${left(projected)}`,
  );
  const meanOff = (of: (i: number) => number) => Math.hypot(...Array.from({ length: n }, (_, i) => of(i) - 1));
  const least = meanOff((i) => mean.reduce((sum, v, a) => sum + v * rows[a * n + i]!, 0)); // of all means, the shortest
  const smooth = meanOff((i) => found.mean[i]!);
  assert.ok(smooth < 0.75 * least, `mean ${smooth}, the shortest ${least}`);
});

test("independent numbers in much noise keep their variance", async () => {
  for (const v of [4, 9]) {
    const covariance = square((i, j) => Number(i === j));
    const { covariance: found } = await smoothGaussian(
      { mean: new Float64Array(n), covariance, ...scattered(v), count: 1e6 },
      SHAPE,
    );
    const mean = found.reduce((sum, c, at) => sum + (at % (n + 1) === 0 ? c / n : 0), 0);
    assert.ok(Math.abs(mean - 1) < 1e-9, `${mean}`); // none stands out, and together they are known
    assert.ok(distance(found, covariance) < 0.5 * Math.sqrt(n), `${distance(found, covariance)}`);
  }
});

test("a mean far from 0 is kept where it is seen, and goes on where it is not", async () => {
  const seen = Array.from({ length: n }, (_, i) => i).filter((i) => i !== 7 && i !== 22);
  const rows = new Float64Array(seen.length * n);
  for (const [a, i] of seen.entries()) rows[a * n + i] = 1;
  const covariance = square((i, j) => truth[seen[i]! * n + seen[j]!]!, seen.length);
  const mean = Float64Array.from(seen, (i) => (i === 0 ? 105 : 100));
  const scatter = new Float64Array(seen.length).fill(4);
  const found = await smoothGaussian(
    { mean, covariance, scatter, scatterOfConstants: scatter, rows, count: 1000 },
    SHAPE,
  );
  for (const i of seen) assert.ok(Math.abs(found.mean[i]! - (i === 0 ? 105 : 100)) < 0.5, `${i}: ${found.mean[i]}`);
  for (const i of [7, 22]) assert.ok(Math.abs(found.mean[i]! - 100) < 3, `${i}: ${found.mean[i]}`);
});

test("whole samples keep their covariance", async () => {
  const found = await smoothGaussian(
    { mean: new Float64Array(n), covariance: truth, ...scattered(0), count: 9 },
    SHAPE,
  );
  assert.equal(found.covariance, truth);
});

test("samples that do not vary above their noise are refused", async () => {
  const random = stream(3, "constants");
  const covariance = square((i, j) => (i < j ? 0 : random.normal() * 0.5 * Math.sqrt(1 / 100)));
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) covariance[j * n + i] = covariance[i * n + j]!;
  const seen = { mean: new Float64Array(n), covariance, ...scattered(0.5), count: 100 };
  try {
    await smoothGaussian(seen, SHAPE);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /^mixture: the lossy measurements show no variance above their noise/);
  }
});

test("it ends with the signal's reason", async () => {
  const seen = { mean: new Float64Array(n), covariance: truth, ...scattered(1), count: 999 };
  try {
    await smoothGaussian(seen, SHAPE, AbortSignal.abort(new Error("stopped")));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, "stopped");
  }
});

test.run();
