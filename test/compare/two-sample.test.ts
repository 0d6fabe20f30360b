import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { energyDistance, halvesEnergy, mmdSquared, slicedWasserstein } from "../../src/compare/two-sample.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("two samples");

const normal = (n: number, d: number, name: string, shift = 0): NdArray<Float32Array> =>
  ndarray(
    stream(1, name)
      .fillNormal(new Float32Array(n * d))
      .map((v) => v + shift),
    [n, d],
  );

/** Mean distance over all pairs, the slow way. */
function naive(x: NdArray<Float32Array>, y: NdArray<Float32Array>): number {
  const d = x.shape[1]!;
  let sum = 0;
  for (let i = 0; i < x.shape[0]!; i++) {
    for (let j = 0; j < y.shape[0]!; j++) {
      let square = 0;
      for (let k = 0; k < d; k++) square += (x.data[i * d + k]! - y.data[j * d + k]!) ** 2;
      sum += Math.sqrt(square);
    }
  }
  return sum / (x.shape[0]! * y.shape[0]!);
}

for (const d of [2, 20]) {
  test(`energy distance in ${d} dimensions is that of the definition, over whole and partial blocks`, async () => {
    const [x, y] = [normal(1200, d, "x"), normal(300, d, "y", 0.3)];
    const expected = 2 * naive(x, y) - naive(x, x) - naive(y, y);
    const actual = await energyDistance(x, y);
    // the terms are about √(2d); float32 leaves 1e-6 of them, in many dimensions 1e-5 through inner products
    assert.ok(Math.abs(actual - expected) < 1e-5 * Math.sqrt(2 * d) * (d > 8 ? 10 : 1), `${actual} and ${expected}`);
  });
}

test("energy distances of many points of the plane, from sorted projections, are those of all pairs", async () => {
  const [x, y] = [normal(10_001, 2, "x"), normal(10_000, 2, "y", 0.1)];
  const few = (z: NdArray<Float32Array>) => z.hi(10_000, 2); // as many pairs as are still taken one by one
  const [sorted, all] = [await energyDistance(x, few(y)), await energyDistance(few(x), few(y))];
  // the last point of x moves it by some 1e-5; 64 directions give distances to a relative 1.2e-4
  assert.ok(Math.abs(sorted - all) < 3e-3 * all, `${sorted} and ${all}`);
});

test("energy distance is 0 of a sample with itself and never below for two", async () => {
  const x = normal(500, 2, "x");
  assert.ok(Math.abs(await energyDistance(x, x)) < 1e-9);
  assert.ok((await energyDistance(x, normal(500, 2, "other"))) > 0);
});

test("the energy distance of halves is the mean over all of them", async () => {
  const all = normal(6, 2, "x");
  const pick = (rows: readonly number[]) => {
    const data = Float32Array.from(rows.flatMap((row) => [all.data[2 * row]!, all.data[2 * row + 1]!]));
    return ndarray(data, [rows.length, 2]);
  };
  const halves = Array.from({ length: 64 }, (_, bits) => [0, 1, 2, 3, 4, 5].filter((row) => bits & (1 << row)));
  const values: number[] = [];
  for (const rows of halves.filter(({ length }) => length === 3)) {
    values.push(await energyDistance(pick(rows), pick([0, 1, 2, 3, 4, 5].filter((row) => !rows.includes(row)))));
  }
  const mean = values.reduce((sum, v) => sum + v / values.length, 0);
  assert.is(values.length, 20);
  assert.ok(Math.abs((await halvesEnergy(pick([0, 1, 2]), pick([3, 4, 5]))) - mean) < 1e-6); // float32 distances
  await halvesEnergy(pick([0]), pick([1, 2])).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /halves: expected samples of equal number, got 1 and 2/),
  );
});

test("MMD² is unbiased: 0 on average for one law, and the closed form for a shift", async () => {
  const [n, d, k, shift] = [50, 2, 40, 0.5];
  const omega = normal(d, k, "omega");
  let exact = 0; // |φ|²·(2 − 2 cos ω'c), φ the characteristic function of N(0, I)
  for (let j = 0; j < k; j++) {
    const [a, b] = [omega.data[j]!, omega.data[k + j]!];
    exact += (Math.exp(-(a * a + b * b)) * (2 - 2 * Math.cos(shift * (a + b)))) / k;
  }
  const same: number[] = [];
  const moved: number[] = [];
  for (let i = 0; i < 60; i++) {
    same.push(await mmdSquared(normal(n, d, `a${i}`), normal(n, d, `b${i}`), omega));
    moved.push(await mmdSquared(normal(n, d, `a${i}`), normal(n, d, `c${i}`, shift), omega));
  }
  for (const [values, expected] of [
    [same, 0],
    [moved, exact],
  ] as const) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const error = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / values.length / (values.length - 1));
    assert.ok(Math.abs(mean - expected) < 4 * error, `${mean} ± ${error}, expected ${expected}`);
  }
});

test("sliced Wasserstein of a shift by c is |c|/√d", () => {
  const x = normal(400, 3, "x");
  const moved = ndarray(
    x.data.map((v) => v + 0.7),
    x.shape,
  );
  const expected = 0.7; // |c| = 0.7√3, and a random direction sees |c|²/3 in the mean square
  const actual = slicedWasserstein(x, moved, { projections: 4000 });
  assert.ok(Math.abs(actual - expected) < 0.02, `${actual}`); // 4000 directions: 1 %
  assert.is(slicedWasserstein(x, x), 0);
});

test("samples of other sizes are refused", async () => {
  const [x, y] = [normal(5, 2, "x"), normal(5, 3, "y")];
  assert.throws(() => slicedWasserstein(x, y), /two samples: expected signals of one size, got \[5,2\] and \[5,3\]/);
  assert.throws(() => slicedWasserstein(x, normal(6, 2, "z")), /expected samples of equal number, got 5 and 6/);
  const error = await energyDistance(x, y).catch((e: unknown) => e);
  assert.match((error as Error).message, /two samples: expected signals of one size/);
});

test.run();
