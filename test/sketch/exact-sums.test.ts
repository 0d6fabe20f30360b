import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { sumGrids, sumShapes } from "../../src/sketch/design.ts";
import { addExactly, addRounded, onGrid } from "../../src/sketch/exact-sums.ts";
import { loadSketch, saveSketch } from "../../src/sketch/files.ts";
import { makeDesign, mergeSketches, sketchDataset, subtractSketch } from "../../src/sketch/index.ts";
import { scratch } from "../data/tiny.ts";
import { designs, gaussianData, gaussianRows, tinyDesign } from "./tiny.ts";

const test = suite("exact sums");
const at = scratch();
const GRID = 2 ** -32;

/** A multiple of the grid as an integer. */
const units = (value: number): bigint => BigInt(value / GRID);

test("sums of numbers of all sizes are exact, and the same pair in any order, as integers of any length say", () => {
  const random = stream(1, "sizes");
  const values = Array.from({ length: 3000 }, () => onGrid(random.normal() * 2 ** (random.uniform() * 80 - 20), GRID));
  const want = values.reduce((sum, v) => sum + units(v), 0n);
  const shuffled = [...random.permutation(values.length)].map((i) => values[i]!);
  for (const order of [values, [...values].reverse(), shuffled, [...values].sort((a, b) => a - b)]) {
    const [sum, rest] = [new Float64Array(1), new Float64Array(1)];
    for (const v of order) addExactly(sum, rest, 0, v);
    assert.is(units(sum[0]!) + units(rest[0]!), want);
    assert.is(sum[0], Number(want) * GRID); // the nearest float64
    for (const v of order) addExactly(sum, rest, 0, -v);
    assert.equal([sum[0], rest[0]], [0, 0]);
  }
});

test("10¹² samples: 2²⁸ equal block sums of 4096 terms, doubled by merging, stay exact", () => {
  const block = onGrid(4095.123456789, GRID);
  let [sum, rest] = [Float64Array.of(block), new Float64Array(1)];
  for (let doubling = 0; doubling < 28; doubling++) {
    const [s, r] = [sum.slice(), rest.slice()];
    addExactly(s, r, 0, sum[0]!);
    addExactly(s, r, 0, rest[0]!);
    [sum, rest] = [s, r];
  }
  addExactly(sum, rest, 0, GRID);
  assert.is(units(sum[0]!) + units(rest[0]!), units(block) * 2n ** 28n + 1n);
});

test("rounding block sums moves a mean by at most 2⁻³³ units a block", () => {
  const random = stream(2, "blocks");
  const part = Float32Array.from({ length: 50_000 }, () => random.normal() * 2 ** (-20 * random.uniform()));
  const [sum, rest] = [new Float64Array(1), new Float64Array(1)];
  for (const v of part) addRounded(sum, rest, [v], GRID);
  const plain = part.reduce((a, b) => a + b, 0); // float64 is exact to 1e-13 here
  assert.ok(Math.abs(sum[0]! - plain) / part.length < 2 ** -33);
});

test("every sum of every design has a grid in the unit of its moment", async () => {
  for (const make of Object.values(designs)) {
    const design = await make();
    for (const name of Object.keys(sumShapes(design))) assert.ok(Math.log2(sumGrids(design)[name]!) % 1 === 0, name);
  }
  const scaled = (factor: number) => {
    const pilot = gaussianRows(500);
    for (let i = 0; i < pilot.data.length; i++) pilot.data[i]! *= factor;
    return makeDesign({ shape: [3], pilot, families: [{ kind: "second-moments" }] });
  };
  const [one, million, none] = [await scaled(1), await scaled(2 ** 20), await tinyDesign({ pilot: gaussianRows(1) })];
  assert.equal([million.unit / one.unit, one.unit], [2 ** 20, 1]);
  assert.is(sumGrids(million)["second-moments.xx"], 2 ** (40 - 62));
  assert.ok(none.unit > 0);
  assert.is((await makeDesign({ shape: [3], families: [{ kind: "second-moments" }] })).unit, 1);
});

test("where float64 does not hold a sum, the file holds the rest, and merging and subtracting stay exact", async () => {
  const design = await makeDesign({ shape: [3], families: [{ kind: "second-moments" }], block: 16 }); // unit 1
  const rows = gaussianRows(64);
  for (let i = 0; i < 96; i++) rows.data[i]! *= 2 ** 14; // squares of 2²⁸ and of 1
  const large = arrayDataset("large", rows);
  const whole = await sketchDataset(large, design);
  assert.ok(whole.rest?.["second-moments.xx"]);
  await saveSketch(at("rest.npz"), whole);
  assert.equal(await loadSketch(at("rest.npz")), whole);
  const [a, b] = await Promise.all([
    sketchDataset(large, design, { range: { from: 0, to: 32 } }),
    sketchDataset(large, design, { range: { from: 32, to: 64 } }),
  ]);
  assert.equal(mergeSketches(b!, a!), whole);
  const left = subtractSketch(whole, a!);
  assert.equal(left, b);
});

test("one block's bits do not depend on what else is sketched", async () => {
  const design = await tinyDesign({ block: 100 });
  const range = { from: 300, to: 400 };
  const alone = await sketchDataset(gaussianData(1003), design, { range });
  const rows = gaussianRows(1003);
  rows.data.fill(7, 0, 900);
  const other = await sketchDataset(arrayDataset("gaussian", ndarray(rows.data, [1003, 3])), design, { range });
  assert.equal(other, alone);
});

test.run();
