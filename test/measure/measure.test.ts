import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { forwardOperator } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { stream } from "../../src/data/random.ts";
import { measure, parseNoise, poissonNoise } from "../../src/measure/index.ts";
import { refuses } from "../data/tiny.ts";
import { apply, difference, draw, floats } from "../operators/draws.ts";

const test = suite("measure");

test("without noise y is Φx; with noise the difference has the stated deviation and is reported", async () => {
  const operator = parseOperator("gaussian:m=40", [10, 10], 3);
  const x = draw(1, [50, 10, 10]);
  const clean = await measure(x, operator);
  assert.equal(clean.y.data, (await apply(operator.forward, x)).data);
  assert.is(clean.noiseNorm, 0);
  assert.is(clean.snr, Number.POSITIVE_INFINITY);

  const noisy = await measure(x, operator, { noise: 0.2, seed: 7 });
  const w = noisy.y.data.map((v, i) => v - clean.y.data[i]!);
  const deviation = Math.sqrt(w.reduce((sum, v) => sum + v * v, 0) / w.length);
  assert.ok(Math.abs(deviation / 0.2 - 1) < 5 / Math.sqrt(2 * w.length)); // five standard errors
  assert.ok(Math.abs(noisy.noiseNorm - 0.2 * Math.sqrt(40)) < 1e-12);
  const energy = clean.y.data.reduce((sum, v) => sum + v * v, 0) / clean.y.size;
  assert.ok(Math.abs(noisy.snr - 10 * Math.log10(energy / 0.04)) < 1e-6);
});

test("the same seed gives the same noise, another seed other noise, fewer signals the same first ones", async () => {
  const operator = parseOperator("mask:keep=0.5", [6, 6], 3);
  const x = draw(1, [4, 6, 6]);
  const [a, b, c] = await Promise.all([1, 1, 2].map((seed) => measure(x, operator, { noise: 0.1, seed })));
  assert.equal(a!.y.data, b!.y.data);
  assert.ok(difference(a!.y.data, c!.y.data) > 1e-3);
  const first = await measure(floats([...x.data.subarray(0, 72)], [2, 6, 6]), operator, { noise: 0.1, seed: 1 });
  assert.ok(difference(first.y.data, a!.y.data.subarray(0, first.y.size)) < 1e-6);
});

test("any noise model measures: the draws are those of the model around Φx", async () => {
  const operator = parseOperator("mask:keep=0.5", [6, 6], 3);
  const x = draw(1, [4, 6, 6]);
  x.data.forEach((v, i) => {
    x.data[i] = Math.abs(v);
  });
  const clean = (await measure(x, operator)).y;
  const noise = poissonNoise(30);
  const measured = await measure(x, operator, { noise, seed: 2 });
  assert.equal(measured.y.data, noise.ofClean(clean).sample(clean, stream(2, "noise")).data);
  assert.equal([measured.noise.spec, measured.noise.sigma], ["poisson:peak=30", noise.ofClean(clean).sigma]);
  const model = await measure(x, operator, { noise: measured.noise, seed: 2 });
  assert.equal(model.y.data, measured.y.data);
  const decibel = await measure(x, operator, { noise: parseNoise("gaussian:snr=25") });
  assert.ok(Math.abs(decibel.snr - 25) < 1e-6);
});

test("an operator that leaves the finite numbers is refused by position", async () => {
  const root = forwardOperator({ name: "root", inShape: [3], outShape: [3], forward: (x) => tf.sqrt(x) });
  await refuses(() => measure(floats([4, -1, 1], [1, 3]), root), /measure: root: measurement 1 of signal 0 is NaN/);
});

test("signals of another shape, NaN and negative noise are refused", async () => {
  const operator = parseOperator("gaussian:m=4", [6, 6], 1);
  const message = (run: Promise<unknown>) => run.then(String, String);
  assert.match(
    await message(measure(draw(1, [2, 36]), operator)),
    /gaussian\(m=4\) expects signals \[n, 6, 6\], got \[2, 36\]/,
  );
  assert.match(await message(measure(draw(1, [0, 6, 6]), operator)), /expects signals .*got \[0, 6, 6\]/);
  const x = draw(1, [2, 6, 6]);
  assert.match(
    await message(measure(x, operator, { noise: -1 })),
    /gaussian noise: sigma: expected a standard deviation of at least 0, got -1/,
  );
  for (const noise of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.match(await message(measure(x, operator, { noise })), /sigma: expected a standard deviation of at least 0/);
  }
  x.data[40] = Number.NaN;
  await refuses(() => measure(x, operator), /measure: signal 1 holds NaN; expected finite numbers/);
});

test.run();
