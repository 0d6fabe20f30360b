import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { factsOfSketch } from "../../priors/facts.ts";
import { fitWindows } from "../../priors/windows/index.ts";
import { shrunkCovariance } from "../../priors/windows/shrunk-covariance.ts";
import { stationaryCovariance } from "../../priors/windows/stationary.ts";
import { loadTrained, savePrior } from "../../src/cli/prior-folder.ts";
import { cholesky, logDeterminant, solveLower } from "../../src/data/cholesky.ts";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { transpose } from "../../src/data/matmul.ts";
import { covariance, LEAST, makeDesign, sketchDataset } from "../../src/sketch/index.ts";
import { refuses, scratch } from "../data/tiny.ts";

const test = suite("prior of windows");
const at = scratch();

/** 0.2 · 0.8^distance between the pixels of images [6, 6]: stationary. */
const n = 36;
const stationary = Float64Array.from({ length: n * n }, (_, at) => {
  const [i, j] = [Math.floor(at / n), at % n];
  return 0.2 * 0.8 ** (Math.abs(Math.floor(i / 6) - Math.floor(j / 6)) + Math.abs((i % 6) - (j % 6)));
});

/** Images of N(½, C). */
function images(count: number, C: Float64Array, seed: number) {
  const L = cholesky(C, n);
  const random = stream(seed, "images");
  const data = new Float32Array(count * n);
  for (let i = 0; i < count; i++) {
    const z = random.fillNormal(new Float64Array(n));
    for (let p = 0; p < n; p++) {
      let sum = 0.5;
      for (let q = 0; q <= p; q++) sum += L[p * n + q]! * z[q]!;
      data[i * n + p] = sum;
    }
  }
  return ndarray(data, [count, 6, 6]);
}

/** Kullback and Leibler's divergence of N(0, C) from N(0, A), in nats: tr A⁻¹C − log det A⁻¹C − n, halved. */
function divergence(A: Float64Array): number {
  const root = cholesky(A, n);
  const own = cholesky(stationary, n);
  const trace = solveLower(root, n, transpose(own, n, n)).reduce((sum, v) => sum + v * v, 0); // |R⁻¹L|², A = RRᵀ, C = LLᵀ
  return 0.5 * (trace - n + logDeterminant(root, n) - logDeterminant(own, n));
}
const shape = [6, 6];
const families = [{ kind: "window-moments", shape, side: 4, cells: 2 }, { kind: "second-moments" }] as const;
const sketchOf = async (count: number, C: Float64Array, seed = 1) => {
  const rows = images(count, C, seed);
  const design = await makeDesign({ shape, families, pilot: images(200, C, 9) });
  return sketchDataset(arrayDataset("gaussian", rows), design);
};

test("the stationary part keeps near entries of a stationary covariance, tapers far ones, and is a covariance", () => {
  const part = stationaryCovariance(stationary, shape);
  const between = (i: number, j: number) => part[i * n + j]!;
  assert.ok(Math.abs(between(7, 7) - 0.2) < 1e-12);
  assert.ok(Math.abs(between(0, 1) - (0.16 * 5) / 6) < 1e-12); // 30 of 36 pixels have a right neighbour
  assert.ok(Math.abs(between(3, 3 + 12) - (0.2 * 0.8 ** 2 * 4) / 6) < 1e-12);
  const uneven = stationary.map((v, i) => v * (1 + (Math.floor(i / n) % 6)) * (1 + ((i % n) % 6)));
  assert.ok(symmetricEigen(stationaryCovariance(uneven, shape), n).values.at(-1)! > 0);
  const colours = stationaryCovariance(
    Float64Array.from({ length: 144 }, (_, at) => (at % 13 === 0 ? 1 + (at % 3) : 0)),
    [2, 2, 3],
  );
  assert.equal(
    [0, 1, 2].map((c) => colours[c * 13]),
    [colours[3 * 13], colours[4 * 13], colours[5 * 13]],
  ); // by channel
});

test("few samples: the evidence draws their covariance to its stationary part where images are stationary, which is nearer to the truth", async () => {
  const own = covariance(await sketchOf(30, stationary));
  const { covariance: found, added } = await shrunkCovariance(own, 30, shape);
  assert.ok(added > 30, String(added));
  const raised = [1e-3, 1e-2, 0.03, 0.1].map((by) => divergence(own.map((v, i) => (i % (n + 1) === 0 ? v + by : v))));
  assert.ok(divergence(found) < 0.5 * Math.min(...raised), `${divergence(found)} ${raised}`); // nearer than any diagonal makes it
});

test("few samples: where images are not stationary it is hardly drawn", async () => {
  const far = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return i === j ? (i < 18 ? 1e-4 : 1) : 0; // an upper half that hardly varies
  });
  const { added } = await shrunkCovariance(covariance(await sketchOf(200, far)), 200, shape);
  assert.ok(added < 10, String(added));
});

test("from ten samples a number on, the covariance stays, but for the rounding to 8 bits", async () => {
  const own = covariance(await sketchOf(360, stationary));
  const { covariance: found, added } = await shrunkCovariance(own, 360, shape);
  assert.is(added, 0);
  assert.equal(found[1], own[1]);
  assert.is(found[0], own[0]! + LEAST);
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
