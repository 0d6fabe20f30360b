import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset, readRows } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { pauses } from "../../src/engine/events.ts";
import { learn } from "../../src/learn/index.ts";
import { minimise } from "../../src/learn/minimise.ts";
import { Misfit, type Spread } from "../../src/learn/misfit.ts";
import { standardMoments } from "../../src/learn/moments.ts";
import { nonnegative } from "../../src/learn/nonnegative.ts";
import { designFor, makeDesign, type Sketch, sketchDataset } from "../../src/sketch/index.ts";

const test = suite("tasks from a sketch");

const MEANS = [
  [0, 0],
  [4, 1],
  [-2, 5],
];
const WEIGHTS = [0.5, 0.3, 0.2];
/** Standard deviations along x and y. */
const DEVIATIONS = [
  [0.5, 0.5],
  [0.3, 0.8],
  [0.6, 0.4],
];

/** 6000 points of three Gaussians in the plane, as `unit` x + `shift`; repeated in `copies` columns. */
function points({ unit = 1, shift = 0, copies = 1 } = {}) {
  const random = stream(1, "three Gaussians");
  const data = new Float32Array(6000 * 2 * copies);
  const labels = new Uint8Array(6000);
  for (let row = 0; row < 6000; row++) {
    const u = random.uniform();
    const k = u < WEIGHTS[0]! ? 0 : u < WEIGHTS[0]! + WEIGHTS[1]! ? 1 : 2;
    labels[row] = k;
    const x = [0, 1].map((i) => MEANS[k]![i]! + DEVIATIONS[k]![i]! * random.normal());
    for (let at = 0; at < 2 * copies; at++) data[row * 2 * copies + at] = unit * x[at % 2]! + shift;
  }
  return arrayDataset("three Gaussians", ndarray(data, [6000, 2 * copies]), labels);
}

async function sketchOf(dataset = points(), options: Parameters<typeof designFor>[1] = {}): Promise<Sketch> {
  const families = [{ kind: "fourier", m: 300, seed: 2 }, { kind: "second-moments" }] as const;
  return sketchDataset(dataset, await designFor(dataset, { families, ...options }));
}

/** How far the found means, [3, width], are from the true ones, at most; both by falling weight. */
function farthest(found: ArrayLike<number>, { unit = 1, shift = 0, width = 2 } = {}): number {
  return Math.max(
    ...Array.from({ length: 3 * width }, (_, at) =>
      Math.abs(found[at]! - shift - unit * MEANS[Math.floor(at / width)]![at % 2]!),
    ),
  );
}

// 1200 to 3000 points with a deviation of at most 0.8: a mean is known to 0.02; moments lose about half of that precision
const CLOSE = 0.08;

test("kmeans finds centres, weights and the width of clusters, in any unit and place, and from features", async () => {
  const { arrays, data } = await learn("kmeans", await sketchOf(), { k: 3 });
  assert.ok(farthest(arrays.centres!.data) < CLOSE, String(farthest(arrays.centres!.data)));
  for (const [k, weight] of WEIGHTS.entries()) assert.ok(Math.abs(arrays.weights!.data[k]! - weight) < 0.02);
  assert.ok(Math.abs(data.deviation! - 0.52) < 0.06, String(data.deviation));
  const moved = await learn("kmeans", await sketchOf(points({ unit: 1000, shift: 20_000 })), { k: 3 });
  assert.ok(farthest(moved.arrays.centres!.data, { unit: 1000, shift: 20_000 }) < 1000 * CLOSE);
  const wide = await learn("kmeans", await sketchOf(points({ copies: 3 }), { features: "pca:2" }), { k: 3 });
  assert.equal(wide.arrays.centres!.shape, [3, 6]);
  assert.ok(farthest(wide.arrays.centres!.data, { width: 6 }) < CLOSE);
});

test("gmm finds the deviations of each Gaussian along each feature; a sketch by label is taken as a whole", async () => {
  const { arrays } = await learn("gmm", await sketchOf(points(), { byLabel: true }), { k: 3 });
  assert.ok(farthest(arrays.means!.data) < CLOSE);
  assert.equal(arrays["feature-means"]!.data, arrays.means!.data);
  for (const [at, deviation] of DEVIATIONS.flat().entries()) {
    const found = Math.sqrt(arrays["feature-variances"]!.data[at]!);
    assert.ok(Math.abs(found - deviation) < 0.1, `${found}, expected ${deviation}`);
  }
});

test("a search is repeated to the bit, a signal and a round may end it, and more restarts never fit worse", async () => {
  const sketch = await sketchOf();
  const [one, again, three] = await Promise.all(
    [1, 1, 3].map((restarts) => learn("kmeans", sketch, { k: 4, restarts })),
  );
  assert.equal(again!.arrays.centres!.data, one!.arrays.centres!.data);
  assert.ok(three!.data.misfit! <= one!.data.misfit!);
  const interruption = new AbortController();
  let rounds = 0;
  const onRound = () => {
    rounds++;
    if (rounds === 2) interruption.abort(new Error("enough"));
  };
  try {
    await learn("kmeans", sketch, { k: 4, onRound, signal: interruption.signal });
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /enough/);
  }
  assert.is(rounds, 2);
  try {
    const tired = () => {
      throw new Error("tired");
    };
    await learn("kmeans", sketch, { k: 4, onRound: tired });
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /tired/);
  }
});

