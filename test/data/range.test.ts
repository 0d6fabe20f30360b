import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clipped, liesIn, rowsBeyond } from "../../src/data/range.ts";

const test = suite("range of values");

test("values outside move to the nearest end, those inside stay; the given array is left as it is", () => {
  const given = ndarray(Float32Array.of(-1, 0, 0.5, 1, 7, 0.25), [2, 3]);
  const near = clipped(given, [0, 1]);
  assert.equal(
    [[...near.data], near.shape],
    [
      [0, 0, 0.5, 1, 1, 0.25],
      [2, 3],
    ],
  );
  assert.is(given.data[0], -1);
  assert.equal([liesIn(near, [0, 1]), liesIn(given, [0, 1]), liesIn(given, [-1, 7])], [true, false, true]);
});

test("rows beyond a range are counted, rounding and infinite ends allowed for", () => {
  const rows = ndarray(Float32Array.of(0, 1, 1 + 5e-7, 0.5, 1.01, 0, -0.5, 2), [4, 2]);
  assert.is(rowsBeyond(rows, [0, 1]), 2);
  assert.is(rowsBeyond(rows, [0, Number.POSITIVE_INFINITY]), 1);
  assert.is(rowsBeyond(rows, [-1, 2]), 0);
});

test.run();
