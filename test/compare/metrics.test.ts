import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { meanSquaredErrors, psnr } from "../../src/compare/metrics.ts";
import { summarise, summarisePaired } from "../../src/compare/summary.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("metrics");

test("the mean squared error is taken per signal, over its pixels", () => {
  const truth = ndarray(Float32Array.of(0, 0, 1, 1, 0, 0, 0, 0), [2, 2, 2]);
  const estimate = ndarray(Float32Array.of(0, 1, 1, 1, 2, 0, 0, 0), [2, 2, 2]);
  assert.equal([...meanSquaredErrors(truth, estimate)], [1 / 4, 4 / 4]);
});

test("a view with strides is compared by its elements, not by its memory", () => {
  const truth = ndarray(Float32Array.of(1, 2, 3, 4), [1, 2, 2]);
  assert.equal([...meanSquaredErrors(truth.transpose(0, 2, 1), truth)], [(0 + 1 + 1 + 0) / 4]);
});

test("arrays of different shapes are refused", () => {
  const make = (...shape: number[]) => ndarray(new Float32Array(4), shape);
  assert.throws(
    () => meanSquaredErrors(make(2, 2), make(1, 4)),
    /expected an estimate of shape \[2, 2\], got \[1, 4\]/,
  );
});

test("PSNR is 10 log10(peak² / mse), and infinite for no error", () => {
  assert.is(psnr(0.01), 20);
  assert.is(psnr(1), 0);
  assert.ok(Math.abs(psnr(255 ** 2 / 1000, 255) - 30) < 1e-12); // float64
  assert.is(psnr(0), Number.POSITIVE_INFINITY);
});

test("an interval over draws and signals covers what other draws and signals have; one over signals alone does not", () => {
  const [draws, signals, tables] = [6, 30, 200];
  let [both, alone] = [0, 0];
  const random = stream(4, "tables of errors");
  for (let table = 0; table < tables; table++) {
    const ofDraw = Array.from({ length: draws }, () => random.normal());
    const ofSignal = Array.from({ length: signals }, () => random.normal());
    const values = ofDraw.flatMap((d) => ofSignal.map((s) => d + s + random.normal()));
    const covers = ([low, high]: readonly [number, number]) => Number(low < 0 && 0 < high);
    both += covers(summarise(values, { resamples: 300, draws }).interval);
    alone += covers(summarise(values, { resamples: 300 }).interval);
  }
  assert.ok(both / tables > 0.85, `${both}`); // 95 % asked; six draws tell little of how draws vary
  assert.ok(alone / tables < 0.4, `${alone}`);
  assert.throws(() => summarise([1, 2, 3], { draws: 2 }), /expected 2 draws of equal length, got 3 values/);
});

test("mean and median by hand; one value has no interval; equal values have an empty one", () => {
  const { count, mean, median } = summarise([4, 1, 7, 2]);
  assert.equal([count, mean, median], [4, 3.5, 3]);
  assert.equal(summarise([5]).interval, [Number.NaN, Number.NaN]);
  assert.equal(summarise([5, 5, 5]).interval, [5, 5]);
});

test("the interval of normal values is Student's, within the noise of the bootstrap", () => {
  const values = stream(1, "values").fillNormal(new Float64Array(40));
  const { mean, interval } = summarise(values);
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 39);
  const half = (2.0227 * deviation) / Math.sqrt(40); // t of 39 degrees of freedom at 97.5 %
  assert.ok(Math.abs(mean - interval[0] - half) < 0.12 * half);
  assert.ok(Math.abs(interval[1] - mean - half) < 0.12 * half);
});

test("in 300 repetitions with 10 exponential values the interval holds the true mean in 86 % or more", () => {
  const random = stream(2, "coverage");
  let held = 0;
  for (let i = 0; i < 300; i++) {
    const values = Array.from({ length: 10 }, () => -Math.log(1 - random.uniform()));
    const { interval } = summarise(values, { resamples: 1000 });
    if (interval[0] <= 1 && 1 <= interval[1]) held++;
  }
  assert.ok(held >= 258, `${held} of 300`); // the plain percentile interval holds about 85 %, t about 90 %
});

test("the same seed gives the same interval, another seed another one", () => {
  const values = stream(1, "values").fillNormal(new Float64Array(20));
  assert.equal(summarise(values, { seed: 3 }), summarise(values, { seed: 3 }));
  assert.not.equal(summarise(values, { seed: 3 }).interval, summarise(values, { seed: 4 }).interval);
});

test("paired differences cancel what two methods share", () => {
  const hard = [1, 10, 100, 1000];
  const { mean, interval } = summarisePaired(
    hard.map((v) => v + 0.5),
    hard,
  );
  assert.equal([mean, ...interval], [0.5, 0.5, 0.5]);
  assert.throws(() => summarisePaired([1], [1, 2]), /lists of equal length, got 1 and 2/);
});

test.run();
