import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chunksOf } from "../../src/solve/chunks.ts";

const test = suite("chunks of rows");

test("chunks have one size, hold every row once, and are filled up by the last row", () => {
  assert.equal(chunksOf(5, 2), [
    { first: 0, count: 2, at: [0, 1] },
    { first: 2, count: 2, at: [2, 3] },
    { first: 4, count: 1, at: [4, 4] },
  ]);
  for (const [rows, most] of [
    [1, 10],
    [10, 10],
    [11, 10],
    [3, 0.5],
    [7, 2.9],
  ] as const) {
    const chunks = chunksOf(rows, most);
    const own = chunks.flatMap(({ at, count }) => at.slice(0, count));
    assert.equal(
      own,
      Array.from({ length: rows }, (_, i) => i),
    );
    assert.is(new Set(chunks.map(({ at }) => at.length)).size, 1);
    assert.ok(chunks.every(({ at }) => at.length <= Math.max(1, most) && at.every((row) => row < rows)));
  }
});

test.run();
