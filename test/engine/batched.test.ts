import ort from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { batchedOnnx, compile } from "../../src/engine/index.ts";

const test = suite("one ONNX model for every batch");

const draw = (rows: number) => fromHost(stream(1, "x", rows).fillNormal(new Float32Array(12 * rows)), [rows, 12]);
const kernel = tf.tidy(() => tf.tensor4d(stream(1, "kernel").fillNormal(new Float32Array(18)), [3, 3, 1, 2]));
const rows = (x: tf.Tensor) => x.shape[0]!;

/** Functions of [n, 12] whose graphs hold n in reshapes, expansions, slices, paddings and strides of other shapes. */
const functions: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  reshape: (x) => tf.transpose(tf.reshape(x, [rows(x), 3, 4]), [0, 2, 1]),
  "reshape to several rows each": (x) => tf.reshape(tf.softmax(tf.reshape(x, [3 * rows(x), 4])), [rows(x), 12]),
  expand: (x) => tf.add(tf.broadcastTo(tf.mean(x, 1, true), [rows(x), 12]), tf.ones([rows(x), 1])),
  slice: (x) => tf.concat([tf.slice(x, [0, 2], [rows(x), 5]), tf.slice(x, [0, 0], [-1, 1])], 1),
  pad: (x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 2],
      ],
      7,
    ),
  tile: (x) => tf.tile(tf.reshape(x, [rows(x), 1, 12]), [1, 3, 1]),
  convolution: (x) => tf.conv2d(tf.reshape(x, [-1, 3, 4, 1]) as tf.Tensor4D, kernel as tf.Tensor4D, 1, "same"),
  "transposed convolution": (x) =>
    tf.conv2dTranspose(
      tf.reshape(x, [rows(x), 2, 3, 2]) as tf.Tensor4D,
      kernel as tf.Tensor4D,
      [rows(x), 4, 6, 1],
      2,
      "same",
    ),
  resize: (x) => tf.image.resizeBilinear(tf.reshape(x, [rows(x), 3, 4, 1]) as tf.Tensor4D, [6, 8]),
  "gradient of every row": (x) => tf.grad((v) => tf.sum(tf.square(tf.sum(tf.tanh(v), 1))))(x),
};

for (const [name, fn] of Object.entries(functions)) {
  test(`${name}: at 1, 3 and 64 rows it gives what the function compiled for them does`, async () => {
    const session = await ort.InferenceSession.create(batchedOnnx(fn, draw, { inputNames: ["x"], outputNames: ["y"] }));
    for (const n of [1, 3, 64]) {
      const x = draw(n);
      const compiled = await compile(fn, x);
      const expected = await compiled.run(x);
      const { y } = await session.run({ x: new ort.Tensor("float32", x.data, [n, 12]) });
      assert.equal([...y!.dims], expected.shape);
      for (const [i, v] of expected.data.entries()) {
        assert.ok(Math.abs((y!.data[i] as number) - v) < 1e-5, `${n} rows: ${y!.data[i]} and ${v}`); // float32, other order
      }
      await compiled.dispose();
    }
    await session.release();
  });
}

test("functions that mix the rows, or count them, are refused by name of what depends on the batch", () => {
  const refused = (fn: (x: tf.Tensor) => tf.Tensor, message: RegExp) =>
    assert.throws(() => batchedOnnx(fn, draw), message);
  refused(
    (x) => tf.div(x, rows(x)),
    /the float32 constant \[\] depends on the batch size otherwise than shapes do, so/,
  );
  refused((x) => tf.sum(x, 0), /the shape \[12\] of v\d+, whose leading axis should be the batch, depends on/);
  refused((x) => tf.reshape(x, [-1]), /the shape \[12108\]/);
  refused((x) => (rows(x) > 1010 ? tf.relu(x) : tf.tanh(x)), /the node Tanh depends on/);
  let calls = 0;
  refused((x) => tf.add(x, tf.scalar(calls++)), /the float32 constant \[\] depends/);
});

test.run();
