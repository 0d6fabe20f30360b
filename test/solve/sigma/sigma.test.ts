import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseOperator } from "../../../operators/registry.ts";
import { parsePenalty } from "../../../priors/registry.ts";
import { stream } from "../../../src/data/random.ts";
import { estimateSigma, recover } from "../../../src/solve/index.ts";
import { minimum } from "../../../src/solve/sigma/minimum.ts";
import { waveletDeviation } from "../../../src/solve/sigma/wavelet-deviation.ts";
import { apply, type Floats, floats } from "../../operators/draws.ts";
import { measured, operators, scenes, shape } from "../problems.ts";

const test = suite("σ from the measurements alone");

/** y + σw, w normal. */
function noisy(y: Floats, sigma: number, seed: number): Floats {
  const random = stream(seed, "noise of a test");
  return floats(
    [...y.data].map((v) => v + sigma * random.normal()),
    y.shape,
  );
}

/** Draws of x ~ N(0, C), C = e^{−|i − j|/4} along 24 numbers: a Markov chain. */
function chains(count: number): Floats {
  const random = stream(8, "chains");
  const correlation = Math.exp(-1 / 4);
  const out: number[] = [];
  for (let s = 0; s < count; s++) {
    for (let i = 0; i < 24; i++) {
      const before = i === 0 ? 0 : correlation * out.at(-1)!;
      out.push(before + (i === 0 ? 1 : Math.sqrt(1 - correlation ** 2)) * random.normal());
    }
  }
  return floats(out, [count, 24]);
}
const chain = {
  kind: "gaussian" as const,
  ...{ name: "chain", shape: [24], mean: new Float64Array(24) },
  covariance: Float64Array.from({ length: 576 }, (_, at) => Math.exp(-Math.abs(Math.floor(at / 24) - (at % 24)) / 4)),
};

for (const sigma of [0.1, 0.3]) {
  test(`evidence finds σ = ${sigma} of a Gaussian's draws, and none is more likely`, async () => {
    const operator = parseOperator("gaussian:m=20", [24], 1);
    const clean = await apply(operator.forward, chains(100));
    for (let seed = 1; seed <= 3; seed++) {
      const y = noisy(clean, sigma, seed);
      const found = await estimateSigma({ operator, y }, chain);
      assert.is(found.by, "sigma by evidence");
      assert.ok(Math.abs(found.sigma / sigma - 1) < 0.15, `${found.sigma}`); // 4 % of the search, and three standard errors
      const evidence = async (noise: number) =>
        (await recover({ operator, y, noise }, chain)).evidence!.reduce((sum, v) => sum + v, 0);
      const most = await evidence(found.sigma);
      for (const factor of [1.1, 1 / 1.1]) assert.ok((await evidence(factor * found.sigma)) < most);
    }
  });
}

test("where the evidence does not tell σ from 0, the rule says so", async () => {
  const operator = parseOperator("gaussian:m=20", [24], 1);
  const y = await apply(operator.forward, chains(20));
  const { sigma, by } = await estimateSigma({ operator, y }, chain);
  assert.is(by, "sigma by evidence, which does not tell it from 0");
  assert.ok(sigma < 1e-3);
});

test("a generator that is not affine: evidence of the Gaussian of its draws", async () => {
  const { normal } = stream(2, "levels");
  const tf = await import("#tf");
  const generator = {
    kind: "generator" as const,
    ...{ name: "bent", latent: 1, shape: [12] },
    decode: (z: import("#tf").Tensor) => tf.mul(tf.tanh(z), tf.ones([1, 12])),
  };
  const operator = parseOperator("gaussian:m=10", [12], 1);
  const levels = Array.from({ length: 40 }, () => Math.tanh(normal()));
  const clean = await apply(
    operator.forward,
    floats(
      levels.flatMap((v) => new Array(12).fill(v)),
      [40, 12],
    ),
  );
  const { sigma, by } = await estimateSigma({ operator, y: noisy(clean, 0.1, 1) }, generator);
  assert.is(by, "sigma by evidence");
  assert.ok(Math.abs(sigma / 0.1 - 1) < 0.15); // 360 degrees of freedom: three standard errors of 4 %, and the search
});

