import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { stream } from "../../src/data/random.ts";
import { close, floats, leakFree, runOnce, values } from "./support.ts";

/** Whole networks, forward and gradient, in both engines; and gradients that tfjs's cpu backend has wrong. */
const test = suite("networks");

const activations = [tf.relu, tf.tanh, tf.sigmoid, tf.elu, tf.softplus, (x: tf.Tensor) => tf.leakyRelu(x, 0.2)];

for (let seed = 0; seed < 12; seed++) {
  test(
    `random network ${seed}: loss and all gradients agree`,
    leakFree(async () => {
      const random = stream(seed, "network");
      const sizes = Array.from({ length: 3 + random.integer(3) }, () => 2 + random.integer(12));
      const layers = sizes.slice(1).map((size, i) => floats([sizes[i]!, size], -0.8, 0.8, `w${seed}.${i}`));
      const chosen = layers.map(() => activations[random.integer(activations.length)]!);
      const z = floats([1 + random.integer(9), sizes[0]!], -1, 1, `z${seed}`);
      const fn = ([x, ...ws]: tf.Tensor[]) => {
        const loss = (...weights: tf.Tensor[]) => {
          const y = weights.reduce((h, w, i) => chosen[i]!(tf.matMul(h as tf.Tensor2D, w as tf.Tensor2D)), x!);
          return tf.add(tf.sum(tf.cos(y)), tf.sum(tf.logSumExp(y, 1))) as tf.Scalar;
        };
        const { value, grads } = tf.valueAndGrads(loss)(ws);
        return [value as tf.Tensor, ...grads];
      };
      const [expected, actual] = [
        await runOnce(fn, [z, ...layers], { engine: "tfjs" }),
        await runOnce(fn, [z, ...layers]),
      ];
      close(values(actual), values(expected), `network ${sizes}`, 1e-4); // several layers of float32 sums
    }),
  );
}

test(
  "a convolutional generator (dense, up-sampling, convolution, transposed convolution, batch norm): output and gradients agree",
  leakFree(async () => {
    const inputs = [
      floats([4, 5], -1, 1, "z"),
      floats([5, 4 * 4 * 6], -0.5, 0.5, "dense"),
      floats([3, 3, 6, 4], -0.5, 0.5, "conv"),
      floats([4, 4, 2, 4], -0.5, 0.5, "transposed"),
      floats([4], 0.5, 1.5, "gain"),
    ];
    const fn = ([z, dense, conv, transposed, gain]: tf.Tensor[]) => {
      const loss = (d: tf.Tensor, c: tf.Tensor, t: tf.Tensor, g: tf.Tensor) => {
        const seed = tf.reshape(tf.relu(tf.matMul(z as tf.Tensor2D, d as tf.Tensor2D)), [4, 4, 4, 6]) as tf.Tensor4D;
        const wide = tf.image.resizeNearestNeighbor(seed, [8, 8]);
        const mapped = tf.conv2d(wide, c as tf.Tensor4D, 1, "same");
        const { mean, variance } = tf.moments(mapped, [0, 1, 2]);
        const normal = tf.batchNorm(
          mapped,
          mean as tf.Tensor1D,
          variance as tf.Tensor1D,
          tf.zeros([4]),
          g as tf.Tensor1D,
        );
        const image = tf.conv2dTranspose(
          tf.leakyRelu(normal, 0.2) as tf.Tensor4D,
          t as tf.Tensor4D,
          [4, 16, 16, 2],
          2,
          "same",
        );
        return tf.sum(tf.square(tf.sigmoid(image))) as tf.Scalar;
      };
      const { value, grads } = tf.valueAndGrads(loss)([dense!, conv!, transposed!, gain!]);
      // tfjs's gradient of resizing mixes up batches (see cases/images.ts): what lies behind it is left out
      return [value as tf.Tensor, ...grads.slice(1)];
    };
    const [expected, actual] = [await runOnce(fn, inputs, { engine: "tfjs" }), await runOnce(fn, inputs)];
    close(values(actual), values(expected), "generator", 1e-4);
  }),
);

for (const [name, resize] of [
  ["bilinear", tf.image.resizeBilinear],
  ["nearest", tf.image.resizeNearestNeighbor],
] as const) {
  test(`the gradient of ${name} resizing is its adjoint: ⟨g, x⟩ = ⟨w, Rx⟩ for a linear R`, async () => {
    for (const [h, w] of [
      [8, 12],
      [3, 2],
      [5, 9],
    ] as const) {
      const x = floats([2, 4, 6, 3]);
      const weights = floats([2, h, w, 3], -1, 1, "weights");
      const fn = ([image, by]: tf.Tensor[]) => {
        const weighted = (v: tf.Tensor) => tf.sum(tf.mul(resize(v as tf.Tensor4D, [h, w]), by!)) as tf.Scalar;
        const { value, grad } = tf.valueAndGrad(weighted)(image!);
        return [value as tf.Tensor, tf.sum(tf.mul(grad, image!))];
      };
      const [direct = 0, throughGradient = 1] = values(await runOnce(fn, [x, weights]));
      assert.ok(Math.abs(direct - throughGradient) < 1e-3, `${h}×${w}: ${direct} and ${throughGradient}`);
    }
  });
}

test.run();
