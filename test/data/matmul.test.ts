import { suite } from "uvu";
import * as assert from "uvu/assert";
import { multiply, transpose } from "../../src/data/matmul.ts";

const test = suite("matrix product");

test("products and transposes by hand, zeros among the factors", () => {
  assert.equal([...multiply([1, 2, 0, 3, 0, 1], [1, 2, 3, 4, 5, 6], 2, 3, 2)], [7, 10, 8, 12]);
  assert.equal([...transpose([1, 2, 3, 4, 5, 6], 2, 3)], [1, 4, 2, 5, 3, 6]);
});

test("factors of other sizes are refused", () => {
  assert.throws(() => multiply([1, 2], [1], 1, 2, 1), /multiply: expected 2 and 2 numbers, got 2 and 1/);
});

test.run();
