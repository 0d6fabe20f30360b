import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { frozen, sameBits } from "../../src/engine/constant.ts";
import { compile } from "../../src/engine/index.ts";
import { listed, values } from "./support.ts";

const test = suite("constants");

for (const size of [1, 64, 65, 900]) {
  test(`an array of ${size} that a function closes over counts as it was when it was compiled`, async () => {
    const closed = Float32Array.from({ length: size }, (_, i) => i + 1);
    const tensor = tf.tensor1d(closed.slice());
    const inner = tensor.dataSync(); // of the cpu back end: the tensor's own memory
    const sum = () => (size * (size + 1)) / 2;
    const f = await compile(
      ({ x }: { x: tf.Tensor }) => [tf.sum(tf.mul(x, tf.tensor1d(closed))), tf.sum(tf.mul(x, tensor))],
      {
        x: listed([1]),
      },
    );
    const model = f.toOnnx();
    for (const array of [closed, inner]) array.fill(0);
    const [a, b] = values(await f.run({ x: listed([2]) })) as [number, number];
    assert.equal([a, b], [2 * sum(), 2 * sum()]); // whole numbers below 2²⁴ are exact
    assert.ok(sameBits(f.toOnnx(), model), "the model stays, too");
    await f.dispose();
    tensor.dispose();
  });
}

test("a tensor that was reshaped or cast before a function closes over it has its own shape and dtype there", async () => {
  const [flat, whole] = [tf.tensor1d([1, 2, 3, 4, 5, 6]), tf.tensor1d([1, 0, 2], "int32")];
  const [matrix, real] = [tf.reshape(flat, [2, 3]), tf.cast(whole, "float32")]; // they share the data of the first
  const f = await compile(
    ({ x }: { x: tf.Tensor }) => [tf.matMul(matrix as tf.Tensor2D, tf.reshape(x, [3, 1])), tf.mul(real, x), matrix],
    { x: listed([1, 1, 1]) },
  );
  const found = await f.run({ x: listed([0.5, 1, 2]) });
  assert.equal(
    found.map(({ shape, data }) => [shape, [...data]]),
    [
      [
        [2, 1],
        [8.5, 19],
      ],
      [[3], [0.5, 0, 4]],
      [
        [2, 3],
        [1, 2, 3, 4, 5, 6],
      ],
    ],
  );
  await f.dispose();
  for (const tensor of [flat, whole, matrix, real]) tensor.dispose();
});

test("an unchanged array has one copy, whatever number of graphs hold it; a changed one gets another", () => {
  const data = Float32Array.of(1, 2, 3);
  const copy = frozen(data);
  assert.is(frozen(data), copy);
  data[1] = 7;
  assert.equal([...frozen(data)], [1, 7, 3]);
  assert.equal([...copy], [1, 2, 3]);
});

test("bits are compared, not numbers", () => {
  assert.ok(sameBits(Float32Array.of(Number.NaN, 0), Float32Array.of(Number.NaN, 0)));
  assert.not.ok(sameBits(Float32Array.of(0), Float32Array.of(-0)));
  assert.not.ok(sameBits(BigInt64Array.of(1n), BigInt64Array.of(2n ** 32n + 1n)));
  assert.not.ok(sameBits(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2)));
});

test.run();
