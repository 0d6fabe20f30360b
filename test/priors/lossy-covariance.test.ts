import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cleanedCovariance, shrunkEigen } from "../../priors/mixture/lossy-covariance.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("covariances of lossy data");

const SHAPE = [6, 5] as const;
const n = 30;
const COUNT = 500;
const SCATTER = 0.5;
const [rowOf, columnOf] = [(i: number) => Math.floor(i / 5), (i: number) => i % 5];
/** One common direction, and near pixels that covary; the last two do not vary. */
const truth = Float64Array.from({ length: n * n }, (_, at) => {
  const [i, j] = [Math.floor(at / n), at % n];
  const apart = Math.abs(rowOf(i) - rowOf(j)) + Math.abs(columnOf(i) - columnOf(j));
  return i > 27 || j > 27 ? 0 : 0.5 * Math.cos(i) * Math.cos(j) + 0.2 * 0.4 ** apart;
});
const error = (i: number, j: number) =>
  Math.sqrt(((truth[i * (n + 1)]! + SCATTER) * (truth[j * (n + 1)]! + SCATTER)) / COUNT);
const distance = (a: Float64Array) => Math.hypot(...a.map((v, at) => v - truth[at]!));

function noisy(seed: number): Float64Array {
  const random = stream(seed, "noisy covariance");
  const out = truth.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const e = error(i, j) * random.normal() * (i === j ? Math.SQRT2 : 1);
      out[i * n + j]! += e;
      if (i !== j) out[j * n + i]! += e;
    }
  }
  return out;
}

test("a cleaned covariance is nearer to the truth, more so than by its eigenvalues alone, and constants are 0", async () => {
  for (const seed of [1, 2, 3]) {
    const covariance = noisy(seed);
    const scatter = new Float64Array(n).fill(SCATTER);
    const cleaned = await cleanedCovariance({ covariance, scatter, pairs: COUNT }, SHAPE);
    assert.ok(distance(cleaned) < 0.75 * distance(covariance), `${distance(cleaned)} of ${distance(covariance)}`);
    const { values, vectors } = shrunkEigen(covariance, n);
    const shrunk = new Float64Array(n * n);
    for (const [a, v] of values.entries())
      for (let at = 0; at < n * n; at++)
        shrunk[at]! += v * vectors[a * n + Math.floor(at / n)]! * vectors[a * n + (at % n)]!;
    assert.ok(distance(cleaned) < distance(shrunk), `${distance(cleaned)}, by eigenvalues ${distance(shrunk)}`);
    for (let i = 0; i < n; i++) {
      assert.is(cleaned[i * n + 28], 0);
      assert.is(cleaned[29 * n + i], 0);
      if (i < 28) assert.is(cleaned[i * (n + 1)], covariance[i * (n + 1)]);
    }
    const apart = await cleanedCovariance({ covariance, scatter, pairs: new Float64Array(n * n).fill(COUNT) }, SHAPE);
    assert.equal(apart, cleaned);
  }
});

test("without known errors, and of whole data, a covariance stays as it is", async () => {
  for (const [scatter, pairs] of [
    [0, Number.POSITIVE_INFINITY],
    [0, COUNT],
  ] as const) {
    const cleaned = await cleanedCovariance(
      { covariance: truth, scatter: new Float64Array(n).fill(scatter), pairs },
      SHAPE,
    );
    assert.ok(distance(cleaned) < 1e-9, `${distance(cleaned)}`);
  }
});

test("the eigenvalues λ above e, that of the most negative one, become √(λ² − e²)", () => {
  const { values } = shrunkEigen(Float64Array.of(5, 0, 0, 0, 2, 0, 0, 0, -3), 3);
  assert.equal([...values], [4]);
});

test.run();
