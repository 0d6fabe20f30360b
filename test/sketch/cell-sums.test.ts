import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stream } from "../../src/data/index.ts";
import { addInCells, cellSquares } from "../../src/sketch/cell-sums.ts";
import { triangleSize } from "../../src/sketch/families/family.ts";

const test = suite("sums in cells");
const GRID = 2 ** -62;

/** Exact sums of 0, [cells, width]. */
const none = (cells: number, width: number) => ({
  sum: new Float64Array(cells * width),
  rest: new Float64Array(cells * width),
  grid: GRID,
});

/** Rows, and their cells: all in the first of three but every seventh, which is in the last; none in the second. */
function rowsOf(rows: number, width: number) {
  const a = stream(1, "rows of cells").fillNormal(new Float32Array(rows * width));
  return { a, cellOf: Int32Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? 2 : 0)) };
}

// One by one with one panel and with several, and in tiles.
for (const [rows, width, cells] of [
  [500, 5, 3],
  [150, 310, 3],
  [70, 5, 3],
] as const) {
  const { a, cellOf } = rowsOf(rows, width);
  const size = triangleSize(width);
  const summed = async (values: Float32Array, of: Int32Array) => {
    const [squares, to] = [await cellSquares(rows, width, cells), none(cells, size)];
    await squares.add(values, of, to);
    await squares.dispose();
    return to.sum;
  };

  test(`${rows} rows of ${width} numbers: Σ aaᵀ of each cell, to float32 rounding`, async () => {
    const sum = await summed(a, cellOf);
    for (const cell of [0, 1, 2]) {
      for (const [i, j] of [
        [0, 0],
        [3, 1],
        [width - 1, 2],
        [width - 1, width - 1],
      ] as const) {
        let [want, terms] = [0, 0];
        for (let row = 0; row < rows; row++) {
          if (cellOf[row] !== cell) continue;
          const term = a[row * width + i]! * a[row * width + j]!;
          want += term;
          terms += Math.abs(term);
        }
        const got = sum[cell * size + triangleSize(i) + j]!;
        assert.ok(Math.abs(got - want) <= 1e-6 * terms, `${cell} ${i} ${j}: ${got} for ${want}`);
      }
    }
  });

  test(`${rows} rows of ${width} numbers: a cell has the same bits whatever is in the others`, async () => {
    const whole = await summed(a, cellOf);
    const last = [...cellOf.keys()].filter((row) => cellOf[row] === 2);
    const own = Float32Array.from(last.flatMap((row) => [...a.subarray(row * width, (row + 1) * width)]));
    const alone = await summed(own, new Int32Array(last.length).fill(2));
    assert.equal(alone.subarray(2 * size), whole.subarray(2 * size));
  });
}

test("sums of the rows of each cell are those in float64", () => {
  const { a, cellOf } = rowsOf(50, 4);
  const to = none(3, 4);
  addInCells(a, cellOf, to);
  for (const cell of [0, 1, 2]) {
    for (const i of [0, 1, 2, 3]) {
      const want = a.reduce((sum, v, at) => (at % 4 === i && cellOf[Math.floor(at / 4)] === cell ? sum + v : sum), 0);
      assert.ok(Math.abs(to.sum[cell * 4 + i]! - want) < 1e-12);
    }
  }
});

test.run();
