import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { checkOperator } from "../../operators/check.ts";
import { gaussian } from "../../operators/gaussian.ts";
import { type ForwardOperator, forwardOperator, linearOperator } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { transposedMatrix } from "../../src/solve/operator-matrix.ts";

const test = suite("checks of operators");
const inShape = [5, 3];
const shapes = { inShape, outShape: inShape };
const made = (forward: (x: tf.Tensor) => tf.Tensor, more: object = {}): ForwardOperator =>
  linearOperator({ name: "mine", ...shapes, forward, ...more });
const weights = tf.tensor(
  Float32Array.from({ length: 15 }, (_, i) => i + 1),
  [1, 5, 3],
);
const near = (found: number | undefined, wanted: number, tolerance: number) =>
  assert.ok(Math.abs(found! - wanted) <= tolerance * wanted, `${found} instead of ${wanted}`);

test("a right operator: gaps of rounding, the norm and the singular values of its matrix", async () => {
  for (const m of [7, 15, 22]) {
    const operator = gaussian({ inShape, m, seed: 2 });
    const { data } = await transposedMatrix(operator); // [15, m]
    const dot = (i: number, j: number) =>
      Array.from({ length: m }, (_, k) => data[i * m + k]! * data[j * m + k]!).reduce((a, b) => a + b);
    const gram = Array.from({ length: 225 }, (_, at) => dot(Math.floor(at / 15), at % 15));
    const values = [...symmetricEigen(gram, 15).values].map((v) => Math.sqrt(Math.max(0, v)));
    const few = Math.min(m, 15);
    const { linearGap, adjointGap, norm, singular, faults } = await checkOperator(operator);
    assert.ok(linearGap < 1e-6 && adjointGap! < 1e-6);
    near(norm, values[0]!, 1e-3); // power iteration ends within 1e-5 for ten iterations
    near(singular!.smallest, values[few - 1]!, 1e-3); // float32 entries
    assert.equal([singular!.rank, singular!.leastMeasured, faults], [few, singular!.smallest, []]);
  }
});

test("a diagonal has its numbers as singular values; those that are 0 are not measured", async () => {
  const { singular, norm } = await checkOperator(made((x) => tf.mul(x, tf.sub(weights, 3))));
  near(norm, 12, 1e-4);
  near(singular!.leastMeasured, 1, 1e-5);
  assert.equal([singular!.rank, singular!.smallest], [14, 0]);
  const nothing = await checkOperator(made((x) => tf.mul(x, 0)));
  assert.equal([nothing.norm, nothing.singular], [0, { smallest: 0, rank: 0 }]);
});

test("of a large operator the smallest singular value has an upper bound", async () => {
  const large = [50, 50];
  const ramp = tf.tensor(
    Float32Array.from({ length: 2500 }, (_, i) => 0.25 + i / 2500),
    [1, ...large],
  );
  const operator = linearOperator({ name: "ramp", inShape: large, outShape: large, forward: (x) => tf.mul(x, ramp) });
  const { singular, norm } = await checkOperator(operator);
  near(norm, 1.25, 0.01);
  assert.is(singular!.rank, undefined);
  assert.ok(singular!.smallest >= 0.24 && singular!.smallest < 0.35, `${singular!.smallest}`);
});

test("a wrong adjoint is called that, with its factor where it is one", async () => {
  const forward = (x: tf.Tensor) => tf.mul(x, weights);
  const cases: readonly (readonly [ForwardOperator, RegExp])[] = [
    [
      made(forward, { adjoint: (y: tf.Tensor) => tf.mul(-2, forward(y)) }),
      /^its adjoint is wrong: it is -2 times the right one; correct it/,
    ],
    [made(forward, { adjoint: (y: tf.Tensor) => y }), /^its adjoint is wrong: it is not that of forward; correct it/],
    [made((x) => tf.add(x, 1)), /^says that it is linear and is not; leave linear and adjoint out/],
    [made((x) => tf.abs(x)), /^says that it is linear and is not/],
    [made(forward, { norm: 3 }), /^states the norm 3, power iteration finds 15\.00$/],
  ];
  for (const [operator, message] of cases) {
    const { faults } = await checkOperator(operator);
    assert.is(faults.length, 1);
    assert.match(faults[0]!, message);
  }
});

test("operators that are not linear: whether descents have a gradient", async () => {
  const own = (forward: (x: tf.Tensor) => tf.Tensor) =>
    checkOperator(forwardOperator({ name: "mine", ...shapes, forward }));
  const square = await own((x) => tf.square(x));
  assert.equal([square.claimsLinear, square.gradient, square.faults], [false, "usable", []]);
  assert.ok(square.linearGap > 0.1);
  assert.ok((await own((x) => tf.mul(2, x))).linearGap < 1e-6);
  const rounded = await own((x) => tf.round(x));
  assert.is(rounded.gradient, "zero");
  assert.match(rounded.faults[0]!, /^its gradient is 0: no solver sees what was measured; give relaxed, or a smooth/);
  const signs = await checkOperator(parseOperator("sign*blur", inShape, 1));
  assert.equal([signs.gradient, signs.faults], ["usable", []]); // of `relaxed`
  for (const spec of ["sign*quantise:step=0.5*blur", "mask:keep=0.5*blur*sign"]) {
    const { gradient, faults } = await checkOperator(parseOperator(spec, inShape, 1));
    assert.is(gradient, "zero");
    assert.match(faults[0]!, /^its gradient is 0/);
  }
  const bad = await own((x) => tf.sqrt(x));
  assert.is(bad.gradient, "not finite");
  assert.match(bad.faults[0]!, /^has a gradient that is not finite at random signals of 15 measurements/);
  assert.is((await own((x) => tf.cast(tf.greater(x, 0), "float32"))).gradient, "missing");
});

test.run();
