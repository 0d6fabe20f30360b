import { mkdtemp, rm } from "node:fs/promises";
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
  type TrainedGenerator,
  type TrainOptions,
  type TrainRun,
  trainGenerator,
} from "../../priors/generator/index.ts";
import { floorOf, gaussianStart, targetOf } from "../../priors/generator/target.ts";
import { drawLabelled } from "../../priors/samples.ts";
import { arrayDataset, InputError } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { covariance, designFor, mean, ofLabel, samplingFloor, sketchDataset } from "../../src/sketch/index.ts";
import { kept, loadGenerator, saveGenerator } from "./folders.ts";

const test = suite("generators by label");

/** Three labels in the plane, none called 1: label 0 wide and flat, 2 and 3 narrow, elsewhere; a half, a quarter, a quarter. */
const centres = [[0, 0], [], [3, 1], [-2, 2]];
function plane(count: number, last = 3) {
  const random = stream(4, "plane");
  const labels = Uint8Array.from({ length: count }, (_, i) => [0, 2, 0, last][i % 4]!);
  const points = Float32Array.from({ length: 2 * count }, (_, at) => {
    const label = labels[at >> 1]!;
    const deviation = label === 0 ? [1, 0.2][at & 1]! : 0.3;
    return (centres[label]?.[at & 1] ?? 0) + deviation * random.normal();
  });
  return arrayDataset("plane", ndarray(points, [count, 2]), labels);
}
const families = [{ kind: "fourier" as const, m: 100, scales: [0.5, 1, 2] }, { kind: "second-moments" as const }];
const data = plane(4000);
const sketch = await sketchDataset(data, await designFor(data, { families, byLabel: true }));
const toy: TrainOptions = { latent: 3, hidden: [20], batch: 200, steps: 60, learningRate: 0.01, validateEvery: 20 };

const columns = (data: ArrayLike<number>, rows: number) => {
  const centre = [0, 1].map((k) =>
    Array.from({ length: rows }, (_, i) => data[2 * i + k]! / rows).reduce((a, b) => a + b),
  );
  const entry = (k: number, l: number) =>
    Array.from({ length: rows }, (_, i) => ((data[2 * i + k]! - centre[k]!) * (data[2 * i + l]! - centre[l]!)) / rows);
  return { centre, covariance: [0, 1, 2, 3].map((at) => entry(at >> 1, at & 1).reduce((a, b) => a + b)) };
};

test("a loss of features by label is the loss of each label alone", () => {
  const draw = (name: string, shape: number[]) =>
    tf.tensor(stream(1, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b))), shape);
  const [f, omega, cos, sin] = [draw("f", [3, 20, 2]), draw("omega", [2, 9]), draw("cos", [3, 9]), draw("sin", [3, 9])];
  const c = draw("c", [3, 2, 2]);
  const row = (x: tf.Tensor, label: number) => tf.squeeze(tf.slice(x, label, 1), [0]);
  const [fourier, moment] = [fourierLoss(f, omega, { cos, sin }).dataSync(), momentLoss(f, c).dataSync()];
  for (let label = 0; label < 3; label++) {
    const own = fourierLoss(row(f, label), omega, { cos: row(cos, label), sin: row(sin, label) }).dataSync()[0]!;
    assert.ok(Math.abs(fourier[label]! - own) < 1e-5 * Math.abs(own));
    const moments = momentLoss(row(f, label), row(c, label)).dataSync()[0]!;
    assert.ok(Math.abs(moment[label]! - moments) < 1e-5 * Math.abs(moments));
  }
});

test("the linear path starts as the Gaussian of each label", async () => {
  const target = await targetOf(sketch);
  assert.equal(target.probabilities, [0.5, 0, 0.25, 0.25]);
  const start = gaussianStart(target, 3);
  assert.equal(start.shape, [4, 4, 2]);
  const { centre, scale } = target.decoder;
  for (const label of [0, 2, 3]) {
    const own = await ofLabel(sketch, label);
    const entry = (row: number, k: number) => start.get(label, row, k) * scale.data[k]!;
    for (const k of [0, 1]) {
      assert.ok(Math.abs(centre.data[k]! + entry(0, k) - mean(own)[k]!) < 1e-5); // float32 of numbers up to 3
      for (const l of [0, 1]) {
        const product = [1, 2, 3].reduce((sum, row) => sum + entry(row, k) * entry(row, l), 0);
        assert.ok(Math.abs(product - covariance(own)[2 * k + l]!) < 1e-5);
      }
    }
  }
});

test("the sampling floor is that of each label, by their probabilities", async () => {
  const floors = await Promise.all([0, 2, 3].map(async (label) => samplingFloor(await ofLabel(sketch, label))));
  const expected = 0.5 * floors[0]! + 0.25 * floors[1]! + 0.25 * floors[2]!;
  assert.ok(Math.abs((await floorOf(sketch)) - expected) < 1e-12);
});

const mostly = (options: TrainOptions & TrainRun = {}) => trainGenerator(sketch, { ...toy, ...options });

