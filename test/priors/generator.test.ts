import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import ort from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import {
  fourierLoss,
  generatorPrior,
  momentLoss,
  paperLoss,
  type TrainOptions,
  trainGenerator,
} from "../../priors/generator/index.ts";
import { gaussianStart, targetOf } from "../../priors/generator/target.ts";
import { openDataset } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { designFor, type Sketch, sketchDataset } from "../../src/sketch/index.ts";
import { generate } from "../../src/solve/index.ts";
import { loadGenerator, saveGenerator } from "./folders.ts";

const test = suite("generator");

/** The CL-GN paper's ring, sketched small: 2-D, so that training takes a second. */
const makeSketch = async (): Promise<Sketch> => {
  const data = await openDataset("ring");
  const families = [{ kind: "fourier" as const, m: 400, seed: 1 }, { kind: "second-moments" as const }];
  return sketchDataset(data, await designFor(data, { families }));
};
let made: Promise<Sketch> | undefined;
const toySketch = (): Promise<Sketch> => (made ??= makeSketch());
const toy: TrainOptions = {
  latent: 4,
  hidden: [20, 20],
  activation: "leakyRelu",
  batch: 200,
  steps: 500,
  learningRate: 0.02,
  seed: 3,
};

const normal = (rows: number, columns: number, name: string, draw: number) =>
  tf.tensor2d(stream(5, name, draw).fillNormal(new Float32Array(rows * columns)), [rows, columns]);

/** Mean and standard error of a statistic of fresh batches. */
function estimate(batches: number, statistic: (draw: number) => number): { mean: number; error: number } {
  const values = Array.from({ length: batches }, (_, draw) => tf.tidy(() => statistic(draw)));
  const mean = values.reduce((a, b) => a + b, 0) / batches;
  const variance = values.reduce((a, v) => a + (v - mean) ** 2, 0) / (batches - 1);
  return { mean, error: Math.sqrt(variance / batches) };
}

test("the Fourier loss is unbiased: 0 on average for samples of the target itself, where the plain loss is not", () => {
  const [d, m, n] = [3, 40, 20];
  const omega = normal(d, m, "omega", 0);
  // N(0, I) has E cos ω'x = exp(-|ω|²/2) and E sin ω'x = 0
  const cos = tf.exp(tf.mul(-0.5, tf.sum(tf.square(omega), 0)));
  const sin = tf.zeros([m]);
  const unbiased = estimate(1000, (i) => fourierLoss(normal(n, d, "x", i), omega, { cos, sin }).dataSync()[0]!);
  assert.ok(Math.abs(unbiased.mean) < 4 * unbiased.error, `${unbiased.mean} ± ${unbiased.error}`);
  const power = tf.mean(tf.square(cos)).dataSync()[0]!;
  const plain = estimate(1000, (i) => paperLoss(normal(n, d, "x", i), omega, { cos, sin }).dataSync()[0]!);
  const bias = (1 - power) / n; // (1 − ‖A(P)‖²)/batch
  assert.ok(Math.abs(plain.mean - bias) < 4 * plain.error, `${plain.mean} ± ${plain.error}, bias ${bias}`);
  assert.ok(plain.mean > 20 * plain.error, "the plain loss must show the bias that the unbiased one lacks");
});

test("the Fourier loss of another distribution is the squared distance of the characteristic functions", () => {
  const [d, m, n, shift] = [2, 30, 20, 0.7];
  const omega = normal(d, m, "omega", 1);
  const cos = tf.exp(tf.mul(-0.5, tf.sum(tf.square(omega), 0)));
  const sin = tf.zeros([m]);
  // E exp(iω'(x + c)) = e^{iω'c} φ(ω), so |φ(ω)|²·|1 − e^{iω'c}|² = |φ|²(2 − 2 cos ω'c)
  const exact = tf.tidy(
    () => tf.mean(tf.mul(tf.square(cos), tf.sub(2, tf.mul(2, tf.cos(tf.mul(shift, tf.sum(omega, 0))))))).dataSync()[0]!,
  );
  const moved = estimate(
    3000,
    (i) => fourierLoss(tf.add(normal(n, d, "x", i), shift), omega, { cos, sin }).dataSync()[0]!,
  );
  assert.ok(Math.abs(moved.mean - exact) < 4 * moved.error, `${moved.mean} ± ${moved.error}, exact ${exact}`);
});

