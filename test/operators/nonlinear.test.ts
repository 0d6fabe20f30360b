import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { compose } from "../../operators/compose.ts";
import { type ForwardOperator, isLinear, requireLinear } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { apply, difference, draw, type Floats, floats } from "./draws.ts";

const test = suite("operators that are not linear");
const made = (spec: string, inShape: readonly number[]) => parseOperator(spec, inShape, 1);
const row = (values: readonly number[]) => floats(values, [1, values.length]);
const values = async (operator: ForwardOperator, x: Floats) => [...(await apply(operator.forward, x)).data];
/** What descents compare with y. */
const compared = async (operator: ForwardOperator, x: Floats, y: Floats) =>
  apply((at) => operator.relaxed!(at, tf.tensor(y.data, y.shape)), x);
/** The gradient of ½‖y − what descents compare‖². */
const slope = async (operator: ForwardOperator, x: Floats, y: Floats) => {
  const given = (at: tf.Tensor) => tf.tensor(y.data, [at.shape[0]!, ...y.shape.slice(1)]);
  const term = (at: tf.Tensor) =>
    tf.mul(0.5, tf.sum(tf.square(tf.sub(given(at), operator.relaxed?.(at, given(at)) ?? operator.forward(at)))));
  return [...(await apply((at) => tf.grad(term)(at), x)).data];
};

test("by hand: sign, quantise, clip and magnitude", async () => {
  const x = row([-2, -0.1, 0, 0.26, 3]);
  assert.equal(await values(made("sign", [5]), x), [-1, -1, 1, 1, 1]);
  assert.ok(difference(await values(made("quantise:step=0.5", [5]), x), [-2, 0, 0, 0.5, 3]) < 1e-6);
  assert.ok(difference(await values(made("quantise:levels=3", [5]), x), [0, 0, 0, 0.5, 1]) < 1e-6);
  assert.ok(difference(await values(made("quantise:levels=2,low=-1,high=1", [5]), x), [-1, -1, -1, 1, 1]) < 1e-6);
  assert.ok(difference(await values(made("clip:low=-1,high=0.25", [5]), x), [-1, -0.1, 0, 0.25, 0.25]) < 1e-6);
  assert.ok(difference(await values(made("magnitude", [5]), x), [2, 0.1, 0, 0.26, 3]) < 1e-6);
  const complex = floats([3, 4, 0, 0, -5, 12], [1, 3, 2]);
  assert.ok(difference(await values(made("magnitude", [3, 2]), complex), [5, 0, 13]) < 1e-6);
  assert.equal(await values(made("magnitude:numbers", [3, 2]), complex), [3, 4, 0, 0, 5, 12]);
  for (const spec of ["sign", "quantise:step=1", "clip", "magnitude"]) assert.not(isLinear(made(spec, [5])));
});

test("magnitudes of fourier are those of its coefficients, of an odd image too", async () => {
  const x = draw(2, [2, 5, 7]);
  const pairs = await apply(made("fourier:acceleration=1", [5, 7]).forward, x);
  const moduli = Array.from({ length: pairs.size / 2 }, (_, i) =>
    Math.hypot(pairs.data[2 * i]!, pairs.data[2 * i + 1]!),
  );
  const operator = made("magnitude*fourier:acceleration=1", [5, 7]);
  assert.equal(operator.outShape, [35]);
  assert.ok(difference(await values(operator, x), moduli) < 1e-6);
});

test("magnitude: the gradient is that of the modulus, and 0 where the modulus is 0", async () => {
  const y = row([1, 1, 1]);
  const found = await slope(made("magnitude", [3, 2]), floats([3, 4, 0, 0, 0, -2], [1, 3, 2]), y);
  assert.ok(difference(found, [4 * 0.6, 4 * 0.8, 0, 0, 0, -1]) < 1e-6); // (|x| − y) x/|x|
});

