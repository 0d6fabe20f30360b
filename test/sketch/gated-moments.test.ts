import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { gatesIn } from "../../src/sketch/families/gated-moments.ts";
import { fitGates } from "../../src/sketch/fit-gates.ts";
import { makeDesign, mergeSketches, sketchDataset, subtractSketch } from "../../src/sketch/index.ts";
import { refuses } from "../data/tiny.ts";

const test = suite("gated moments");

const D = 6;
/** Samples of two zero-mean Gaussians: along (1, −1, 0, …) and along (…, 1, −1, 0), with a mean of their own added to each sample. */
function rows(count: number, seed = 1) {
  const random = stream(seed, "two directions");
  const data = new Float32Array(count * D);
  for (let row = 0; row < count; row++) {
    const [mean, along] = [random.normal(), random.normal()];
    const at = row % 3 === 0 ? 3 : 0;
    for (let i = 0; i < D; i++) {
      const sign = i === at ? 1 : i === at + 1 ? -1 : 0;
      data[row * D + i] = mean + sign * along + 0.05 * random.normal();
    }
  }
  return ndarray(data, [count, D]);
}

const families = [{ kind: "gated-moments", cells: 2, rank: 2 }] as const;
const design = await makeDesign({ shape: [2, 3], families, pilot: ndarray(rows(600).data, [600, 2, 3]) });
const dataset = (count: number, seed: number) => arrayDataset("two", ndarray(rows(count, seed).data, [count, 2, 3]));

test("sums by their definition", async () => {
  const { data } = rows(50, 2);
  const { directions, flat, constants } = gatesIn(design.arrays);
  const [count, xx] = [new Float64Array(2), new Float64Array(2 * 21)];
  for (let row = 0; row < 50; row++) {
    const x = [...data.subarray(row * D, row * D + D)];
    const mean = x.reduce((a, b) => a + b, 0) / D;
    const v = x.map((value) => value - mean);
    const logs = [0, 1].map((k) => {
      const along = [0, 1].map((j) =>
        v.reduce((sum, value, i) => sum + value * directions.data[i * 4 + k * 2 + j]!, 0),
      );
      const squares = v.reduce((sum, value) => sum + value ** 2, 0) * flat.data[k]!;
      return constants.data[k]! - 0.5 * (squares - along[0]! ** 2 - along[1]! ** 2);
    });
    const exp = logs.map((log) => Math.exp(Math.max(-20, log - Math.max(...logs))));
    for (const k of [0, 1]) {
      const r = exp[k]! / (exp[0]! + exp[1]!);
      count[k]! += r;
      for (let i = 0, at = k * 21; i < D; i++) for (let j = 0; j <= i; j++) xx[at++]! += r * v[i]! * v[j]!;
    }
  }
  const { sums } = await sketchDataset(dataset(50, 2), design);
  // float32 in blocks of 50 samples: 1e-5 of the size of the sums
  for (const [own, wanted] of [
    [sums["gated-moments.count"]!, count],
    [sums["gated-moments.xx"]!, xx],
  ] as const) {
    for (const [i, value] of wanted.entries())
      assert.ok(Math.abs(own[i]! - value) < 1e-4 * (1 + Math.abs(value)), `${own[i]} ${value}`);
  }
});

test("the cells are the two directions, and the counts their shares", async () => {
  const { sums } = await sketchDataset(dataset(3000, 4), design);
  const counts = [...sums["gated-moments.count"]!].map((n) => n / 3000).sort();
  assert.ok(Math.abs(counts[0]! - 1 / 3) < 0.08 && Math.abs(counts[1]! - 2 / 3) < 0.08, String(counts));
});

test("sketches of parts merge to that of the whole, and a part can be taken out again", async () => {
  const data = dataset(400, 5);
  const whole = await sketchDataset(data, design);
  const a = await sketchDataset(data, design, { range: { from: 0, to: 130 } });
  const b = await sketchDataset(data, design, { range: { from: 130, to: 400 } });
  const merged = mergeSketches(a, b);
  const near = (x: Float64Array, y: Float64Array) => {
    for (const [i, v] of x.entries()) assert.ok(Math.abs(v - y[i]!) < 1e-3, `${v} ${y[i]}`);
  };
  for (const name of ["gated-moments.count", "gated-moments.xx"]) {
    near(merged.sums[name]!, whole.sums[name]!);
    near(subtractSketch(whole, b).sums[name]!, a.sums[name]!);
  }
  const other = await sketchDataset(dataset(200, 9), design);
  await refuses(() => subtractSketch(a, other), /sketch|samples/);
});

test("expectation maximisation: the same pilot gives the same cells, too small pilots and wrong sizes are refused", async () => {
  const options = { cells: 2, rank: 2, channels: 1, seed: 3 };
  const [first, again] = [await fitGates(rows(200), options), await fitGates(rows(200), options)];
  assert.equal(first.directions.data, again.directions.data);
  await refuses(() => fitGates(rows(7), options), /2 soft cells need a pilot of at least 8 samples, got 7/);
  const make = (own: object) =>
    makeDesign({
      shape: [2, 3],
      families: [{ kind: "gated-moments", ...own }],
      pilot: ndarray(rows(60).data, [60, 2, 3]),
    });
  await refuses(() => make({ cells: 0 }), /cells: must be a positive integer, got 0/);
  const large = {
    shape: [23, 23],
    families: [{ kind: "gated-moments" }],
    pilot: ndarray(new Float32Array(529), [1, 23, 23]),
  } as const;
  await refuses(
    () => makeDesign(large),
    /529 numbers for each cell is too large \(at most 512\); take smaller patches/,
  );
  await refuses(() => make({ rank: 5 }), /hold no 5 directions/);
});

test.run();