test("the moment loss is unbiased, and measures ‖ΔC‖²/d for another covariance", () => {
  const [d, n] = [3, 25];
  const identity = tf.eye(d);
  const same = estimate(1500, (i) => momentLoss(normal(n, d, "g", i), identity).dataSync()[0]!);
  assert.ok(Math.abs(same.mean) < 4 * same.error, `${same.mean} ± ${same.error}`);
  const doubled = estimate(1500, (i) => momentLoss(tf.mul(normal(n, d, "g", i), Math.SQRT2), identity).dataSync()[0]!);
  assert.ok(Math.abs(doubled.mean - 1) < 4 * doubled.error, `${doubled.mean} ± ${doubled.error}`); // ‖2I − I‖²/d = 1
});

test("training from a sketch lowers the loss by a factor of 5, twice to the same bit, leaving no tensor", async () => {
  const sketch = await toySketch();
  const tensors = tf.memory().numTensors;
  const first = await trainGenerator(sketch, toy);
  const second = await trainGenerator(sketch, toy);
  assert.is(tf.memory().numTensors, tensors);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [before, after] = [mean(first.history.slice(0, 10)), mean(first.history.slice(-50))];
  assert.ok(after < before / 5, `loss from ${before} to ${after}`);
  assert.is(first.code, "max-steps");
  assert.equal(first.history, second.history);
  for (const [i, w] of first.model.weights.entries()) assert.equal(w.data, second.model.weights[i]!.data);
  const other = await trainGenerator(sketch, { ...toy, seed: 4, steps: 2 });
  assert.not.equal(other.history[0], first.history[0]);
});

test("the linear path starts at a square root of the sketch's covariance: S'S = C", async () => {
  const target = await targetOf(await toySketch());
  const start = gaussianStart(target, 4);
  const [s, c] = [start.data, target.covariance.data];
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 2; j++) {
      let product = 0;
      for (let row = 0; row < 4; row++) product += s[2 * row + i]! * s[2 * row + j]!;
      assert.ok(Math.abs(product - c[2 * i + j]!) < 1e-5); // float32 of a float64 eigen decomposition
    }
  }
  assert.ok(Math.abs(c[0]! - 1) < 1e-5, "features are scaled to variance 1");
});

