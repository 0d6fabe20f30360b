import { suite } from "uvu";
import * as assert from "uvu/assert";
import { multiply, multiplyTransposed, transpose } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("matrix product");

test("products and transposes by hand, zeros among the factors", () => {
  assert.equal([...multiply([1, 2, 0, 3, 0, 1], [1, 2, 3, 4, 5, 6], 2, 3, 2)], [7, 10, 8, 12]);
  assert.equal([...transpose([1, 2, 3, 4, 5, 6], 2, 3)], [1, 4, 2, 5, 3, 6]);
});

test("products of every size up to 7, and across panels, are those of the definition", () => {
  const random = stream(3, "matmul");
  const draw = (count: number) => random.fillNormal(new Float64Array(count));
  const check = (rows: number, inner: number, columns: number) => {
    const [a, b] = [draw(rows * inner), draw(inner * columns)];
    if (rows > 2) a.fill(0, inner, 2 * inner); // zeros among the factors
    const wanted = Array.from({ length: rows * columns }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < inner; k++)
        sum += a[Math.floor(at / columns) * inner + k]! * b[k * columns + (at % columns)]!;
      return sum;
    });
    // sums in another order: a few units of float64's last place for each of up to 7 terms of size about 1
    const near = (got: Float64Array) => got.every((v, at) => Math.abs(v - wanted[at]!) < 1e-13);
    assert.ok(near(multiply(a, b, rows, inner, columns)), `AB of ${rows} ${inner} ${columns}`);
    assert.ok(near(multiplyTransposed(a, transpose(b, inner, columns), inner)), `ABᵀ of ${rows} ${inner} ${columns}`);
  };
  for (let rows = 1; rows < 8; rows++)
    for (let inner = 1; inner < 8; inner++) check(rows, inner, 1 + ((rows + inner) % 7));
  check(3, 5, 1030);
  const a = draw(131 * 6); // AAᵀ is computed by halves
  assert.equal(multiplyTransposed(a, a, 6), multiplyTransposed(a, a.slice(), 6));
});

test("factors of other sizes are refused", () => {
  assert.throws(() => multiply([1, 2], [1], 1, 2, 1), /multiply: expected 2 and 2 numbers, got 2 and 1/);
});

test.run();
