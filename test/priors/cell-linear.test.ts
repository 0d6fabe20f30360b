import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CellLinear, cellLinearPrior, trainCellLinear } from "../../priors/cell-linear/index.ts";
import { decodePrior, encodePrior } from "../../priors/learned.ts";
import type { MixturePrior } from "../../priors/prior.ts";
import { residualOfRoot } from "../../priors/residual-root.ts";
import { drawSamples } from "../../priors/samples.ts";
import { loadTrained, savePrior } from "../../src/cli/prior-folder.ts";
import { multiply, multiplyTransposed } from "../../src/data/matmul.ts";
import { decodeNpz } from "../../src/data/npz.ts";
import { generate } from "../../src/solve/index.ts";
import { k, toyMixture as mixture, n } from "./mixtures.ts";

const test = suite("cell-linear generators");

/** ‖W_cW_cᵀ − Σ_c‖ of every covariance of the mixture, as part of ‖Σ_c‖. */
async function errorsOf({ model }: CellLinear): Promise<number[]> {
  const { factors, covarianceOf } = await cellLinearPrior("own", model).asMixture!();
  const square = (data: Float32Array, c: number) => {
    const factor = Float64Array.from(data.subarray(c * k * k, (c + 1) * k * k));
    return multiplyTransposed(factor, factor, k);
  };
  const norm = (m: Float64Array) => Math.hypot(...m);
  return Array.from(covarianceOf, (cell, j) => {
    const wanted = square(mixture.factors.data, mixture.covarianceOf[j]!);
    const made = square(factors.data, cell);
    return norm(made.map((v, i) => v - wanted[i]!)) / norm(wanted);
  });
}

test("with as many latents as features it learns the covariance of every cell", async () => {
  const { labels: _, ...unlabelled } = mixture; // of a label with one covariance the mean root is exact at once
  const options = { latent: k, directions: 32, learningRate: 0.01, seed: 3 };
  const [begun, trained] = [
    await errorsOf(await trainCellLinear(unlabelled, { ...options, steps: 1 })),
    await errorsOf(await trainCellLinear(unlabelled, { ...options, steps: 800 })),
  ];
  for (const [c, error] of trained.entries()) {
    assert.ok(error < 0.05, `cell ${c}: ${error}`);
    assert.ok(error < begun[c]! / 2, `cell ${c}: from ${begun[c]} to ${error}`);
  }
});

test("with fewer latents the residual takes what they leave out: mean and covariance stay the mixture's", async () => {
  const { model } = await trainCellLinear(mixture, { latent: 2, directions: 32, steps: 800, seed: 3 });
  const [full, without] = [model.residual.data, mixture.residual.data];
  const diagonal = (data: Float32Array) => data.reduce((sum, v, i) => (i % (n + 1) === 0 ? sum + v : sum), 0);
  assert.ok(diagonal(full) > diagonal(without));
  const [got, wanted] = [await secondMoments(cellLinearPrior("own", model)), await secondMoments(mixture)];
  const scale = Math.max(...wanted);
  for (const [i, v] of wanted.entries()) assert.ok(Math.abs(got[i]! - v) < 0.1 * scale, `${i}: ${got[i]} and ${v}`);
});

test("the mean covariance over the cells is the mixture's: nothing is added where the roots say everything", async () => {
  const D = Float64Array.from(mixture.matrix.data);
  /** C + D(Σ_j π_j LLᵀ)Dᵀ, [n, n]. */
  const within = (prior: MixturePrior) => {
    const out = Float64Array.from(prior.residual.data);
    for (const [j, weight] of prior.weights.entries()) {
      const at = prior.covarianceOf[j]! * k * k;
      const root = multiply(D, prior.factors.data.subarray(at, at + k * k), n, k, k);
      for (const [i, v] of multiplyTransposed(root, root, k).entries()) out[i]! += weight * v;
    }
    return out;
  };
  const wanted = within(mixture);
  for (const latent of [k, 2]) {
    const { model } = await trainCellLinear(mixture, { latent, directions: 32, steps: 400, seed: 3 });
    const got = within(await cellLinearPrior("own", model).asMixture!());
    const trace = (of: ArrayLike<number>) =>
      Array.from({ length: n }, (_, i) => of[i * (n + 1)]!).reduce((a, b) => a + b);
    assert.ok(Math.abs(trace(got) / trace(wanted) - 1) < 1e-3, `${latent}: ${trace(got)} and ${trace(wanted)}`);
    if (latent === k) assert.ok(trace(model.residual.data) < 1.02 * trace(mixture.residual.data));
  }
});

/** E xxᵀ over 10 000 samples, [n, n]; their noise is about 2 % of the largest. */
async function secondMoments(prior: Parameters<typeof drawSamples>[0]): Promise<Float64Array> {
  const count = 10_000;
  const { data } = await drawSamples(prior, count, 9);
  const out = new Float64Array(n * n);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) out[i * n + j]! += (data[row * n + i]! * data[row * n + j]!) / count;
    }
  }
  return out;
}

