import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bernoulli } from "../../operators/bernoulli.ts";
import { apply, floats } from "./draws.ts";

const test = suite("bernoulli");
const identity = (n: number) =>
  floats(
    Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)),
    [n, n],
  );

test("entries are ±1/√m, as many of each, and independent: rows and columns are nearly orthogonal", async () => {
  const [m, n] = [60, 400];
  const { data } = await apply(bernoulli({ inShape: [n], m, seed: 3 }).forward, identity(n)); // Aᵀ, [n, m]
  assert.ok(data.every((v) => Math.abs(v) === Math.fround(1 / Math.sqrt(m))));
  // sums of independent signs: five standard deviations
  assert.ok(Math.abs(data.reduce((sum, v) => sum + Math.sign(v), 0)) < 5 * Math.sqrt(m * n));
  let most = 0;
  for (let a = 0; a < m; a++) {
    for (let b = 0; b < a; b++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += Math.sign(data[j * m + a]!) * Math.sign(data[j * m + b]!);
      most = Math.max(most, Math.abs(sum));
    }
  }
  assert.ok(most < 5 * Math.sqrt(n), `${most}`);
});

test("another seed or place gives other signs", async () => {
  const of = async (seed: number, place: number) =>
    (await apply(bernoulli({ inShape: [9], m: 5, seed, place }).forward, identity(9))).data;
  assert.equal(await of(1, 0), await of(1, 0));
  assert.not.equal(await of(1, 0), await of(2, 0));
  assert.not.equal(await of(1, 0), await of(1, 1));
});

test("m that is no positive integer is refused", () =>
  assert.throws(
    () => bernoulli({ inShape: [3], m: 0, seed: 1 }),
    /^bernoulli: m: expected a positive integer, got 0$/,
  ));

test.run();
