import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distancesOfGroups, evaluateDraws, figureNames, figureOf } from "../../src/compare/evaluate.ts";
import { type Random, stream } from "../../src/data/random.ts";

const test = suite("evaluation of a prior");

/** Samples of N(shift, I), [count, d]. */
const normal = (random: Random, count: number, d: number, shift = 0): NdArray<Float32Array> =>
  ndarray(
    random.fillNormal(new Float32Array(d * count)).map((v) => v + shift),
    [count, d],
  );
const named = (count: number, name: string, shift = 0) => normal(stream(1, name), count, 2, shift);
const options = { frequencies: ndarray(named(50, "omega").data, [2, 50]) };

/** Squared distance of the means of samples [n, d]. Its expected value is known for N(0, I) and N(shift, I): d·shift² + 2d/n. */
async function ofMeans(a: NdArray<Float32Array>, b: NdArray<Float32Array>): Promise<number> {
  const [n, d] = a.shape as [number, number];
  let sum = 0;
  for (let i = 0; i < d; i++) {
    let gap = 0;
    for (let row = 0; row < n; row++) gap += (a.data[row * d + i]! - b.data[row * d + i]!) / n;
    sum += gap ** 2;
  }
  return sum;
}

test("95 % intervals of the prior's distance, of the real one and of their difference hold the expected value in 95 % of cases", async () => {
  const [trials, d, shift, count] = [1000, 8, 0.2, 240];
  const random = stream(7, "coverage of evaluate");
  const held = { prior: 0, real: 0, difference: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const draw = async (n: number) => normal(random, n, d, shift);
    const { samples: n, found } = await distancesOfGroups(normal(random, count, d), draw, ofMeans, { seed: trial });
    const known = { prior: d * shift ** 2 + (2 * d) / n, real: (2 * d) / n, difference: d * shift ** 2 };
    const figure = figureOf(found);
    for (const name of ["prior", "real", "difference"] as const) {
      const [low, high] = figure[name].interval;
      held[name] += Number(low <= known[name] && known[name] <= high);
    }
  }
  // ±3.5 standard deviations of 1000 trials at .95 are .024; Student's interval of skewed distances holds in .94 of cases
  for (const [name, count] of Object.entries(held)) {
    assert.ok(Math.abs(count / trials - 0.945) < 0.025, `${name}: ${count / trials}`);
  }
});

test("groups share no sample, and every sample of the first n·2·groups is in one", async () => {
  const real = ndarray(
    Float32Array.from({ length: 43 }, (_, i) => i),
    [43, 1],
  );
  const seen: number[] = [];
  const look = async (a: NdArray<Float32Array>, b: NdArray<Float32Array>) => {
    seen.push(...a.data, ...b.data);
    return 0;
  };
  const draw = async (n: number) => ndarray(new Float32Array(n).fill(-1), [n, 1]);
  const { samples, found } = await distancesOfGroups(real, draw, look, { groups: 4 });
  assert.equal([samples, found.length], [5, 4]);
  const counts = new Map<number, number>();
  for (const value of seen) counts.set(value, (counts.get(value) ?? 0) + 1);
  assert.is(counts.get(-1), 4 * 5);
  counts.delete(-1);
  assert.is(counts.size, 40);
  assert.equal([...counts.values()].sort(), [...new Array(20).fill(1), ...new Array(20).fill(2)]); // the first half is compared twice
});

test("the difference of the real law from itself may be 0, that of shifted draws is above 0", async () => {
  const real = named(801, "real");
  const same = await evaluateDraws(real, async (count, group) => named(count, `draw ${group}`), options);
  const moved = await evaluateDraws(real, async (count, group) => named(count, `draw ${group}`, 0.7), options);
  assert.equal([same.samples, same.groups], [40, 10]);
  for (const name of figureNames) {
    const [near, far] = [same.figures[name], moved.figures[name]];
    const [low, high] = near.difference.interval;
    assert.ok(low < 0 && high > 0, `${name}: ${JSON.stringify(near)}`);
    assert.ok(far.difference.interval[0] > 0, `${name}: ${JSON.stringify(far)}`);
    assert.equal(far.real, near.real); // it depends on the real samples and the seed alone
    assert.ok(Math.abs(far.prior.mean - far.real.mean - far.difference.mean) < 1e-12);
  }
});

test("too few samples or groups, and an interruption, end it", async () => {
  const draw = async (count: number) => named(count, "draw");
  const message = async (count: number, groups: number, signal = new AbortController().signal) =>
    evaluateDraws(named(count, "real"), draw, { ...options, groups, signal }).then(
      () => "",
      (error: Error) => error.message,
    );
  assert.is(await message(49, 5), "evaluate: expected at least 50 real samples, 10 for each of 5 groups, got 49");
  assert.is(await message(49, 1), "evaluate: groups: expected an integer of at least 2, got 1");
  assert.match(await message(50, 5, AbortSignal.abort()), /aborted/);
});

test.run();
