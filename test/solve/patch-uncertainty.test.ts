import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blur } from "../../operators/blur.ts";
import { identity } from "../../operators/identity.ts";
import { mask } from "../../operators/mask.ts";
import type { LinearOperator } from "../../operators/operator.ts";
import { cholesky, invertLower } from "../../src/data/cholesky.ts";
import { type Grid, patchesOf } from "../../src/data/grid.ts";
import { stream } from "../../src/data/index.ts";
import { squaredNorm } from "../../src/data/vector.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { recover } from "../../src/solve/index.ts";
import { transposedMatrix } from "../../src/solve/operator-matrix.ts";
import { patchStep } from "../../src/solve/patches/patch-step.ts";
import { withPosteriorDraws } from "../../src/solve/patches/posterior-draws.ts";
import { type PatchPrecision, patchPrecision } from "../../src/solve/patches/precision.ts";
import { apply } from "../operators/draws.ts";
import { cropped, noisy, prior, SIDE } from "./leaves.ts";

const test = suite("deviation of patches");

const truth = cropped(2, 48, 40);

/** H⁻¹ by its definition, in float64. */
async function covarianceOf(operator: LinearOperator, grid: Grid, components: Int32Array, sigma: number, s: number) {
  const [, width = 0] = operator.inShape;
  const transposed = (await transposedMatrix(operator)).data;
  const n = operator.inShape.reduce((a, b) => a * b, 1);
  const m = transposed.length / n;
  const H = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < m; k++) H[i * n + j]! += (transposed[i * m + k]! * transposed[j * m + k]!) / sigma ** 2;
    }
  }
  const d = SIDE * SIDE;
  const places = grid.rows.flatMap((y) => grid.columns.map((x) => [y, x] as const));
  const pixels = places.map(([y, x]) =>
    Array.from({ length: d }, (_, i) => (y + Math.floor(i / SIDE)) * width + x + (i % SIDE)),
  );
  const counts = new Float64Array(n);
  for (const own of pixels) for (const pixel of own) counts[pixel]!++;
  for (const [at, own] of pixels.entries()) {
    const c = own.reduce((sum, pixel) => sum + 1 / counts[pixel]! / d, 0);
    const k = components[at]!;
    for (let q = 0; q < d; q++) {
      const u = Float64Array.from(prior.vectors.data.subarray((k * d + q) * d, (k * d + q + 1) * d));
      const mean = u.reduce((sum, v) => sum + v / d, 0);
      const free = u.map((v) => v - mean);
      const weight = c / (prior.values.data[k * d + q]! + s * s);
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) H[own[i]! * n + own[j]!]! += weight * free[i]! * free[j]!;
      }
    }
  }
  const root = invertLower(cholesky(H, n), n); // H⁻¹ = rootᵀ root
  return (i: number, j: number) => {
    let sum = 0;
    for (let k = Math.max(i, j); k < n; k++) sum += root[k * n + i]! * root[k * n + j]!;
    return sum;
  };
}

