import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imageMask, lineMask } from "../../operators/mask.ts";
import type { ForwardOperator } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { apply, floats } from "./draws.ts";

const test = suite("masks of lines and pictures");
/** Every pixel its own number, from 0. */
const numbered = (shape: readonly number[]) =>
  floats(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    [1, ...shape],
  );
const kept = async (operator: ForwardOperator, shape: readonly number[]) => [
  ...(await apply(operator.forward, numbered(shape))).data,
];

test("whole rows, or whole columns, as many as asked, channels together", async () => {
  for (const seed of [1, 2, 3]) {
    const rows = await kept(lineMask({ inShape: [5, 3], lines: "rows", keep: 2, seed }), [5, 3]);
    const which = [...new Set(rows.map((v) => Math.floor(v / 3)))];
    assert.is(which.length, 2);
    assert.equal(
      rows,
      which.flatMap((row) => [3 * row, 3 * row + 1, 3 * row + 2]),
    );
    const columns = await kept(lineMask({ inShape: [5, 3], lines: "columns", keep: 0.67, seed }), [5, 3]);
    const across = [...new Set(columns.map((v) => v % 3))].sort();
    assert.equal(
      columns,
      [0, 1, 2, 3, 4].flatMap((row) => across.map((column) => 3 * row + column)),
    );
    assert.is(across.length, 2);
  }
  assert.equal(parseOperator("mask:rows=0.5", [4, 3, 2], 1).outShape, [6, 2]);
  assert.is(parseOperator("mask:columns=2", [4, 3], 1).name, "mask(columns=2)");
});

test("rows and columns, seeds and places are drawn apart", async () => {
  const inShape = [40, 40];
  const found = await Promise.all(
    [{}, { seed: 2 }, { place: 1 }, { lines: "columns" as const }].map(async (own) => {
      const places = await kept(lineMask({ inShape, lines: "rows", keep: 20, seed: 1, ...own }), inShape);
      return [...new Set(places.map((v) => ("lines" in own ? v % 40 : Math.floor(v / 40))))].sort().join();
    }),
  );
  assert.is(new Set(found).size, 4);
});

test("a picture keeps its white pixels, in row order", async () => {
  const image = floats([1, 0, 0.4, 0.6, 255, 0], [2, 3]);
  assert.equal(await kept(imageMask({ inShape: [2, 3], image }), [2, 3]), [0, 3, 4]);
  assert.equal(await kept(imageMask({ inShape: [2, 3, 2], image }), [2, 3, 2]), [0, 1, 6, 7, 8, 9]);
  assert.throws(
    () => imageMask({ inShape: [3, 2], image }),
    /^mask: is \[2, 3\], expected one number a pixel of \[3, 2\]$/,
  );
  assert.throws(
    () => imageMask({ inShape: [1, 2], image: floats([0, 0.5], [1, 2]) }),
    /^mask: has no number above ½, nothing is left of the image$/,
  );
});

test("what it cannot take is refused", () => {
  const refused = (spec: string, message: RegExp, shape = [8, 8]) =>
    assert.throws(() => parseOperator(spec, shape, 1), message);
  refused("mask:rows=9", /^mask: rows: expected a fraction between 0 and 1 or a number of rows up to 8, got 9$/);
  refused("mask:rows=0", /got 0$/);
  refused("mask:columns=0.5", /^mask: columns: expected images \[h, w\], got signals of \[8\]$/, [8]);
  refused("mask:rows=2,columns=2", /^mask: give one of keep, block, rows, columns, image, text, not rows and columns$/);
  refused("mask:text=hello", /^operator: hello: parseOperator opens no files and draws no texts; use openOperator$/);
  refused("mask:colums=2", /unknown option "colums"; did you mean columns\?/);
});

test.run();
