import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { dotTest, requireAdjoint } from "../../operators/adjoint-test.ts";
import { blur } from "../../operators/blur.ts";
import { gaussian } from "../../operators/gaussian.ts";
import { mask } from "../../operators/mask.ts";
import { frobeniusNorm, operatorNorm, typicalGain } from "../../operators/norms.ts";
import { type ForwardOperator, linearOperator } from "../../operators/operator.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { refuses } from "../data/tiny.ts";
import { matrixOf } from "../solve/problems.ts";

const test = suite("norms and the dot test");

const diagonal = (values: readonly number[], adjoint?: (y: tf.Tensor) => tf.Tensor) =>
  linearOperator({
    name: "diagonal",
    inShape: [values.length],
    outShape: [values.length],
    forward: (x) => tf.mul(x, tf.tensor1d([...values])),
    ...(adjoint && { adjoint }),
  });

test("the norm is the largest singular value, not its square", async () => {
  assert.ok(Math.abs((await operatorNorm(diagonal([1, -5, 2]))) - 5) < 1e-4);
  assert.ok(Math.abs((await operatorNorm(mask({ inShape: [9], keep: 4, seed: 1 }))) - 1) < 1e-6);
  assert.is(await operatorNorm(diagonal([0, 0])), 0);
});

test("the norm agrees with the eigenvalues of A'A", async () => {
  const operator = gaussian({ inShape: [8, 8], m: 30, seed: 2 });
  const a = await matrixOf(operator);
  const gram = a[0]!.flatMap((_, i) => a[0]!.map((_, j) => a.reduce((sum, row) => sum + row[i]! * row[j]!, 0)));
  const largest = Math.max(...symmetricEigen(gram, 64).values);
  assert.ok(Math.abs((await operatorNorm(operator, { tolerance: 1e-7 })) / Math.sqrt(largest) - 1) < 1e-3);
});

test("the Frobenius norm is near the true one", async () => {
  const found = await frobeniusNorm(diagonal([1, 2, 3, 4, 5, 6, 7, 8]));
  assert.ok(Math.abs(found / Math.sqrt(204) - 1) < 0.15);
});

test("the typical gain is the rms gain of smooth signals: 1 for a blur that keeps them, √keep for a mask, c for cΦ", async () => {
  const near = async (operator: ForwardOperator, gain: number) => {
    const found = await typicalGain(operator);
    assert.ok(Math.abs(found / gain - 1) < 0.2, `${operator.name}: ${found} is not near ${gain}`); // 64 random signals
  };
  const inShape = [16, 16];
  await near(blur({ inShape, sigma: 1 }), 1);
  await near(mask({ inShape, keep: 0.25, seed: 1 }), 0.5);
  await near(gaussian({ inShape, m: 200, seed: 1 }), 1);
  await near(diagonal(new Array(32).fill(7)), 7);
  assert.is(await typicalGain(diagonal([0, 0])), 0);
});

test("mirrored operators have equal gains: it does not matter which corner Φ looks at", async () => {
  const part = (inShape: readonly number[], begin: readonly number[], outShape: readonly number[]) =>
    linearOperator({
      ...{ name: `part at ${begin}`, inShape, outShape },
      forward: (x) => tf.slice(x, [0, ...begin], [-1, ...outShape]),
    });
  const corners = [0, 14].flatMap((top) => [0, 14].map((left) => part([28, 28], [top, left], [14, 14])));
  const colours = [0, 5].map((left) => part([4, 10, 3], [0, left, 0], [4, 5, 3]));
  const halves = [0, 8].map((from) => part([16], [from], [8]));
  for (const parts of [corners, colours, halves]) {
    for (const operator of parts) {
      const found = await typicalGain(operator);
      const share = 1 / Math.sqrt(parts.length); // alike parts of all the energy
      assert.ok(Math.abs(found / share - 1) < 1e-5, `${operator.name}: ${found}, not ${share}`); // float32 sums
    }
  }
});

test("the dot test is about rounding for a right adjoint, and large for a wrong one", async () => {
  assert.ok((await dotTest(diagonal([1, 2, 3]))) < 1e-6);
  assert.ok((await dotTest(diagonal([1, 2, 3], (y) => y))) > 0.01);
});

test("an operator with a small offset is refused; a sum whose terms nearly cancel is not", async () => {
  const inShape = [28, 28];
  for (const b of [0.001, 0.003, 0.01]) {
    const offset = linearOperator({
      ...{ name: "offset", inShape, outShape: inShape },
      forward: (x) => tf.add(x, b),
      adjoint: (y) => tf.clone(y),
    });
    await refuses(() => requireAdjoint(offset), /offset says it is linear, but .* differ by/);
  }
  const large = [512, 512];
  const sum = linearOperator({
    ...{ name: "sum", inShape: large, outShape: [1] },
    forward: (x) => tf.reshape(tf.sum(x, [1, 2]), [-1, 1]),
  });
  const gaps = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => dotTest(sum, seed)));
  assert.ok(Math.max(...gaps) < 1e-6, `${gaps}`);
});

test.run();
