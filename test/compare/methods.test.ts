import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { parseOperator } from "../../operators/registry.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { baselineMethod, generatorMethod } from "../../src/compare/methods.ts";
import { meanSquaredErrors } from "../../src/compare/metrics.ts";
import { loadReconstruction, saveReconstruction } from "../../src/compare/reconstruction.ts";
import { stream } from "../../src/data/random.ts";
import { measure } from "../../src/measure/index.ts";
import { lambdaFacts } from "../../src/solve/lambda-facts.ts";

const test = suite("methods");

/** Signals of one number a pixel row: x = z, all the same, so that G(z) = z ⊗ 1 represents them exactly. */
const flat = (count: number, seed: number) => {
  const random = stream(seed, "levels");
  const levels = Array.from({ length: count }, () => random.uniform());
  return ndarray(
    Float32Array.from({ length: count * 16 }, (_, i) => levels[Math.floor(i / 16)]!),
    [count, 4, 4],
  );
};
const generator = {
  kind: "generator" as const,
  ...{ name: "flat", latent: 1, shape: [4, 4] },
  decode: (z: tf.Tensor) => tf.mul(tf.reshape(z, [-1, 1, 1]), tf.ones([1, 4, 4])),
};
const operator = parseOperator("gaussian:m=6", [4, 4], 1);

test("a fixed λ is used, and without any the default for the noise", async () => {
  const { y } = await measure(flat(3, 1), operator, { noise: 0.1 });
  const prior = parsePenalty("tikhonov", [4, 4]);
  assert.is((await baselineMethod(prior, { lambda: 0.3 }).recover(operator, y, 0.1)).lambda, 0.3);
  const facts = await lambdaFacts(operator, y, 0.1);
  assert.is((await baselineMethod(prior).recover(operator, y, 0.1)).lambda, prior.defaultLambda!(facts));
  assert.is((await generatorMethod("g", generator, { steps: 50 }).recover(operator, y, 0.1)).lambda, 0.1);
});

test("a generator with a residual has no λ for a linear operator, unless one is fixed", async () => {
  const { y } = await measure(flat(3, 1), operator, { noise: 0.1 });
  const residual = ndarray(
    Float32Array.from({ length: 256 }, (_, i) => (i % 17 === 0 ? 0.01 : 0)),
    [16, 16],
  );
  const recover = async (options: object) => {
    const method = generatorMethod("g", { ...generator, residual }, { steps: 50, ...options });
    return (await method.recover(operator, y, 0.1)).lambda;
  };
  assert.equal(
    [await recover({}), await recover({ estimate: "best" }), await recover({ lambda: 0.3 })],
    [undefined, undefined, 0.3],
  );
  const bent = { ...operator, linear: false };
  assert.is((await generatorMethod("g", { ...generator, residual }, { steps: 5 }).recover(bent, y, 0.1)).lambda, 0.1);
});

test("λ chosen on other signals is better than a bad fixed one, for baselines and generators", async () => {
  const truth = flat(4, 1);
  const tuning = flat(4, 2);
  const { y } = await measure(truth, operator, { noise: 0.05 });
  const error = async (method: ReturnType<typeof baselineMethod>) => {
    const errors = meanSquaredErrors(truth, (await method.recover(operator, y, 0.05)).estimate);
    return errors.reduce((sum, e) => sum + e / 4, 0);
  };
  const energy = parsePenalty("tikhonov", [4, 4]);
  assert.ok((await error(baselineMethod(energy, { tuning }))) < (await error(baselineMethod(energy, { lambda: 100 }))));
  const settings = { restarts: 1, steps: 200 };
  const chosen = await error(generatorMethod("flat", generator, { tuning, ...settings }));
  assert.ok(chosen < (await error(generatorMethod("flat", generator, { lambda: 100, ...settings }))));
  assert.ok(chosen < 0.01); // the noise on a level known from six measurements of √16 gain has variance below 0.001
});

test("a reconstruction is read back as it was written", async () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "reconstruction-")), "xhat.npz");
  const truth = flat(2, 3);
  const made = {
    estimate: flat(2, 4),
    truth,
    errors: Float64Array.of(0.1, 0.2),
    facts: { method: "tv", lambda: null },
  };
  await saveReconstruction(file, made);
  const back = await loadReconstruction(file);
  assert.equal([...back.estimate.data], [...made.estimate.data]);
  assert.equal([back.truth?.shape, back.errors, back.facts], [[2, 4, 4], made.errors, made.facts]);
});

test.run();
