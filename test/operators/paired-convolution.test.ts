import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { convolution } from "../../operators/convolution.ts";
import { continuations } from "../../operators/operator.ts";
import { pairedConvolution } from "../../operators/paired-convolution.ts";
import { compile } from "../../src/engine/index.ts";
import { apply, draw, floats } from "./draws.ts";

const test = suite("paired convolution");

const near = (got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number) => {
  assert.is(got.length, wanted.length);
  const worst = Math.max(...Array.from(got, (v, i) => Math.abs(v - wanted[i]!)));
  assert.ok(worst <= tolerance, `differs by ${worst}`);
};

for (const boundary of continuations) {
  for (const [size, side] of [
    [
      [9, 8],
      [3, 5],
    ],
    [
      [7, 9],
      [4, 7],
    ],
  ] as const) {
    test(`each image with its own kernel, as convolution has it: ${boundary}, ${side.join("×")}`, async () => {
      const [x, k] = [draw(1, [2, ...size]), draw(2, [2, ...side])];
      const convolved = pairedConvolution(size, side, boundary);
      const compiled = await compile(({ x, k }: { x: tf.Tensor; k: tf.Tensor }) => convolved(x, k), { x, k });
      const got = (await compiled.run({ x, k })).data as Float32Array;
      await compiled.dispose();
      const [n, l] = [size[0] * size[1], side[0] * side[1]];
      for (const row of [0, 1]) {
        const kernel = floats([...k.data.slice(row * l, (row + 1) * l)], side);
        const operator = convolution({ inShape: size, kernel, boundary });
        const wanted = await apply(operator.forward, floats([...x.data.slice(row * n, (row + 1) * n)], [1, ...size]));
        near(got.slice(row * n, (row + 1) * n), wanted.data, 1e-4); // float32 sums of 35 numbers near 1
      }
    });
  }
}

test("one image serves many kernels, and the gradient in the kernels is the adjoint of k ↦ k ∗ x", async () => {
  const convolved = pairedConvolution([8, 8], [3, 3]);
  const [x, k, y] = [draw(1, [1, 8, 8]), draw(2, [4, 3, 3]), draw(3, [4, 8, 8])];
  const compiled = await compile(
    ({ x, k, y }: { x: tf.Tensor; k: tf.Tensor; y: tf.Tensor }) => {
      const gradient = tf.grad((at) => tf.sum(tf.mul(convolved(x, at), y)))(k);
      return [tf.sum(tf.mul(convolved(x, k), y)), tf.sum(tf.mul(gradient, k))];
    },
    { x, k, y },
  );
  const [direct, back] = await compiled.run({ x, k, y });
  await compiled.dispose();
  near(direct!.data as Float32Array, back!.data as Float32Array, 1e-3);
});

test.run();