test("the same seed gives the same weights, another one others", async () => {
  const weights = async (seed: number) => {
    const { model } = await trainCellLinear(mixture, { latent: 2, directions: 8, steps: 5, seed });
    return model.weights.map(({ data }) => Array.from(data));
  };
  assert.equal(await weights(4), await weights(4));
  assert.not.equal(await weights(4), await weights(5));
});

test("an affine generator is the mixture that it says it is: G(z, c) has the component's mean and covariance", async () => {
  const { model } = await trainCellLinear(mixture, { latent: 2, directions: 8, steps: 20, seed: 4 });
  const prior = cellLinearPrior("own", model);
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
  const trained = { ...(await trainCellLinear(mixture, { latent: 2, directions: 4, steps: 3 })), sketch };
  await savePrior(folder, { kind: "cell-linear", trained });
  const back = await loadTrained(folder);
  assert.equal(back, { kind: "cell-linear", trained });
  const z = ndarray(Float32Array.of(1, -1, 0.5, 2), [2, 2]);
  const c = Int32Array.of(3, 1);
  const { data } = await generate(cellLinearPrior("toy", trained.model), z, c);
  const session = await InferenceSession.create(path.join(folder, "generator.onnx"));
  const { x } = await session.run({ z: new Tensor("float32", z.data, [2, 2]), c: new Tensor("int32", c, [2]) });
  assert.equal(x!.dims, [2, n]);
  for (const [i, v] of data.entries()) assert.ok(Math.abs((x!.data[i] as number) - v) < 1e-5);
  await session.release();
  await rm(folder, { recursive: true });
});

test("a known root of the mixture's residual is kept: in the prior, as a mixture, and in its files in place of C", async () => {
  const deviations = ndarray(
    Float32Array.from({ length: n }, (_, i) => 0.01 * (i + 1)),
    [n],
  );
  const factor = ndarray(
    Float32Array.from({ length: n }, (_, i) => 0.02 * i),
    [n, 1],
  );
  const known = await residualOfRoot({ factor, standardDeviations: deviations });
  const options = { latent: 2, directions: 4, steps: 3 };
  const made = await trainCellLinear({ ...mixture, ...known }, options);
  const { residual, residualRoot } = made.model;
  const dense = await trainCellLinear({ ...mixture, residual: known.residual }, options);
  for (const [i, v] of dense.model.residual.data.entries()) {
    assert.ok(Math.abs(residual.data[i]! - v) < 1e-6, `${i}: ${residual.data[i]} and ${v}`); // float32
  }
  const { factor: u, standardDeviations: s } = residualRoot!;
  assert.equal(u.shape, [n, 1 + k]);
  assert.equal(s, deviations);
  const prior = cellLinearPrior("own", made.model);
  assert.is(prior.residualRoot, residualRoot);
  assert.is((await prior.asMixture!()).residualRoot, residualRoot);

  const trained = { ...made, sketch: { fingerprint: "f", count: 1, numbers: 1 } };
  const files = encodePrior({ kind: "cell-linear", trained });
  assert.not.ok("residual" in decodeNpz(files["weights.npz"]!, "weights.npz").arrays);
  assert.equal(await decodePrior(async (name) => files[name]!, "prior"), { kind: "cell-linear", trained });
});

test("a folder from when networks told a list of widths gives the same generator", async () => {
  const sketch = { fingerprint: "f", count: 1, numbers: 1 };
  const trained = { ...(await trainCellLinear(mixture, { latent: 2, directions: 4, steps: 3 })), sketch };
  const files = encodePrior({ kind: "cell-linear", trained });
  const content = JSON.parse(new TextDecoder().decode(files["prior.json"]));
  const older = JSON.stringify({ ...content, network: { ...content.network, hidden: [4] } });
  const read = async (name: string) => (name === "prior.json" ? new TextEncoder().encode(older) : files[name]!);
  assert.equal(await decodePrior(read, "prior"), { kind: "cell-linear", trained });
});

test("a last step that diverges is not kept", async () => {
  const { labels: _, ...unlabelled } = mixture;
  const options = { latent: 2, directions: 4, learningRate: 1e38 };
  for (const steps of [1, 2]) {
    const { code, model, history } = await trainCellLinear(unlabelled, { ...options, steps });
    assert.is(code, "non-finite");
    assert.ok(history.length < steps);
    assert.ok([...model.weights, model.residual].every(({ data }) => data.every(Number.isFinite)));
  }
});

test("an aborted signal ends the training with its reason", async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error("enough"));
  await trainCellLinear(mixture, { latent: 2, directions: 4, onProgress, signal: controller.signal }).then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, "enough"),
  );
});

test("options out of range are refused by name", async () => {
  const refused = async (options: object, message: RegExp) => {
    try {
      await trainCellLinear(mixture, options);
    } catch (error) {
      assert.match((error as Error).message, message);
      return;
    }
    assert.unreachable("was not refused");
  };
  await refused({ latent: k + 1 }, /latent: expected an integer from 1 to 4, the number of features, got 5/);
  await refused({ hidden: [3] }, /cell-linear: unknown option "hidden"/);
  await refused({ directions: 0 }, /directions: expected a positive integer, got 0/);
  await refused({ learningRate: Number.NaN }, /learningRate: expected a number .*got NaN/);
});

test.run();
