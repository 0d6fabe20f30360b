import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset } from "../../src/data/index.ts";
import { type Random, stream } from "../../src/data/random.ts";
import { learn } from "../../src/learn/index.ts";
import { standardMoments } from "../../src/learn/moments.ts";
import { SubspaceMisfit } from "../../src/learn/subspace-misfit.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";

const test = suite("subspaces from a sketch");

/** Planes in four dimensions: a point and two orthonormal directions each; the first two cross at the origin. */
const PLANES = [
  {
    mean: [0, 0, 0, 0],
    directions: [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ],
    weight: 0.5,
  },
  {
    mean: [0, 0, 0, 0],
    directions: [
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ],
    weight: 0.3,
  },
  {
    mean: [2, 0, -2, 0],
    directions: [
      [0.6, 0, 0.8, 0],
      [0, 0.6, 0, 0.8],
    ],
    weight: 0.2,
  },
] as const;
const ACROSS = 0.1;
const SIZE = 6000;
const normal = (random: Random) => random.normal();
const uniform = (random: Random) => Math.sqrt(12) * (random.uniform() - 0.5);

/** Points near the planes, as `unit` x + `shift`; repeated in `copies` columns. */
function points({ law = normal, unit = 1, shift = 0, copies = 1 } = {}) {
  const random = stream(1, "planes");
  const data = new Float32Array(SIZE * 4 * copies);
  for (let row = 0; row < SIZE; row++) {
    const u = random.uniform();
    const { mean, directions } = PLANES[u < 0.5 ? 0 : u < 0.8 ? 1 : 2]!;
    const s = [law(random), law(random)];
    for (let i = 0; i < 4; i++) {
      const x = mean[i]! + s[0]! * directions[0][i]! + s[1]! * directions[1][i]! + ACROSS * random.normal();
      for (let c = 0; c < copies; c++) data[(row * copies + c) * 4 + i] = unit * x + shift;
    }
  }
  return arrayDataset("planes", ndarray(data, [SIZE, 4 * copies]));
}

async function sketchOf(dataset = points(), options: Parameters<typeof designFor>[1] = {}) {
  const families = [{ kind: "fourier", m: 500, seed: 2 }, { kind: "second-moments" }] as const;
  return sketchDataset(dataset, await designFor(dataset, { families, ...options }));
}

const inner = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);

/** The sine of the largest angle of a found plane with a true one, and the distance of its point from that plane. */
function errorsOf(mean: ArrayLike<number>, found: readonly ArrayLike<number>[], plane: (typeof PLANES)[number]) {
  const across = (v: ArrayLike<number>) => {
    const along = plane.directions.map((u) => inner(u, v));
    return Math.sqrt(Math.max(0, inner(v, v) - inner(along, along)));
  };
  const angles = Array.from({ length: 36 }, (_, at) => (at * Math.PI) / 36);
  const turned = angles.map((a) => Array.from(found[0]!, (v, i) => Math.cos(a) * v + Math.sin(a) * found[1]![i]!));
  return { sine: Math.max(...turned.map(across)), away: across(Array.from(mean, (v, i) => v - plane.mean[i]!)) };
}

async function assertFound(sketch: Awaited<ReturnType<typeof sketchOf>>, { unit = 1, shift = 0, width = 4 } = {}) {
  const { arrays, data } = await learn("subspaces", sketch, { k: 3, rank: 2 });
  assert.equal(
    [arrays.means!.shape, arrays.directions!.shape],
    [
      [3, width],
      [3, 2, width],
    ],
  );
  const copies = width / 4;
  for (const [k, plane] of PLANES.entries()) {
    const mean = arrays.means!.data.slice(k * width, k * width + 4).map((v) => (v - shift) / unit);
    const directions = [0, 1].map((q) => arrays.directions!.data.slice((2 * k + q) * width, (2 * k + q + 1) * width));
    for (const [q, u] of directions.entries()) {
      for (let p = 0; p <= q; p++) assert.ok(Math.abs(inner(u, directions[p]!) - (p === q ? 1 : 0)) < 1e-5);
    }
    const own = directions.map((u) => u.slice(0, 4).map((v) => v * Math.sqrt(copies)));
    const { sine, away } = errorsOf(mean, own, plane);
    // 1200 to 3000 points with .1 across: a direction is known to .1/√1200 = .003; moments of wide frequencies lose a factor of ten
    assert.ok(sine < 0.06 && away < 0.06, `plane ${k}: sine ${sine}, away ${away}`);
    assert.ok(Math.abs(arrays.weights!.data[k]! - plane.weight) < 0.03, String(arrays.weights!.data));
    for (const v of arrays.variances!.data.slice(2 * k, 2 * k + 2)) {
      assert.ok(Math.abs(v / (unit * unit * copies) - 1) < 0.15, `variances ${arrays.variances!.data}`);
    }
  }
  return data.deviation! / unit;
}