test("a generator with a residual: its covariance counts as it is, and σ is not raised by draws of it", async () => {
  const tf = await import("#tf");
  const n = 64;
  const generator = {
    kind: "generator" as const,
    ...{ name: "bent", latent: 1, shape: [n] },
    decode: (z: import("#tf").Tensor) => tf.mul(tf.tanh(z), tf.ones([1, n])),
    residual: floats(
      Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 0.05 ** 2 : 0)),
      [n, n],
    ),
  };
  const { normal } = stream(2, "levels");
  const signals = floats(
    Array.from({ length: 60 }, () => Math.tanh(normal())).flatMap((level) =>
      Array.from({ length: n }, () => level + 0.05 * normal()),
    ),
    [60, n],
  );
  const operator = parseOperator("blur:sigma=1", [n], 1); // leaves noise where the residual has little
  const { sigma } = await estimateSigma(
    { operator, y: noisy(await apply(operator.forward, signals), 0.025, 1) },
    generator,
  );
  assert.ok(Math.abs(sigma / 0.025 - 1) < 0.08, `${sigma}`); // 3840 measurements: a standard error of 2 to 3 %
});

test("a smooth Gaussian, whose covariance rounding to float32 would make indefinite", async () => {
  const n = 100;
  const smooth = {
    kind: "gaussian" as const,
    ...{ name: "smooth", shape: [n], mean: new Float64Array(n) },
    covariance: Float64Array.from({ length: n * n }, (_, at) => {
      const distance = Math.floor(at / n) - (at % n);
      return 0.3 * Math.exp(-(distance ** 2) / 50);
    }),
  };
  const waves = floats(
    Array.from({ length: 20 * n }, (_, at) => 0.5 * Math.sin((at % n) / 9 + Math.floor(at / n))),
    [20, n],
  );
  const operator = parseOperator("mask:keep=1", [n], 1);
  const { sigma } = await estimateSigma({ operator, y: noisy(waves, 0.05, 1) }, smooth);
  assert.ok(Math.abs(sigma / 0.05 - 1) < 0.1, `${sigma}`);
  for (const noise of [0, 1e-5, 1e-3]) {
    const { estimate, outcomes } = await recover({ operator, y: waves, noise }, smooth);
    assert.is(outcomes[0], "exact");
    assert.ok(estimate.data.every((v, i) => Math.abs(v - waves.data[i]!) < 2e-3));
  }
});

test("penalties: generalised cross-validation finds σ within a quarter, over operators and seeds", async () => {
  const side = [16, 16];
  const large = Array.from({ length: 4 * 3 * 256 }, (_, at) => {
    const [row, column] = [(at >> 4) & 15, at & 15];
    return scenes.data[((at >> 8) % 3) * 64 + (row >> 1) * 8 + (column >> 1)]!;
  });
  const many = floats(large, [12, ...side]);
  const prior = parsePenalty("tikhonov", side);
  for (const spec of ["mask:keep=1", "mask:keep=0.6", "blur:sigma=1"]) {
    const operator = parseOperator(spec, side, 2);
    const clean = await apply(operator.forward, many);
    for (let seed = 1; seed <= 2; seed++) {
      const { sigma, by } = await estimateSigma({ operator, y: noisy(clean, 0.1, seed) }, prior);
      assert.is(by, "sigma by generalised cross-validation");
      assert.ok(Math.abs(sigma / 0.1 - 1) < 0.25, `${spec}: ${sigma}`);
    }
  }
});

test("large images: the median of fine wavelet coefficients, of noise alone exact and little raised by edges", async () => {
  const flat = floats(new Array(2 * 64 * 64).fill(3), [2, 64, 64]);
  assert.ok(Math.abs(waveletDeviation(noisy(flat, 0.2, 1)) / 0.2 - 1) < 0.06); // 2048 coefficients: a standard error of 1.8 %
  const squares = floats(
    Array.from({ length: 64 * 64 }, (_, i) => Number((i >> 6) % 21 < 10 && (i & 63) % 17 < 8)),
    [1, 64, 64],
  );
  const operator = parseOperator("mask:keep=1*blur:sigma=1", [64, 64], 1);
  const image = { ...operator, outShape: [64, 64], forward: parseOperator("blur:sigma=1", [64, 64], 1).forward };
  const y = noisy(await apply(image.forward, squares), 0.05, 1);
  const { sigma, by } = await estimateSigma({ operator: image, y }, parsePenalty("tv", [64, 64]));
  assert.is(by, "sigma by the median of fine wavelet coefficients");
  assert.ok(Math.abs(sigma / 0.05 - 1) < 0.1);
});