test("without the Gaussian start, training alone puts every label in its place", async () => {
  const long = { ...toy, linear: false, activation: "leakyRelu" as const, hidden: [30, 30], steps: 800, seed: 2 };
  const { model, history, validation } = await trainGenerator(sketch, long);
  assert.ok(history.at(-1)! < history[0]! / 20, `loss from ${history[0]} to ${history.at(-1)}`);
  assert.ok(validation.at(-1)!.loss < validation[0]!.loss / 3);
  for (const label of [0, 2, 3]) {
    const { signals, labels } = await drawLabelled(generatorPrior("plane", model), 2000, 1, label);
    assert.ok(labels!.data.every((c) => c === label));
    const { centre, covariance } = columns(signals.data, 2000);
    // a trained toy, not a limit: places are about 3 apart, deviations 0.2 to 1
    for (const k of [0, 1]) assert.ok(Math.abs(centre[k]! - centres[label]![k]!) < 0.15, `${label}: ${centre}`);
    const wanted = label === 0 ? [1, 0, 0, 0.04] : [0.09, 0, 0, 0.09];
    for (const [i, v] of wanted.entries()) assert.ok(Math.abs(covariance[i]! - v) < 0.15, `${label}: ${covariance}`);
  }
});

const scratch = async (body: (folder: string) => Promise<void>) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-"));
  await body(folder).finally(() => rm(folder, { recursive: true }));
};
const same = (a: TrainedGenerator, b: TrainedGenerator) => {
  for (const [i, w] of a.model.weights.entries()) assert.equal(w.data, b.model.weights[i]!.data);
};

test("an interrupted training goes on to the same bits; the folder gives back the generator, in ONNX Runtime too", async () => {
  await scratch(async (folder) => {
    const file = path.join(folder, "checkpoint.npz");
    const whole = await mostly();
    const controller = new AbortController();
    const onProgress = ({ step }: { step: number }) => step === 25 && controller.abort();
    assert.is((await mostly({ ...kept(file), onProgress, signal: controller.signal })).code, "cancelled");
    same(await mostly(kept(file, true)), whole);

    await saveGenerator(folder, whole);
    const loaded = await loadGenerator(folder);
    same(loaded, whole);
    const { residual: _, ...prior } = generatorPrior("plane", loaded.model); // the residual is drawn beside the model
    assert.equal([...prior.conditions!], [0.5, 0, 0.25, 0.25]);
    const session = await ort.InferenceSession.create(path.join(folder, "generator.onnx"));
    for (const label of [0, 2]) {
      const { signals } = await drawLabelled(prior, 1, 7, label);
      const z = new ort.Tensor("float32", stream(7, "samples").fillNormal(new Float32Array(3)), [1, 3]);
      const { x } = await session.run({ z, c: new ort.Tensor("int32", Int32Array.of(label), [1]) });
      // its own optimisations may order sums otherwise: float32 rounding
      for (const [i, v] of signals.data.entries()) assert.ok(Math.abs((x!.data[i] as number) - v) < 1e-5);
    }
    await session.release();
  });
});

test("labels are drawn by their probabilities; a label that never occurs is refused, and any of a prior without labels", async () => {
  const prior = generatorPrior("plane", (await mostly({ steps: 1 })).model);
  const { labels } = await drawLabelled(prior, 4000, 1);
  const share = (label: number) => labels!.data.filter((c) => c === label).length / 4000;
  // deviations are at most √(1/4/4000) = 0.008: four of them
  for (const [label, p] of [0.5, 0, 0.25, 0.25].entries()) assert.ok(Math.abs(share(label) - p) < 0.032);
  const refused = (of: typeof prior, label: number, message: RegExp) =>
    drawLabelled(of, 1, 1, label).then(
      () => assert.unreachable(),
      (error) => {
        assert.instance(error, InputError);
        assert.match(error.message, message);
      },
    );
  await refused(prior, 1, /^label: plane has the labels 0, 2, 3, got 1$/);
  const { conditions: _, ...plain } = prior;
  await refused(plain, 0, /^label: plane takes no labels; train it on a sketch made with --by-label$/);
});

test("a batch is rounded up to equally many latents a label; too few are refused, and a label of one sample", async () => {
  assert.is((await mostly({ batch: 201, steps: 1 })).settings.batch, 204);
  const refused = (run: Promise<unknown>, message: RegExp) =>
    run.then(
      () => assert.unreachable(),
      (error) => {
        assert.instance(error, InputError);
        assert.match(error.message, message);
      },
    );
  await refused(
    mostly({ batch: 4 }),
    /^train: batch: the unbiased loss needs at least 2 latents of each of 4 labels, got 4$/,
  );
  const few = plane(4, 5);
  const single = await sketchDataset(few, await designFor(few, { families, byLabel: true }));
  await refused(
    trainGenerator(single, toy),
    /^train: label 2 has 1 sample, expected none or at least 2; or train without/,
  );
});

test.run();
