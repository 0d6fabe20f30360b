import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluateDraws, figureNames } from "../../src/compare/evaluate.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("evaluation of a prior");

const normal = (count: number, name: string, shift = 0): NdArray<Float32Array> =>
  ndarray(
    stream(1, name)
      .fillNormal(new Float32Array(2 * count))
      .map((v) => v + shift),
    [count, 2],
  );
const options = { frequencies: ndarray(normal(50, "omega").data, [2, 50]), repeats: 10 };

test("draws of the real law lie within the spread of real halves, shifted ones beyond", async () => {
  const real = normal(401, "real");
  const same = await evaluateDraws(real, async (count, r) => normal(count, `draw ${r}`), options);
  const moved = await evaluateDraws(real, async (count, r) => normal(count, `draw ${r}`, 0.5), options);
  assert.equal([same.samples, same.repeats], [200, 10]);
  for (const name of figureNames) {
    const [{ prior, real: halves }, far] = [same.figures[name], moved.figures[name]];
    // halves, and draws against one half, have the same law: means of ten are within the range of single ones
    assert.ok(prior.mean > halves.interval[0] && prior.mean < halves.interval[1], `${name}: ${JSON.stringify(prior)}`);
    assert.ok(far.prior.interval[0] > halves.interval[1], `${name}: ${JSON.stringify(far)}`);
    assert.equal(far.real, halves); // it depends on the real samples and the seed alone
    assert.ok(prior.interval[0] <= prior.mean && prior.mean <= prior.interval[1]);
  }
});

test("too few samples and an interruption end it", async () => {
  const draw = async (count: number) => normal(count, "draw");
  const message = async (count: number, signal = new AbortController().signal) =>
    evaluateDraws(normal(count, "real"), draw, { ...options, signal }).then(
      () => "",
      (error: Error) => error.message,
    );
  assert.match(await message(19), /^evaluate: expected at least 20 real samples, got 19$/);
  assert.match(await message(20, AbortSignal.abort()), /aborted/);
});

test.run();