test("a blur with the boundary valid, whose y is smaller than the image, is told by wavelets too", async () => {
  const operator = parseOperator("blur:sigma=1,boundary=valid", [72, 72], 1);
  const squares = Array.from({ length: 72 * 72 }, (_, i) => Number(Math.floor(i / 72) % 21 < 10 && (i % 72) % 17 < 8));
  const y = noisy(await apply(operator.forward, floats(squares, [1, 72, 72])), 0.05, 1);
  assert.equal(y.shape, [1, 64, 64]);
  const { sigma, by } = await estimateSigma({ operator, y }, parsePenalty("tv", [72, 72]));
  assert.is(by, "sigma by the median of fine wavelet coefficients");
  assert.ok(Math.abs(sigma / 0.05 - 1) < 0.1, `${sigma}`);
});

test("a mask that keeps the shape: its edges are not taken for noise", async () => {
  const mask = Float32Array.from({ length: 64 * 64 }, (_, i) => Number((i * 2654435761) % 4294967296 < 2 ** 31));
  const tf = await import("#tf");
  const { linearOperator } = await import("../../../operators/operator.ts");
  const operator = linearOperator({
    ...{ name: "holes", inShape: [64, 64], outShape: [64, 64] },
    forward: (x) => tf.mul(x, tf.tensor(mask, [1, 64, 64])),
  });
  const smooth = floats(
    Array.from({ length: 64 * 64 }, (_, i) => 0.5 + 0.3 * Math.sin((i >> 6) / 12) * Math.cos((i & 63) / 15)),
    [1, 64, 64],
  );
  const y = noisy(await apply(operator.forward, smooth), 0.02, 1);
  const { sigma, by } = await estimateSigma({ operator, y }, parsePenalty("tv", [64, 64]));
  assert.is(by, "sigma by generalised cross-validation");
  assert.ok(Math.abs(sigma / 0.02 - 1) < 0.3, `${sigma}`);
});

test("colours count by themselves", () => {
  const colours = Array.from({ length: 64 * 64 * 3 }, (_, i) => i % 3);
  assert.is(waveletDeviation(floats(colours, [1, 64, 64, 3])), 0);
});

test("the least of a function, to its tolerance", async () => {
  const at = await minimum(async (x) => (x - 1.3) ** 2, { low: -5, high: 4, points: 7, tolerance: 0.01 });
  assert.ok(Math.abs(at - 1.3) < 0.01);
  assert.ok((await minimum(async (x) => x, { low: 2, high: 4, points: 5, tolerance: 0.01 })) < 2.01);
});

test("recover estimates σ and says so", async () => {
  const operator = parseOperator("mask:keep=1", shape, 1);
  const y = noisy(await apply(operator.forward, scenes), 0.1, 4);
  const { chosen } = await recover({ operator, y, noise: "gaussian:sigma=auto" }, parsePenalty("tv", shape));
  assert.equal(chosen.by, ["sigma by generalised cross-validation"]);
  assert.is(chosen.noise, `gaussian(sigma=${chosen.sigma})`);
  assert.ok(chosen.sigma > 0.05 && chosen.sigma < 0.15);
});

test("what does not tell σ is refused, with what to do", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const prior = parsePenalty("tv", shape);
  const message = (of: object) =>
    estimateSigma({ operator, y, ...of } as Parameters<typeof estimateSigma>[0], prior).then(String, String);
  assert.match(
    await message({ operator: { ...operator, linear: false } }),
    /sigma: auto: .* is not linear; give σ, as/,
  );
  assert.match(await message({ y: floats(new Array(30).fill(0), [1, 30]) }), /all measurements are 0; give σ, as/);
  const one = parseOperator("gaussian:m=1", shape, 1);
  assert.match(
    await message({ operator: one, y: floats([1], [1, 1]) }),
    /1 measurements by gaussian\(m=1\) do not tell σ; give it, as gaussian:sigma=0\.05/,
  );
});

test.run();