test("subspaces finds planes that cross, their weights and variances, in any unit and place, and from features", async () => {
  const deviation = await assertFound(await sketchOf());
  assert.ok(Math.abs(deviation - ACROSS) < 0.03, String(deviation));
  await assertFound(await sketchOf(points({ unit: 1000, shift: 20_000 })), { unit: 1000, shift: 20_000 });
  await assertFound(await sketchOf(points({ copies: 3 }), { features: "pca:4" }), { width: 12 });
});

test("subspaces finds planes whose coordinates are not Gaussian", async () => {
  await assertFound(await sketchOf(points({ law: uniform })));
});

test("the gradient of the subspaces' misfit is that of differences", async () => {
  const misfit = new SubspaceMisfit(standardMoments("test", await sketchOf()), 2, 2);
  const random = stream(3, "unknowns");
  const theta = random.fillNormal(new Float64Array(2 * 4 * 3 + 2)).map((v) => v / 2);
  const [gradient, unused] = [new Float64Array(theta.length), new Float64Array(theta.length)];
  misfit.value(theta, gradient);
  assert.ok(gradient.every((v) => v !== 0));
  for (let i = 0; i < theta.length; i++) {
    const at = (step: number) =>
      misfit.value(
        theta.map((v, j) => (i === j ? v + step : v)),
        unused,
      );
    const difference = (at(1e-5) - at(-1e-5)) / 2e-5;
    // float64 differences with steps of 1e-5 of a function of size 1: rounding 1e-11, curvature 1e-10
    assert.ok(Math.abs(difference - gradient[i]!) < 1e-7, `${i}: ${difference}, ${gradient[i]}`);
  }
});

test("where moments are noise nothing fits them, and that is said", async () => {
  const families = [{ kind: "fourier", m: 40, seed: 8, scales: [1e-4] }, { kind: "second-moments" }] as const;
  const sketch = await sketchOf(points(), { families });
  for (const [task, options] of [
    ["subspaces", { k: 1, rank: 1 }],
    ["kmeans", { k: 1 }],
  ] as const) {
    const failed = await learn(task, sketch, options).catch((error) => String(error));
    assert.match(
      String(failed),
      `${task}: nothing fits the moments, they are hardly more than noise; sketch more samples`,
    );
  }
});

test("subspaces says what is missing", async () => {
  const sketch = await sketchOf();
  const fails = async (options: object, message: RegExp) => {
    try {
      await learn("subspaces", sketch, options);
    } catch (error) {
      assert.match(String(error), message);
      return;
    }
    assert.unreachable(String(message));
  };
  await fails({ rank: 2 }, /subspaces: needs the number of subspaces; give -k/);
  await fails({ k: 2 }, /subspaces: needs the dimension of the subspaces; give --rank/);
  await fails({ k: 2, rank: 4 }, /subspaces of dimension 4 fill the 4 features of the sketch; give a smaller --rank/);
  await fails({ k: 6001, rank: 1 }, /k = 6001 is more than the 6000 samples of the sketch; give a smaller -k/);
  await fails({ k: 2, rank: 0.5 }, /learn: rank: expected an integer of at least 1, got 0.5/);
  await fails(
    { k: 80, rank: 2 },
    /k = 80 of dimension 2 have 1042 unknowns in 4 features, more than the 1000 numbers of 500 frequencies; give a smaller -k or --rank/,
  );
});

test.run();