test("quantise: descents see the distance from the cell of y, to outside of the first and the last level none", async () => {
  const step = made("quantise:step=1", [6]);
  const x = row([0.2, 0.5, 0.8, -0.9, 3, 0]);
  const y = row([0, 0, 0, 0.1, 1, 0.45]); // noise on y: the nearest level counts
  assert.ok(difference((await compared(step, x, y)).data, [0, 0, 0.3, 0.1 - 0.4, 1 + 1.5, 0.45]) < 1e-6);
  assert.ok(difference(await slope(step, x, y), [0, 0, 0.3, -0.4, 1.5, 0]) < 1e-6);
  const levels = made("quantise:levels=3,low=0,high=2", [5]);
  const ends = row([-7, 9, 1, 1.2, -3]);
  assert.ok(
    difference((await compared(levels, ends, row([0, 2, 0, 2, 1]))).data, [0, 2, 0.5, 2 - 0.3, 1 - 3.5]) < 1e-6,
  );
});

test("sign: descents see numbers on the wrong side alone, whatever their common size", async () => {
  const operator = made("sign", [4]);
  const y = row([1, 1, -1, -0.7]);
  const x = [3, -1, -1, 1] as const;
  const size = Math.sqrt(3); // rms of x
  for (const unit of [1, 1e-3, 1e4]) {
    const found = await compared(operator, row(x.map((v) => v * unit)), y);
    assert.ok(difference(found.data, [1, 1 - 1 / size, -1, -0.7 + 1 / size]) < 1e-6);
  }
  const agreeing = row([3, 1, -1, -1]);
  assert.equal([...(await compared(operator, agreeing, y)).data], [...y.data]);
  assert.equal(await slope(operator, agreeing, y), [0, 0, 0, 0]);
  const down = await slope(operator, row(x), y);
  assert.ok(down[1]! < 0 && down[3]! > 0); // a step against it turns the signs
});

test("a mask keeps of what descents compare what it keeps of y; after another jump there is nothing to compare", async () => {
  const x = draw(4, [3, 5]);
  const whole = made("sign", [5]);
  const mask = requireLinear("test", made("mask:keep=3", [5]));
  const operator = compose(mask, whole);
  const y = await apply(operator.forward, draw(5, [3, 5]));
  const all = await apply((at) => mask.forward(whole.relaxed!(at, mask.adjoint(tf.tensor(y.data, y.shape)))), x);
  assert.equal((await compared(operator, x, y)).data, all.data);
  assert.ok((await slope(operator, x, y)).some((v) => v !== 0));
  for (const spec of ["sign*quantise:step=0.5*blur", "blur*sign"]) assert.is(made(spec, [5]).relaxed, undefined);
});

test("what agrees with y is compared as y: for any x, with y = Φ(x)", async () => {
  for (const spec of [
    "sign*gaussian:m=9",
    "mask*sign*blur",
    "quantise:step=0.4*blur",
    "2*quantise:levels=4,low=-1,high=1*blur",
  ]) {
    const operator = made(spec, [5, 3]);
    const x = draw(3, [4, 5, 3]);
    const y = await apply(operator.forward, x);
    assert.ok(difference((await compared(operator, x, y)).data, y.data) < 1e-6, spec);
  }
});

test("what they cannot take is refused", () => {
  const refused = (spec: string, message: RegExp) => assert.throws(() => made(spec, [4]), message);
  refused("quantise", /^quantise: give step, or levels with low and high, as quantise:levels=16,low=0,high=1$/);
  refused("quantise:step=1,levels=3", /^quantise: give step, or levels/);
  refused("quantise:step=1,high=3", /^quantise: give step, or levels/);
  refused("quantise:step=0", /^quantise: step: expected a positive number, got 0$/);
  refused("quantise:levels=1", /^quantise: levels: expected an integer of at least 2, got 1$/);
  refused("quantise:levels=4,low=2", /^quantise: expected low below high, got 2 and 1$/);
  refused("quantise:stp=1", /quantise: unknown option "stp"; did you mean step\? \(step, levels, low, high\)/);
  refused("clip:low=1", /^clip: expected low below high, got 1 and 1$/);
  refused("sign:x=1", /sign: unknown option "x"; it has none/);
  refused("adjoint(sign)*sign", /adjoint: sign is not linear, it has none/);
});

test.run();