const shape = [13, 11];
for (const [operator, sigma] of [
  [mask({ inShape: shape, keep: 0.5, seed: 2 }), 0.02],
  [blur({ inShape: shape, sigma: 1 }), 0.05],
] as const) {
  test(`draws have the covariance H⁻¹ of a dense inverse: ${operator.name}`, async () => {
    const n = 143;
    const [s, rows, runs] = [0.02, 1000, 2];
    const grid: Grid = { rows: [0, 2, 5, 7], columns: [0, 3, 5] };
    const sizes = { height: 13, width: 11, channels: 1, side: SIDE };
    const image = cropped(2, 13, 11).data.subarray(0, n);
    const step = await patchStep(prior, 32);
    const pause = async () => {};
    const precision = await patchPrecision(step, image, { grid, sizes, s, most: 7, pause, signal: undefined });
    const components = await step.chosen(patchesOf(image, grid, sizes).patches, s);
    const drawn: Float64Array[] = [];
    await withPosteriorDraws({ operator, shape }, { sigma, rows, pause }, async (draws) => {
      for (let run = 0; run < runs; run++) {
        const streams = Array.from({ length: rows }, (_, row) => stream(3, "draws", run * rows + row));
        const found = await draws(precision, streams);
        assert.ok(found.settled);
        for (let row = 0; row < rows; row++) drawn.push(found.draws.subarray(row * n, (row + 1) * n));
      }
    });
    await step.dispose();
    const covariance = await covarianceOf(operator, grid, components, sigma, s);
    const moment = (i: number, j: number) => drawn.reduce((sum, x) => sum + (x[i]! * x[j]!) / drawn.length, 0);
    let ratio = 0;
    for (let i = 0; i < n; i++) {
      const own = moment(i, i) / covariance(i, i);
      assert.ok(Math.abs(own - 1) < 0.16, `${i}: ${own}`); // 2000 draws: a standard error of .032, the largest of 143
      ratio += own / n;
      const j = (i + 1) % n;
      const scale = Math.sqrt(covariance(i, i) * covariance(j, j));
      assert.ok(Math.abs(moment(i, j) - covariance(i, j)) < 0.12 * scale, `${i}, ${j}`);
    }
    assert.ok(Math.abs(ratio - 1) < 0.03, `${ratio}`);
  });
}

test("calibration on drawn images: squared errors as large as their variances, and larger where these are larger", async () => {
  const inShape = [48, 40];
  for (const [operator, sigma] of [
    [identity({ inShape }), 0.1],
    [mask({ inShape, keep: 0.5, seed: 2 }), 0.01],
    [blur({ inShape, sigma: 1 }), 0.01],
  ] as const) {
    const y = noisy(await apply(operator.forward, truth), sigma);
    const { estimate, deviation, marginals } = await recover({ operator, y, noise: sigma }, prior, { deviation: true });
    assert.equal(deviation!.shape, estimate.shape);
    const gaps = estimate.data.map((v, i) => Math.abs(v - truth.data[i]!) / deviation!.data[i]!);
    const squares = gaps.reduce((sum, v) => sum + v ** 2 / gaps.length, 0);
    const inside = gaps.filter((v) => v < 1.645).length / gaps.length;
    assert.ok(squares > 0.3 && squares < 1.3, `${operator.name}: squares ${squares}`); // .82, .81, .40 measured
    assert.ok(inside > 0.86 && inside < 0.98, `${operator.name}: inside ${inside}`);
    const order = [...deviation!.data.keys()].sort((i, j) => deviation!.data[i]! - deviation!.data[j]!);
    const half = order.length / 2;
    const error = (at: number[]) => at.reduce((sum, i) => sum + (estimate.data[i]! - truth.data[i]!) ** 2 / half, 0);
    assert.ok(error(order.slice(half)) > 3 * error(order.slice(0, half)), operator.name);
    const [part] = await marginals!(1);
    assert.equal(part!.mean[3], estimate.data[1920 + 3]);
    assert.ok(Math.abs(Math.sqrt(part!.variance[3]!) - deviation!.data[1920 + 3]!) < 1e-6);
  }
});

