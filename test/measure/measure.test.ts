import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gaussian } from "../../operators/gaussian.ts";
import { parseOperator } from "../../operators/registry.ts";
import { measure, operatorOf } from "../../src/measure/index.ts";
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

test("operatorOf makes the same operator again; one made in code it cannot", async () => {
  const x = draw(1, [2, 6, 6]);
  const measured = await measure(x, parseOperator("gaussian:m=9*blur:sigma=0.7", [6, 6], 11));
  const again = await apply(operatorOf(measured).forward, x);
  assert.equal(again.data, measured.y.data);
  const own = await measure(x, gaussian({ inShape: [6, 6], m: 9, seed: 1 }));
  await refuses(() => operatorOf(own), /gaussian\(m=9\) was made in code and cannot be made again; pass that operator/);
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
    /noise: expected a standard deviation of at least 0, got -1/,
  );
  x.data[40] = Number.NaN;
  await refuses(() => measure(x, operator), /measure: signal 1 holds NaN; expected finite numbers/);
});

test.run();
