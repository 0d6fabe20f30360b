import { suite } from "uvu";
import * as assert from "uvu/assert";
import { alongAxis, matrixOf, wrapped } from "../../operators/axes.ts";
import { apply, draw } from "./draws.ts";

const test = suite("products along an axis");

// 200 columns are several blocks; the last band reaches from the last columns to the first, and one matrix has rows of 0
for (const [title, matrix] of [
  ["a band", matrixOf(190, 200, (i, j) => (Math.abs(i - j + 3) < 9 ? 1 + ((i * j) % 5) : 0))],
  ["a circular band", matrixOf(200, 200, (i, j) => Number(wrapped(j - i, 200) < 4))],
  ["rows of 0", matrixOf(200, 200, (i, j) => Number(i > 150 && i === j))],
  ["all numbers", matrixOf(70, 200, (i, j) => ((i + 2 * j) % 7) - 3)],
] as const) {
  test(`by their sums: ${title}`, async () => {
    for (const axis of [0, 1]) {
      const shape = axis === 0 ? [2, 200, 3] : [2, 3, 200];
      const x = draw(1, shape);
      const y = await apply((t) => alongAxis(t, axis, matrix), x);
      assert.equal(y.shape, axis === 0 ? [2, matrix.rows, 3] : [2, 3, matrix.rows]);
      for (const [batch, i, k] of [
        [0, 0, 0],
        [1, 63, 2],
        [0, 64, 1],
        [1, matrix.rows - 1, 1],
      ] as const) {
        const from = (j: number) => x.data[axis === 0 ? (batch * 200 + j) * 3 + k : (batch * 3 + k) * 200 + j]!;
        const at = axis === 0 ? (batch * matrix.rows + i) * 3 + k : (batch * 3 + k) * matrix.rows + i;
        let wanted = 0;
        for (let j = 0; j < 200; j++) wanted += matrix.data[i * 200 + j]! * from(j);
        assert.ok(Math.abs(y.data[at]! - wanted) < 1e-3); // float32 sums of 200 numbers up to some 10
      }
    }
  });
}

test.run();