test("pca has the principal components of the data", async () => {
  const { arrays, data } = await learn("pca", await sketchOf(), { k: 1 });
  const x = (await readRows(points(), 0, 6000)).data;
  const mean = [0, 1].map((i) => x.filter((_, at) => at % 2 === i).reduce((a, b) => a + b, 0) / 6000);
  let [a, b, c] = [0, 0, 0];
  for (let at = 0; at < x.length; at += 2) {
    const [u, v] = [x[at]! - mean[0]!, x[at + 1]! - mean[1]!];
    [a, b, c] = [a + (u * u) / 6000, b + (u * v) / 6000, c + (v * v) / 6000];
  }
  const largest = (a + c) / 2 + Math.hypot((a - c) / 2, b); // of [[a, b], [b, c]]
  assert.ok(Math.abs(arrays.variances!.data[0]! / largest - 1) < 1e-5);
  assert.ok(Math.abs(data.explained! - largest / (a + c)) < 1e-5);
  const [p, q] = arrays.components!.data as unknown as [number, number];
  assert.ok(Math.abs(b * p - (largest - a) * q) < 0 || Math.abs((a - largest) * p + b * q) < 1e-4);
  for (const [i, v] of mean.entries()) assert.ok(Math.abs(arrays.mean!.data[i]! - v) < 1e-5);
});

test("tasks say what is missing", async () => {
  const sketch = await sketchOf();
  const fails = async (run: () => Promise<unknown>, message: RegExp) => {
    try {
      await run();
    } catch (error) {
      assert.match(String(error), message);
      return;
    }
    assert.unreachable(String(message));
  };
  await fails(() => learn("kmeans", sketch), /kmeans: needs the number of centres; give -k/);
  await fails(
    () => learn("kmeans", sketch, { k: 201 }),
    /kmeans: k = 201 has 603 unknowns in 2 features, more than the 600 numbers of 300 frequencies; give a smaller -k/,
  );
  await fails(() => learn("gmm", sketch, { k: 0 }), /learn: k: expected an integer of at least 1, got 0/);
  await fails(
    () => learn("pca", sketch, { k: 3 }),
    /pca: a sample has 2 numbers, so no 3 components; give a smaller -k/,
  );
  await fails(
    () => learn("lda" as "pca", sketch),
    /unknown task "lda"; expected one of kmeans, gmm, pca, ica, subspaces/,
  );
  const second = await makeDesign({ shape: [2], families: [{ kind: "second-moments" }] });
  await fails(
    async () => learn("kmeans", await sketchDataset(points(), second), { k: 2 }),
    /kmeans: needs a sketch with Fourier and second moments, got one with second-moments; sketch the data without --sketch-size/,
  );
  const constant = arrayDataset("constant", ndarray(new Float32Array(20).fill(3), [10, 2]));
  const given = await makeDesign({
    shape: [2],
    families: [{ kind: "fourier", m: 20, scales: [1] }, { kind: "second-moments" }],
  });
  await fails(
    async () => learn("kmeans", await sketchDataset(constant, given), { k: 2 }),
    /kmeans: all samples of the sketch are equal/,
  );
});

test("the misfit's gradient is that of differences, for every spread", async () => {
  const moments = standardMoments("test", await sketchOf());
  const random = stream(3, "unknowns");
  for (const [spread, more] of [
    [{ known: 0.1 }, 0],
    ["shared", 1],
    ["diagonal", 6],
  ] as const satisfies readonly (readonly [Spread, number])[]) {
    const { value } = new Misfit(moments, spread);
    const theta = random.fillNormal(new Float64Array(6 + more)).map((v, at) => (at < 6 ? v : v / 4 - 2));
    const [gradient, unused] = [new Float64Array(theta.length), new Float64Array(theta.length)];
    value(theta, gradient);
    for (let i = 0; i < theta.length; i++) {
      const at = (step: number) =>
        value(
          theta.map((v, j) => (i === j ? v + step : v)),
          unused,
        );
      const difference = (at(1e-5) - at(-1e-5)) / 2e-5;
      // float64 differences with steps of 1e-5 of a function of size 1: rounding 1e-11, curvature 1e-10
      assert.ok(
        Math.abs(difference - gradient[i]!) < 1e-7,
        `${JSON.stringify(spread)} ${i}: ${difference}, ${gradient[i]}`,
      );
    }
  }
});

test("minimise ends in the valley of Rosenbrock's function", async () => {
  const { x, value } = await minimise(
    (v, gradient) => {
      const [a, b] = v as unknown as [number, number];
      gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
      gradient[1] = 200 * (b - a * a);
      return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
    },
    Float64Array.of(-1.2, 1),
    { steps: 200, pause: pauses() },
  );
  assert.ok(value < 1e-12 && Math.abs(x[0]! - 1) < 1e-5 && Math.abs(x[1]! - 1) < 1e-5);
});

test("nonnegative least squares satisfy the optimality conditions", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = stream(seed, "least squares");
    const [k, rows] = [5, 8];
    const a = random.fillNormal(new Float64Array(rows * k));
    const y = random.fillNormal(new Float64Array(rows));
    const column = (i: number) => Array.from({ length: rows }, (_, r) => a[r * k + i]!);
    const inner = (u: ArrayLike<number>, v: ArrayLike<number>) =>
      Array.from(u).reduce((sum, x, r) => sum + x * v[r]!, 0);
    const gram = Float64Array.from({ length: k * k }, (_, at) => inner(column(Math.floor(at / k)), column(at % k)));
    const b = Float64Array.from({ length: k }, (_, i) => inner(column(i), y));
    const x = nonnegative(gram, b);
    for (let i = 0; i < k; i++) {
      const slope = b[i]! - inner(gram.subarray(i * k, (i + 1) * k), x);
      assert.ok(x[i]! >= 0 && slope < 1e-9 && Math.abs(slope * x[i]!) < 1e-9, `seed ${seed}, ${i}: ${x[i]}, ${slope}`);
    }
  }
});

test.run();
