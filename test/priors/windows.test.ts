import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { factsOfSketch } from "../../priors/facts.ts";
import { shrunkCovariance } from "../../priors/shrunk-covariance.ts";
import { fitWindows } from "../../priors/windows/index.ts";
import { loadTrained, savePrior } from "../../src/cli/prior-folder.ts";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { LEAST, makeDesign, sketchDataset } from "../../src/sketch/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { images, n, shape, stationary } from "./stationary-images.ts";

const test = suite("prior of windows");
const at = scratch();

const families = [{ kind: "window-moments", shape, side: 4, cells: 2 }, { kind: "second-moments" }] as const;
const sketchOf = async (count: number, C: Float64Array, seed = 1) => {
  const rows = images(count, C, seed);
  const design = await makeDesign({ shape, families, pilot: images(200, C, 9) });
  return sketchDataset(arrayDataset("gaussian", rows), design);
};

test("the Gaussian is that of the images, shrunken where they are few, and the rounding to 8 bits", async () => {
  for (const count of [50, 360]) {
    const sketch = await sketchOf(count, stationary);
    const { covariance, added } = await fitWindows(sketch);
    const shrunk = await shrunkCovariance(sketch);
    assert.is(added, shrunk.added);
    assert.is(added > 0, count < 360);
    assert.is(covariance[1], shrunk.covariance[1]);
    assert.is(covariance[0], shrunk.covariance[0]! + LEAST);
  }
});

test("mean and covariance of the windows in the cells are those of all windows together, and each place has its own weights", async () => {
  const rows = images(2000, stationary, 3);
  const sketch = await sketchOf(2000, stationary, 3);
  const { weights, means, covariances, side } = await fitWindows(sketch);
  assert.is(side, 4);
  const counts = sketch.sums["window-moments.count"]!;
  assert.ok(Math.abs(weights.data[3]! - (counts[3]! + 1) / 2002) < 1e-12);
  const total = [0, 1].map((k) => counts.reduce((s, v, i) => s + (i % 2 === k ? v : 0), 0) / (2000 * 4));
  for (const [p, q] of [
    [0, 0],
    [3, 9],
    [15, 1],
  ] as const) {
    let [mixed, direct] = [0, 0];
    for (const [k, share] of total.entries()) {
      mixed += share * (covariances.data[(k * 16 + p) * 16 + q]! + means.data[k * 16 + p]! * means.data[k * 16 + q]!);
    }
    for (let i = 0; i < 2000; i++) {
      for (const y of [0, 2]) {
        for (const x of [0, 2]) {
          const of = (inside: number) => rows.data[i * n + (y + Math.floor(inside / 4)) * 6 + x + (inside % 4)]!;
          direct += (of(p) * of(q)) / 8000;
        }
      }
    }
    assert.ok(Math.abs(mixed - direct) < 0.005, `${p} ${q}: ${mixed} ${direct}`); // leaned on 20 windows of some 3000
  }
});

test("a folder holds all of it", async () => {
  const sketch = await sketchOf(50, stationary);
  const trained = {
    kind: "windows",
    trained: { model: await fitWindows(sketch), sketch: factsOfSketch(sketch) },
  } as const;
  await savePrior(at("prior"), trained);
  const { kind, trained: found } = await loadTrained(at("prior"));
  assert.is(kind, "windows");
  const { model, sketch: facts } = found as typeof trained.trained;
  assert.equal(facts, trained.trained.sketch);
  for (const [name, value] of Object.entries(trained.trained.model)) {
    const [a, b] = [model[name as keyof typeof model], value].map((v) => Object(v));
    assert.equal(
      "data" in a ? [...a.data, ...a.shape] : a.valueOf(),
      "data" in b ? [...b.data, ...b.shape] : b.valueOf(),
      name,
    );
  }
});

test("images that do not vary are refused, and so is variation below the rounding of the numbers", async () => {
  const of = async (pixel: (i: number) => number) => {
    const data = Float32Array.from({ length: 60 * n }, (_, i) => pixel(i));
    const rows = ndarray(data, [60, ...shape]);
    return sketchDataset(arrayDataset("images", rows), await makeDesign({ shape, families, pilot: rows }));
  };
  const flat = await of(() => 0.5);
  await refuses(() => fitWindows(flat), /^windows: the windows of the images do not vary; sketch others$/);
  const random = stream(5, "pixels");
  const far = of((i) => 1e6 + (Math.floor(i / n) % 2) + 1e-3 * random.normal()).then((sketch) => fitWindows(sketch));
  await refuses(() => far, /bring (them|the images) into \[0, 1\]/);
});

test("a sketch without window moments is refused", async () => {
  const design = await makeDesign({ shape, families: [{ kind: "second-moments" }] });
  const sketch = await sketchDataset(arrayDataset("gaussian", images(50, stationary, 1)), design);
  await refuses(() => fitWindows(sketch), /^windows: the sketch has no window moments /);
});

test.run();
