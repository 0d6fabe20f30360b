import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gaussian } from "../../operators/gaussian.ts";
import { applyToRows, transposedMatrix } from "../../src/solve/operator-matrix.ts";
import { apply, draw, floats } from "../operators/draws.ts";
import { matrixOf, operators } from "./problems.ts";

const test = suite("operator matrix");

test("every row of any number is measured, in whole batches of 256 and in part", async () => {
  const operator = gaussian({ inShape: [3, 4], m: 5, seed: 2 });
  for (const count of [1, 256, 600]) {
    const rows = draw(count, [count, 12]);
    const got = await applyToRows(operator, rows);
    const want = await apply(operator.forward, floats([...rows.data], [count, 3, 4]));
    assert.equal(got.shape, [count, 5]);
    // float32 sums of 12 products, which may be added up in another order
    for (const [i, v] of want.data.entries()) assert.ok(Math.abs(v - got.data[i]!) < 1e-5, `${v} ${got.data[i]}`);
  }
});

for (const operator of operators) {
  test(`${operator.name}: the matrix's row j is what the unit vector j measures, and is computed once`, async () => {
    const matrix = await matrixOf(operator);
    const transposed = await transposedMatrix(operator);
    const m = matrix.length;
    assert.equal(transposed.shape, [64, m]);
    for (const [i, row] of matrix.entries()) {
      for (const [j, v] of row.entries()) assert.ok(Math.abs(v - transposed.data[j * m + i]!) < 1e-6);
    }
    assert.is(await transposedMatrix(operator), transposed);
  });
}

test("rows of another width are refused", async () => {
  const error = await applyToRows(operators[0]!, draw(1, [2, 63])).catch((e: unknown) => e);
  assert.match(
    (error as Error).message,
    /applyToRows: gaussian\(m=30\) expects rows of 64 numbers, \[r, 64\], got \[2,63\]/,
  );
});

test.run();
