import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distil, distilledNames, distilledPrior, saveDistilled } from "../../priors/distilled/index.ts";
import { loadTrained } from "../../priors/load.ts";
import { latentForm } from "../../priors/mixture/latent-form.ts";
import { drawSamples } from "../../priors/samples.ts";
import { multiply } from "../../src/data/matmul.ts";
import { generate } from "../../src/solve/index.ts";
import { k, toyMixture as mixture, n } from "./mixtures.ts";

const test = suite("distilled generators");

/** Mean [n] and covariance [n, n] of 10 000 samples of a generator. */
async function moments(prior: Parameters<typeof drawSamples>[0]) {
  const count = 10_000;
  const { data } = await drawSamples(prior, count, 9);
  const mean = Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += data[row * n + i]!;
    return sum / count;
  });
  const covariance = Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let row = 0; row < count; row++) sum += (data[row * n + i]! - mean[i]!) * (data[row * n + j]! - mean[j]!);
    return sum / count;
  });
  return { mean, covariance };
}

/** Largest errors of moments, as parts of the largest variance; samples alone make about 0.02. */
const tolerances = { "cell-linear": 0.1, "cell-mlp": 0.3, vae: 0.3 };

for (const kind of distilledNames) {
  for (const labels of [true, false]) {
    test(`${kind}, ${labels ? "with" : "without"} labels: its samples have the mixture's mean and covariance`, async () => {
      const { labels: _, ...unlabelled } = mixture;
      const taught = labels ? mixture : unlabelled;
      const settings = { latent: 2, hidden: [32], steps: 800, batch: 200, learningRate: 0.01, seed: 3 };
      const { model, history } = await distil(taught, kind, settings);
      assert.ok(history.every(Number.isFinite));
      const [got, want] = [await moments(distilledPrior(kind, model)), await moments(latentForm({ ...taught }))];
      const scale = Math.max(...want.covariance);
      for (const [i, v] of want.mean.entries()) {
        assert.ok(
          Math.abs(got.mean[i]! - v) < tolerances[kind] * Math.sqrt(scale),
          `mean ${i}: ${got.mean[i]} and ${v}`,
        );
      }
      for (const [i, v] of want.covariance.entries()) {
        assert.ok(
          Math.abs(got.covariance[i]! - v) < tolerances[kind] * scale,
          `covariance ${i}: ${got.covariance[i]} and ${v}`,
        );
      }
    });
  }

  test(`${kind}: the same seed gives the same weights, another one others`, async () => {
    const weights = async (seed: number) => {
      const { model } = await distil(mixture, kind, { latent: 2, hidden: [8], steps: 5, batch: 20, seed });
      return model.weights.map(({ data }) => Array.from(data));
    };
    assert.equal(await weights(4), await weights(4));
    assert.not.equal(await weights(4), await weights(5));
  });
}

test("an affine generator is the mixture that it says it is: G(z, c) has the component's mean and covariance", async () => {
  const { model } = await distil(mixture, "cell-linear", { latent: 2, hidden: [8], steps: 20, seed: 4 });
  const prior = distilledPrior("own", model);
  const form = await prior.asMixture!();
  assert.equal(form.weights, prior.conditions);
  const D = Float64Array.from(model.matrix.data);
  for (const [c, cell] of form.covarianceOf.entries()) {
    // signals at z = 0 and at the two unit vectors
    const z = ndarray(Float32Array.of(0, 0, 1, 0, 0, 1), [3, 2]);
    const { data } = await generate(prior, z, Int32Array.of(c, c, c));
    const L = Float64Array.from(form.factors.data.subarray(cell * k * k, (cell + 1) * k * k));
    const middle = multiply(D, form.means.data.subarray(c * k, (c + 1) * k), n, k, 1);
    const root = multiply(D, L, n, k, k);
    for (let i = 0; i < n; i++) {
      const want = middle[i]! + model.centre.data[i]!;
      assert.ok(Math.abs(data[i]! - want) < 1e-5, `${c}, ${i}: ${data[i]} and ${want}`); // float32
      for (let j = 0; j < n; j++) {
        let made = 0;
        for (const e of [1, 2]) made += (data[e * n + i]! - data[i]!) * (data[e * n + j]! - data[j]!);
        let told = 0;
        for (let a = 0; a < k; a++) told += root[i * k + a]! * root[j * k + a]!;
        assert.ok(Math.abs(made - told) < 1e-4, `${c}, ${i}, ${j}: ${made} and ${told}`);
      }
    }
  }
});

test("a folder brings the same generator back, and ONNX runs it", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "distilled-"));
  const sketch = { fingerprint: "f", count: 1, numbers: 1 };
  const trained = { ...(await distil(mixture, "cell-linear", { latent: 2, hidden: [4], steps: 3 })), sketch };
  await saveDistilled(folder, trained);
  const back = await loadTrained(folder);
  assert.equal(back, { kind: "distilled", trained });
  const z = ndarray(Float32Array.of(1, -1, 0.5, 2), [2, 2]);
  const c = Int32Array.of(3, 1);
  const { data } = await generate(distilledPrior("toy", trained.model), z, c);
  const session = await InferenceSession.create(path.join(folder, "generator.onnx"));
  const { x } = await session.run({ z: new Tensor("float32", z.data, [2, 2]), c: new Tensor("int32", c, [2]) });
  assert.equal(x!.dims, [2, n]);
  for (const [i, v] of data.entries()) assert.ok(Math.abs((x!.data[i] as number) - v) < 1e-5);
  await session.release();
  await rm(folder, { recursive: true });
});

test("options out of range are refused by name", async () => {
  const refused = async (options: object, message: RegExp) => {
    try {
      await distil(mixture, "cell-linear", options);
    } catch (error) {
      assert.match((error as Error).message, message);
      return;
    }
    assert.unreachable("was not refused");
  };
  await refused({ latent: k + 1 }, /latent: expected an integer from 1 to 4, the number of features, got 5/);
  await refused({ hidden: [0] }, /hidden: expected a positive integer, got 0/);
  await refused({ learningRate: Number.NaN }, /learning rate: expected a positive number, got NaN/);
});

test.run();