test("only what is asked for; seeds; a signal's deviation does not depend on its batch; samples spread by it", async () => {
  const operator = identity({ inShape: [32, 28] });
  const y = noisy(cropped(2, 32, 28), 0.1);
  const own = { steps: 2, first: 0.1 };
  const run = (options: object, rows = y) => recover({ operator, y: rows, noise: 0.1 }, prior, { own, ...options });
  const plain = await run({});
  assert.equal([plain.deviation, plain.samples, plain.marginals], [undefined, undefined, undefined]);
  const [one, same, other] = [
    await run({ deviation: true, samples: 3 }),
    await run({ deviation: true }),
    await run({ deviation: true, seed: 2 }),
  ];
  assert.equal(one.estimate.data, plain.estimate.data);
  assert.equal(one.deviation!.data, same.deviation!.data);
  assert.not.equal(one.deviation!.data, other.deviation!.data);
  const alone = await run({ deviation: true }, ndarray(y.data.slice(896), [1, 32, 28]));
  const apart = alone.deviation!.data.map((v, i) => Math.abs(v / same.deviation!.data[896 + i]! - 1));
  assert.ok(apart.every((v) => v < 1e-3)); // sums of a batch are in another order
  assert.equal([same.samples, one.samples!.shape], [undefined, [2, 3, 32, 28]]);
  const { samples } = await run({ samples: 3 });
  assert.equal(samples!.shape, [2, 3, 32, 28]);
  let spread = 0;
  for (const [at, v] of samples!.data.entries()) {
    const i = Math.floor(at / 2688) * 896 + (at % 896);
    spread += ((v - one.estimate.data[i]!) / one.deviation!.data[i]!) ** 2 / samples!.size;
  }
  assert.ok(Math.abs(spread - 1) < 0.1, `${spread}`);
});

test("with one σᵢ a measurement, pixels of large σᵢ are less certain", async () => {
  const inShape = [16, 14];
  const x = cropped(2, 16, 14);
  const sigmas = Float32Array.from({ length: 224 }, (_, i) => (i % 3 === 0 ? 2 : 0.05));
  const given = { operator: identity({ inShape }), y: noisy(x, 0.05), noise: gaussianNoise(sigmas) };
  const { deviation, warnings } = await recover(given, prior, { deviation: true });
  assert.equal(warnings, []);
  const mean = (own: boolean) => {
    const some = deviation!.data.filter((_, i) => ((i % 224) % 3 === 0) === own);
    return some.reduce((sum, v) => sum + v / some.length, 0);
  };
  assert.ok(mean(true) > 1.1 * mean(false), `${mean(true)} ${mean(false)}`);
});

test("draws of a wide spectrum: within 5 % where they say that they settled, and they say so where they did not", async () => {
  const n = 576;
  const operator = mask({ inShape: [24, 24], keep: 0.5, seed: 1 });
  for (const [widest, expected] of [
    [1e3, true],
    [1e8, false],
  ] as const) {
    const values = Float64Array.from({ length: n }, (_, i) => widest ** (i / (n - 1)));
    const precision: PatchPrecision = {
      add: async (sums, x, scale) => {
        for (let i = 0; i < sums.length; i++) sums[i]! += scale * values[i % n]! * x[i]!;
      },
      addDraws: async (sums, streams, scale) => {
        for (const [row, random] of streams.entries()) {
          for (let i = 0; i < n; i++) sums[row * n + i]! += scale * Math.sqrt(values[i]!) * random.normal();
        }
      },
    };
    const given = { sigma: 1e4, rows: 20, pause: async () => {} }; // Φ tells nothing
    await withPosteriorDraws({ operator, shape: [24, 24] }, given, async (draws) => {
      const streams = Array.from({ length: 20 }, (_, row) => stream(1, "wide", row));
      const found = await draws(precision, streams);
      assert.is(found.settled, expected);
      const size = squaredNorm(found.draws) / values.reduce((sum, v) => sum + 20 / v, 0);
      if (expected) assert.ok(Math.abs(size - 1) < 0.05, `${size}`);
    });
  }
});

test("a deviation that is interrupted ends at once", async () => {
  const controller = new AbortController();
  const operator = identity({ inShape: [48, 40] });
  let task: string | undefined;
  const running = recover({ operator, y: noisy(truth, 0.1), noise: 0.1 }, prior, {
    deviation: true,
    signal: controller.signal,
    onProgress: (progress) => {
      task = progress.task;
      if (task) controller.abort(new Error("enough"));
    },
  });
  const error = await running.then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.match(String(error?.message), /enough/);
  assert.is(task, "deviation");
});

test.run();
