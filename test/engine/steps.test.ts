import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { compileSteps } from "../../src/engine/steps.ts";
import { leakFree, refused } from "./support.ts";

const test = suite("compiled steps");

const normal = (shape: number[], name: string) =>
  fromHost(stream(3, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), shape);
const matrix = normal([12, 12], "matrix"); // more elements than a graph holds inline
const MOST = 7;
const example = {
  carried: { x: normal([3, 12], "x"), sums: [fromHost(new Float32Array(1), [])] },
  each: { noise: normal([3, 12], "noise"), rows: fromHost(Int32Array.of(2, 0), [2]) },
};
type Carried = { x: tf.Tensor; sums: tf.Tensor[] };
type Each = { noise: tf.Tensor; rows: tf.Tensor };

/** x ← tanh(x M + noise), and the sum of two of its rows. */
const step = ({ x, sums: [sum] }: Carried, { noise, rows }: Each) => {
  const next = tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, tf.tensor2d(matrix.data, [12, 12])), noise));
  const own = tf.sum(tf.gather(next, rows as tf.Tensor1D));
  return { carried: { x: next, sums: [tf.add(sum!, own)] }, told: { own, large: tf.greater(next, 0) } };
};
const each = {
  noise: normal([MOST, 3, 12], "noise"),
  rows: fromHost(
    Int32Array.from({ length: 2 * MOST }, (_, i) => i % 3),
    [MOST, 2],
  ),
};
/** What the steps from `index` on get, in an array of the same size whose end is not read. */
const from = (index: number) => ({
  noise: fromHost(Float32Array.of(...each.noise.data.subarray(index * 36), ...new Float32Array(index * 36)), [
    MOST,
    3,
    12,
  ]),
  rows: fromHost(Int32Array.of(...each.rows.data.subarray(index * 2), ...new Int32Array(index * 2)), [MOST, 2]),
});

test(
  "steps are those of plain JavaScript, however they are divided into calls, and with each engine",
  leakFree(async () => {
    let x = Float64Array.from(example.carried.x.data);
    const owns: number[] = [];
    for (let index = 0; index < MOST; index++) {
      x = x.map((_, at) => {
        const [row, column] = [Math.floor(at / 12), at % 12];
        let sum = each.noise.data[index * 36 + at]!;
        for (let i = 0; i < 12; i++) sum += x[row * 12 + i]! * matrix.data[i * 12 + column]!;
        return Math.tanh(sum);
      });
      const rows = each.rows.data.subarray(2 * index, 2 * index + 2);
      owns.push(
        [...rows].reduce((sum, row) => sum + x.subarray(12 * row, 12 * row + 12).reduce((a, b) => a + b, 0), 0),
      );
    }
    const bits: string[] = [];
    for (const options of [{ embed: false }, { embed: true }, { engine: "tfjs" }] as const) {
      const steps = await compileSteps(step, example, { most: MOST, ...options });
      for (const counts of [[MOST], [1, 2, 4], [3, 3, 1]]) {
        let carried = example.carried;
        const told: number[] = [];
        let large = 0;
        let index = 0;
        for (const count of counts) {
          const made = await steps.run(carried, from(index), count);
          assert.equal([made.told.own.shape, made.told.large.shape], [[count], [count, 3, 12]]);
          carried = made.carried as typeof carried;
          told.push(...made.told.own.data);
          large = made.told.large.data.subarray((count - 1) * 36).reduce((a, b) => a + b, 0);
          index += count;
        }
        // float32 through seven steps of products of 12 terms
        for (const [i, v] of carried.x.data.entries()) assert.ok(Math.abs(v - x[i]!) < 1e-4);
        for (const [i, v] of told.entries()) assert.ok(Math.abs(v - owns[i]!) < 1e-3);
        assert.ok(Math.abs(carried.sums[0]!.data[0]! - owns.reduce((a, b) => a + b)) < 1e-3);
        assert.is(large, x.filter((v) => v > 0).length);
        bits.push([options.embed, ...carried.x.data, ...told].join());
      }
      assert.is(new Set(bits.splice(0)).size, 1);
      await steps.dispose();
    }
  }),
);

test("a step that carries on something else, and calls of other numbers or shapes, are refused", async () => {
  const wrong = ({ x, sums }: Carried, _: Each) => ({ carried: { x: tf.sum(x, 0), sums }, told: sums[0]! });
  await refused(
    () => compileSteps(wrong, example, { most: MOST, name: "wrong" }),
    /^wrong: carried\.x: expected to carry on float32 \[3,12\], got float32 \[12\]$/,
  );
  const steps = await compileSteps(step, example, { most: MOST });
  await refused(() => steps.run(example.carried, each, 8), /^step: count: expected an integer from 1 to 7, got 8$/);
  await refused(() => steps.run(example.carried, each, 0), /count: expected an integer from 1 to 7, got 0$/);
  await refused(
    () => steps.run(example.carried, { ...each, noise: example.each.noise }, 1),
    /input each\.noise: expected float32 \[7,3,12\], got float32 \[3,12\]/,
  );
  await steps.dispose();
});

test.run();
