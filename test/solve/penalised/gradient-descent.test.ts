import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { gaussian } from "../../../operators/gaussian.ts";
import { identity } from "../../../operators/identity.ts";
import type { LinearOperator } from "../../../operators/operator.ts";
import { radon } from "../../../operators/radon.ts";
import { regulariserPrior } from "../../../priors/regulariser/index.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { squaredNorm } from "../../../src/data/vector.ts";
import { compile } from "../../../src/engine/index.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import type { NoiseModel } from "../../../src/measure/noise/noise.ts";
import { parseNoise } from "../../../src/measure/noise/registry.ts";
import { chooseSolver, problemOf, recover } from "../../../src/solve/index.ts";
import { refuses } from "../../data/tiny.ts";

const test = suite("gradient descent");

/** Differences of neighbours in both directions, for steps that are large beside .1. */
const filters = Float32Array.from([-1, -1, 1, 0, 0, 1, 0, 0], (v) => 10 * v); // [2, 2, 1, 2]
const prior = regulariserPrior("edges", {
  filters: fromHost(filters, [2, 2, 1, 2]),
  weights: fromHost(Float32Array.of(0.06, 0.06), [2]),
});
const side = 12;
const truth = Float32Array.from({ length: side ** 2 }, (_, i) => (i % side < 5 ? 0.2 : i < 60 ? 0.7 : 1));
const draw = (name: string, count: number, size: number) =>
  stream(1, name)
    .fillNormal(new Float32Array(count))
    .map((v) => size * v);

/** Measurements of the truth. */
async function measuredBy(operator: LinearOperator, sigma: number) {
  const x = fromHost(truth, [1, side, side]);
  const forward = await compile((input: { x: tf.Tensor }) => operator.forward(input.x), { x });
  const { data, shape } = await forward.run({ x });
  await forward.dispose();
  const noise = draw("noise", data.length, sigma);
  return fromHost(
    data.map((v, i) => v + noise[i]!),
    shape,
  );
}
const errorOf = (x: ArrayLike<number>) => Math.sqrt(truth.reduce((sum, v, i) => sum + (x[i]! - v) ** 2, 0) / side ** 2);

for (const [name, operator, noise] of [
  ["denoising", identity({ inShape: [side, side] }), gaussianNoise(0.1)],
  ["a random matrix", gaussian({ inShape: [side, side], m: 60, seed: 1 }), gaussianNoise(0.3)],
  ["tomography", radon({ inShape: [side, side], angles: 7 }), gaussianNoise(0.05)],
  [
    "a σ for each measurement",
    gaussian({ inShape: [side, side], m: 60, seed: 1 }),
    gaussianNoise(Float32Array.from({ length: 60 }, (_, i) => 0.1 + 0.01 * i)),
  ],
] as const satisfies readonly (readonly [string, LinearOperator, NoiseModel])[]) {
  test(`${name}: the default λ is the mean of ‖Φ'w‖`, async () => {
    const y = await measuredBy(operator, 0.1);
    const problem = problemOf({ operator, y, noise });
    const lambda = await chooseSolver(prior, problem).lambda!.default(problem, prior);
    const [draws, m] = [400, y.size];
    const w = fromHost(draw("w", draws * m, 1), [draws, ...operator.outShape]);
    const each = noise.gaussian!.sigmas ?? new Float32Array(m).fill(noise.sigma);
    // whitened: the noise is σ²I, and the rows of Φ are those times σ/σᵢ
    const weights = each.map((s) => noise.sigma / s);
    const norms = await compile(
      (input: { w: tf.Tensor }) => {
        const weighed = tf.mul(tf.reshape(input.w, [draws, m]), tf.tensor(weights, [1, m]));
        return tf.norm(tf.reshape(operator.adjoint(tf.reshape(weighed, input.w.shape)), [draws, -1]), 2, 1);
      },
      { w },
    );
    const mean = (noise.sigma * (await norms.run({ w })).data.reduce((sum, v) => sum + v, 0)) / draws;
    await norms.dispose();
    assert.ok(Math.abs(lambda / mean - 1) < 0.1, `${lambda} and ${mean}`); // ‖Φ‖_F from 64 draws, and √E‖·‖² ≥ E‖·‖
  });
}

