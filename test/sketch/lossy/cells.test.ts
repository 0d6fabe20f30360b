import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitMixture, lossyDesign, mixturePrior } from "../../../priors/mixture/index.ts";
import { readRows } from "../../../src/data/index.ts";
import type { LossyData } from "../../../src/measure/lossy/lossy-data.ts";
import { measuredThrough } from "../../../src/measure/lossy/through.ts";
import {
  lossyReference,
  makeDesign,
  maximisedCells,
  mergeSketches,
  referenceArrays,
  type Sketch,
  type SketchDesign,
  sketchDataset,
} from "../../../src/sketch/index.ts";
import { gap, gaussianData, N } from "./data.ts";
import { type Measured, naiveCells } from "./naive.ts";

const test = suite("lossy cells");
const ROWS = 600;
const data = gaussianData(ROWS);
const FEATURES = 2;

const seen = { masked: "mask:keep=4", fixed: "downsample:factor=2", own: "gaussian:m=3" } as const;

const part = ({ sums }: Sketch, name: string) => sums[`lossy-cells.${name}`]!;

/** A first pass, and the design of a second one with cells. */
async function secondPass(through: string, sigma: number, labels?: number) {
  const lossy = await measuredThrough(data, { through, sigma });
  const first = await fitMixture(await sketchDataset(lossy.dataset, await lossyDesign(lossy, { features: FEATURES })));
  const options = { cellsOf: mixturePrior("first", first), cells: 3, block: 64, ...(labels && { labels }) };
  return { lossy, design: await lossyDesign(lossy, options) };
}

/** Rows (Φ | y) of one sample in plain numbers, whatever its form. */
async function plainRows({ dataset, form, matrix }: LossyData): Promise<Measured[][]> {
  const { data: rows } = await readRows(dataset, 0, ROWS);
  const width = rows.length / ROWS;
  return Array.from({ length: ROWS }, (_, row) => {
    const own = [...rows.subarray(row * width, (row + 1) * width)];
    if (form === "own") {
      return Array.from({ length: width / (N + 1) }, (_, q) => ({
        phi: own.slice(q * (N + 1), q * (N + 1) + N),
        y: own[q * (N + 1) + N]!,
      }));
    }
    if (form === "fixed") return own.map((y, q) => ({ phi: [...matrix!.data.subarray(q * N, (q + 1) * N)], y }));
    return own.flatMap((y, p) =>
      Number.isNaN(y) ? [] : [{ phi: Array.from({ length: N }, (_, i) => Number(i === p)), y }],
    );
  });
}

for (const [form, through] of Object.entries(seen)) {
  test(`sums are those of the formulas in float64, ${form}`, async () => {
    const sigma = 0.1;
    const { lossy, design } = await secondPass(through, sigma);
    assert.is(lossy.form, form);
    const sketch = await sketchDataset(lossy.dataset, design);
    const want = naiveCells(design, await plainRows(lossy));
    // h and G are float32, of about 100, and enter a softmax
    for (const [name, sum] of Object.entries(want)) {
      const off = gap(sketch.sums[name]!, sum) / ROWS;
      assert.ok(off < 2e-5, `${name}: ${off}`);
    }
  });
}

const bits = ({ sums, rest }: Sketch) =>
  JSON.stringify({ sums, rest }, (_, v) => (ArrayBuffer.isView(v) ? [...(v as Float64Array)] : v));

test("shards merge to the bits of one pass, in any order, also by label", async () => {
  for (const labels of [undefined, 2]) {
    const { lossy, design } = await secondPass("mask:keep=4", 0.1, labels);
    const whole = await sketchDataset(lossy.dataset, design);
    const part = (from: number, to: number) => sketchDataset(lossy.dataset, design, { range: { from, to } });
    const merged = mergeSketches(await part(384, ROWS), await part(0, 128), await part(128, 384));
    assert.is(bits(merged), bits(whole));
    if (labels) assert.equal([...whole.sums["labels.count"]!], [300, 300]);
  }
});

test("each further pass makes the measurements likelier", async () => {
  const { lossy, design } = await secondPass("mask:keep=3", 0.1);
  let sketch = await sketchDataset(lossy.dataset, design);
  const logs = [sketch.sums["lossy-cells.log"]![0]!];
  for (let step = 0; step < 3; step++) {
    const cellsOf = mixturePrior("before", await fitMixture(sketch, { shrinkage: 0 }));
    sketch = await sketchDataset(lossy.dataset, await lossyDesign(lossy, { cellsOf }));
    logs.push(sketch.sums["lossy-cells.log"]![0]!);
  }
  for (let i = 1; i < logs.length; i++) assert.ok(logs[i]! > logs[i - 1]! + 0.05, logs.join(", ")); // float32 rounds by .001
});

test("a pass of noisy samples takes more than one step of expectation maximisation", async () => {
  const { lossy, design } = await secondPass("identity", 1);
  const sketch = await sketchDataset(lossy.dataset, design);
  const [k, cells] = [FEATURES, 3];
  const sums = { weight: part(sketch, "weight"), u: part(sketch, "u"), uu: part(sketch, "uu") };
  const once = maximisedCells(sums, 0);
  const reference = {
    ...lossyReference(design.arrays),
    weights: ndarray(Float32Array.from(once.weights), [1, cells]),
    means: ndarray(Float32Array.from(once.means), [1, cells, k]),
    factors: ndarray(Float32Array.from(once.factors), [1, cells, k, k]),
  };
  const { shape, block, families } = design;
  const log = async (own: SketchDesign) => part(await sketchDataset(lossy.dataset, own), "log")[0]!;
  const afterOne = await log(await makeDesign({ shape, block, families, learned: referenceArrays(reference) }));
  const cellsOf = mixturePrior("before", await fitMixture(sketch, { shrinkage: 0 }));
  const after = await log(await lossyDesign(lossy, { cellsOf, block }));
  assert.ok(after > afterOne + 1, `${after}, ${afterOne}`);
});

test.run();