test("a saved prior comes back whole: same samples, and generator.onnx gives them in a plain ONNX runtime", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-"));
  try {
    const trained = await trainGenerator(await toySketch(), { ...toy, steps: 5 });
    await saveGenerator(folder, trained);
    const loaded = await loadGenerator(folder);
    assert.equal(JSON.parse(JSON.stringify(loaded.settings)), JSON.parse(JSON.stringify(trained.settings)));
    assert.equal(loaded.history, trained.history);
    assert.equal(loaded.model.residual, trained.model.residual);
    const session = await ort.InferenceSession.create(path.join(folder, "generator.onnx"));
    for (const rows of [1, 3, 64]) {
      const z = ndarray(stream(2, "z").fillNormal(new Float32Array(4 * rows)), [rows, 4]);
      const [a, b] = [
        await generate(generatorPrior("a", trained.model), z),
        await generate(generatorPrior("b", loaded.model), z),
      ];
      assert.equal(a.data, b.data);
      const { x } = await session.run({ z: new ort.Tensor("float32", z.data, [rows, 4]) });
      assert.equal([...x!.dims], [rows, 2]);
      // its own thread count and optimisations may order sums otherwise: float32 rounding
      for (const [i, v] of a.data.entries()) assert.ok(Math.abs((x!.data[i] as number) - v) < 1e-6);
    }
    await session.release();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a damaged or foreign prior folder is refused in one line", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-"));
  const refused = async (message: RegExp) => {
    const error = await loadGenerator(folder).then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.ok(error instanceof Error);
    assert.match(error.message, message);
    assert.not.match(error.message, /\n/);
  };
  try {
    await refused(/prior\.json: no such file/);
    await writeFile(path.join(folder, "prior.json"), "{");
    await refused(/prior\.json: is not JSON .*train it again/);
    await writeFile(path.join(folder, "prior.json"), JSON.stringify({ format: "other", version: 1 }));
    await refused(/is no prior that this sketchprior knows, its format is "other"/);
    await writeFile(path.join(folder, "prior.json"), JSON.stringify({ format: "sketchprior-generator", version: 99 }));
    await refused(/version 99 is newer than this sketchprior reads/);
    await saveGenerator(folder, await trainGenerator(await toySketch(), { ...toy, steps: 1 }));
    const weights = path.join(folder, "weights.npz");
    await writeFile(weights, (await readFile(weights)).subarray(0, 200));
    await refused(/weights\.npz: file is truncated or damaged/);
    assert.equal((await readdir(folder)).sort(), ["generator.onnx", "prior.json", "weights.npz"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("options out of range are refused before any work", async () => {
  const sketch = await toySketch();
  const refused = async (options: TrainOptions, message: RegExp) => {
    const error = await trainGenerator(sketch, options).then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.ok(error instanceof Error);
    assert.match(error.message, message);
  };
  await refused({ latent: 0 }, /train: latent: expected a positive integer, got 0/);
  await refused({ batch: 1 }, /train: batch: the unbiased loss needs at least 2 latents, got 1/);
  await refused({ learningRate: Number.NaN }, /train: learningRate: expected a number .*, got NaN/);
  await refused({ validation: 1 }, /train: validation: expected a fraction of at least 0 and below 1, got 1/);
  await refused({ loss: "papre" as "paper" }, /train: loss: expected unbiased or paper, got "papre"/);
  await refused({ frequencyBatch: -1 }, /train: frequencyBatch: expected an integer of at least 0, got -1/);
  await refused(
    { frequencyBatch: 401 },
    /train: frequencyBatch: there are only 3\d\d to train on, got 401; sketch with/,
  );
  await refused({ stepps: 3 } as TrainOptions, /train: unknown option "stepps"; did you mean steps\?/);
  await refused({ patience: 0 }, /train: patience: expected a positive integer, got 0/);
  await refused({ hidden: [10, -1] }, /network: layer sizes must be positive integers, got 10, 10, -1, 2/);
});

test("an aborted training ends as cancelled and keeps what it had", async () => {
  const controller = new AbortController();
  const onProgress = ({ step }: { step: number }) => {
    if (step === 4) controller.abort();
  };
  const { code, history } = await trainGenerator(await toySketch(), { ...toy, onProgress, signal: controller.signal });
  assert.is(code, "cancelled");
  // the call under way goes on to its end, which is no later than the next validation
  assert.ok(history.length >= 4 && history.length <= 50, `${history.length}`);
});

test("a cancellation is heeded within two seconds, though one call makes many steps", async () => {
  const controller = new AbortController();
  let asked = Number.NaN;
  setTimeout(() => {
    asked = performance.now();
    controller.abort();
  }, 1000);
  const endless = { ...toy, steps: 1e6, validateEvery: 1e6, signal: controller.signal };
  const { code, history } = await trainGenerator(await toySketch(), endless);
  assert.is(code, "cancelled");
  assert.ok(performance.now() - asked < 2000, `${performance.now() - asked} ms, ${history.length} steps`);
});

test.run();