test("it ends where the slope is 0, or points out of the range, and removes noise", async () => {
  const operator = identity({ inShape: [side, side] });
  const y = await measuredBy(operator, 0.1);
  const range = [0, 1] as const;
  const { estimate, outcomes, chosen, warnings } = await recover({ operator, y, noise: 0.1, range }, prior);
  assert.equal([outcomes, warnings, chosen.solver], [["converged"], [], "gradient-descent"]);
  assert.ok(errorOf(estimate.data) < 0.7 * errorOf(y.data), `${errorOf(estimate.data)} of ${errorOf(y.data)}`);
  assert.ok(estimate.data.every((v) => v >= 0 && v <= 1));
  const lambda = chosen.lambda as number;
  const slope = await compile(
    (input: { x: tf.Tensor; y: tf.Tensor }) =>
      tf.add(tf.sub(input.x, input.y), tf.mul(lambda, prior.penalty([side, side]).gradient(input.x))),
    { x: estimate, y },
  );
  const g = (await slope.run({ x: estimate, y })).data;
  await slope.dispose();
  const free = g.map((v, i) => (estimate.data[i] === 1 ? Math.max(v, 0) : estimate.data[i] === 0 ? Math.min(v, 0) : v));
  assert.ok(Math.sqrt(squaredNorm(free)) < 0.03 * lambda, `${Math.sqrt(squaredNorm(free)) / lambda}`); // tolerance .02, and another step's rounding
  assert.ok(estimate.data.includes(1)); // the bound counts here
});

test("a λ that never meets the noise level is said, and auto finds one that does", async () => {
  const operator = identity({ inShape: [side, side] });
  const given = { operator, y: await measuredBy(operator, 0.1), noise: 0.1 };
  const far = await recover(given, prior, { lambda: 1e4, own: { steps: 40 } });
  assert.match(far.warnings.join(), /Φx̂ misses y by .* times the noise .* λ too large/);
  const found = await recover(given, prior, { lambda: "auto" });
  assert.match(String(found.chosen.by), /^lambda by the discrepancy principle$/);
  const left = given.y.data.reduce((sum, v, i) => sum + (v - found.estimate.data[i]!) ** 2, 0);
  assert.ok(Math.abs(left / (side ** 2 * 0.01) - 1) < 0.1, `${left / (side ** 2 * 0.01)}`);
  assert.match(
    String((await recover({ ...given, noise: 50 }, prior, { lambda: "auto" })).chosen.by),
    /which no λ meets/,
  );
});

test("without noise it takes a small λ; from its own solution it ends at once", async () => {
  const operator = gaussian({ inShape: [side, side], m: 100, seed: 1 });
  const given = { operator, y: await measuredBy(operator, 0), noise: 0 };
  const own = { steps: 200 };
  const cold = await recover(given, prior, { own });
  assert.ok((cold.chosen.lambda as number) > 0);
  const warm = await recover(given, prior, { start: cold.estimate, own });
  assert.ok(warm.steps < cold.steps, `${warm.steps} and ${cold.steps}`);
});

test("what it cannot take is refused in one line", async () => {
  const operator = identity({ inShape: [side, side] });
  const y = await measuredBy(operator, 0.1);
  const small = identity({ inShape: [1, 4] });
  const colour = identity({ inShape: [2, 2, 3] });
  const numbers = (shape: readonly number[]) =>
    fromHost(new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape);
  for (const [given, options, message] of [
    [{ operator: small, y: numbers([1, 1, 4]), noise: 0.1 }, {}, /the image of 4×1 is smaller than a patch of 2×2/],
    [
      { operator: colour, y: numbers([1, 2, 2, 3]), noise: 0.1 },
      {},
      /edges is of grey patches, the image is in colour/,
    ],
    [{ operator, y, noise: parseNoise("poisson:peak=30") }, {}, /gradient-descent: .*noise/],
    [{ operator, y, noise: 0.1 }, { deviation: true }, /gradient-descent knows no deviation/],
    [{ operator, y, noise: 0.1 }, { solver: "fista" }, /fista does not take edges .*; give gradient-descent/],
  ] as const) {
    await refuses(() => recover(given, prior, options), message);
  }
});

test.run();
