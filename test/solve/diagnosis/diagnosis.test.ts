import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { blur } from "../../../operators/blur.ts";
import { gaussian } from "../../../operators/gaussian.ts";
import { mask } from "../../../operators/mask.ts";
import { forwardOperator } from "../../../operators/operator.ts";
import type { GeneratorPrior, MixturePrior, Prior } from "../../../priors/prior.ts";
import { parsePenalty } from "../../../priors/registry.ts";
import { drawSamples } from "../../../priors/samples.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { measure } from "../../../src/measure/index.ts";
import { recover } from "../../../src/solve/index.ts";
import { measured, operators as sceneOperators, shape as sceneShape } from "../problems.ts";

const test = suite("what speaks against a recovery");

const shape = [5, 5];
const [n, k, components] = [25, 4, 3];
const normal = (name: string, size: number, scale: number) =>
  stream(3, name)
    .fillNormal(new Float32Array(size))
    .map((v) => v * scale);
/** Signals about [0, 1]. */
const prior: MixturePrior = {
  ...{ kind: "mixture", name: "mixture", shape },
  weights: Float64Array.of(0.5, 0.3, 0.2),
  means: fromHost(normal("means", components * k, 0.5), [components, k]),
  covarianceOf: Int32Array.of(0, 0, 0),
  factors: fromHost(
    Float32Array.from({ length: k * k }, (_, at) => (at % (k + 1) === 0 ? 0.3 : 0)),
    [1, k, k],
  ),
  centre: fromHost(new Float32Array(n).fill(0.5), [n]),
  matrix: fromHost(normal("matrix", n * k, 0.3), [n, k]),
  residual: fromHost(
    Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 0.001 : 0)),
    [n, n],
  ),
};
const operators = [
  gaussian({ inShape: shape, m: 12, seed: 1 }),
  mask({ inShape: shape, keep: 0.6, seed: 1 }),
  blur({ inShape: shape, sigma: 1 }),
];
const sigma = 0.1;

const scaled = (from: { readonly data: Float32Array; readonly shape: number[] }, factor: number) =>
  fromHost(
    from.data.map((v) => v * factor),
    from.shape,
  );

test("measurements that the prior expects give no warning: 312 of 1 signal with noise, 39 of 8 without", async () => {
  let warned = 0;
  for (const operator of operators) {
    const truth = await drawSamples(prior, 104, 5);
    for (const noise of [sigma, 0]) {
      const { y } = await measure(truth, operator, { noise, seed: 6 });
      const m = y.size / 104;
      for (let i = 0; i < 104; i += noise > 0 ? 1 : 8) {
        const rows = noise > 0 ? 1 : 8;
        const part = fromHost(y.data.slice(i * m, (i + rows) * m), [rows, ...operator.outShape]);
        const { warnings } = await recover({ operator, y: part, noise }, prior);
        warned += Number(warnings.length > 0);
      }
    }
  }
  assert.is(warned, 0);
});

test("values 0 to 255, values divided by 255, a σ too small or too large, another operator: each is said", async () => {
  for (const operator of operators) {
    const truth = await drawSamples(prior, 20, 7);
    const { y } = await measure(truth, operator, { noise: sigma, seed: 8 });
    const warnings = async (own: typeof y, noise: number) =>
      (await recover({ operator, y: own, noise }, prior)).warnings;
    const only = (found: readonly string[], message: RegExp) => {
      assert.is(found.length, 1, `${operator.name}: ${found}`);
      assert.match(found[0]!, message);
    };
    only(await warnings(scaled(y, 255), sigma), /below what the prior expects; y is about \d+ times as large/);
    only(await warnings(scaled(y, 1 / 255), sigma), /; y is about .* times smaller: .*\(0 to 255, or 0 to 1\)\?$/);
    only(await warnings(y, sigma / 20), /below .*; gaussian\(sigma=0\.005\) may be too small, Φ another operator/);
    only(await warnings(y, sigma * 5), /^y varies less .*; gaussian\(sigma=0\.5\) may be too large$/);
  }
  const [operator] = operators;
  const { y } = await measure(await drawSamples(prior, 20, 7), gaussian({ inShape: shape, m: 12, seed: 2 }), {
    noise: 0.02,
  });
  const { warnings } = await recover({ operator: operator!, y, noise: 0.02 }, prior);
  assert.match(warnings.join(), /below what the prior expects; .* Φ another operator/);
});

test("one signal that does not fit among many is named", async () => {
  const [operator] = operators;
  const { y } = await measure(await drawSamples(prior, 9, 7), operator!, { noise: sigma });
  for (let q = 0; q < 12; q++) y.data[4 * 12 + q]! += 5;
  const { warnings } = await recover({ operator: operator!, y, noise: sigma }, prior);
  assert.equal(warnings, ["log p(y) of 1 of 9 signals (5) is far below what the prior expects"]);
});

for (const spec of ["tikhonov", "tv", "wavelet"]) {
  test(`${spec} with its default λ: no warning; a range that the signals leave is said`, async () => {
    const penalty: Prior = parsePenalty(spec, sceneShape);
    for (const operator of sceneOperators) {
      for (const noise of [0.02, 0.1]) {
        const y = await measured(operator, noise);
        assert.equal((await recover({ operator, y, noise }, penalty)).warnings, [], operator.name);
      }
      const y = await measured(operator, 0.1);
      const { warnings } = await recover({ operator, y, noise: 0.1, range: [5, 6] }, penalty);
      assert.match(warnings.join(), /^Φx̂ misses y by \S+ times the noise gaussian\(sigma=0\.1\): it may be too small/);
    }
  });
}

/** x = 1 + Mz of n numbers. */
const generator: GeneratorPrior = {
  ...{ kind: "generator", name: "linear", latent: 2, shape: [6] },
  decode: (z) => tf.add(1, tf.matMul(z as tf.Tensor2D, tf.tensor2d(normal("decoder", 12, 1), [2, 6]))),
};

test("an operator without a gradient ends as no-gradient with a warning, |x| and x² do not", async () => {
  const forwards = { sign: tf.sign, round: tf.round, abs: tf.abs, square: tf.square };
  for (const [name, forward] of Object.entries(forwards)) {
    const operator = forwardOperator({ name, inShape: [6], outShape: [6], forward: (x) => forward(x) });
    const y = fromHost(Float32Array.of(1, -1, 1, 1, -1, 1, 2, 0, 1, 1, 3, 1), [2, 6]);
    const { outcomes, warnings } = await recover({ operator, y, noise: 0.1 }, generator, { own: { steps: 5 } });
    const flat = name === "sign" || name === "round";
    assert.equal(outcomes.includes("no-gradient"), flat, name);
    assert.is(
      warnings.some((w) => w.startsWith(`the gradient of ${name} is 0 at every start of`)),
      flat,
      name,
    );
  }
});

test("equal measurements with noise are said, without noise they may be", async () => {
  const [, , operator] = operators;
  const y = fromHost(new Float32Array(50).fill(0.5, 25), [2, 5, 5]);
  const said = await recover({ operator: operator!, y, noise: 0.01 }, parsePenalty("tikhonov", shape));
  assert.match(
    said.warnings.join(),
    /^all 25 measurements of 2 of 2 signals, signal 1 first, are 0, which gaussian\(sigma=0\.01\) never gives; check how y was read/,
  );
  const silent = await recover({ operator: operator!, y, noise: 0 }, parsePenalty("tikhonov", shape));
  assert.equal(silent.warnings, []);
});

test.run();
