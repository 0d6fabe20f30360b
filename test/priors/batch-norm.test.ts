import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import ort from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { batchNormalised } from "../../priors/generator/batch-norm.ts";
import { folding, withoutNorm } from "../../priors/generator/folding.ts";
import {
  generatorPrior,
  type TrainOptions,
  type TrainRun,
  type TrainSettings,
  trainGenerator,
} from "../../priors/generator/index.ts";
import { applyNetwork, initialWeights, type NetworkSpec, type Weights } from "../../priors/generator/network.ts";
import { equalLabels } from "../../priors/generator/sketch-loss.ts";
import { drawLabelled } from "../../priors/samples.ts";
import { constant } from "../../priors/signals.ts";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import { sketchDataset } from "../../src/sketch/index.ts";
import { gaussianData, tinyDesign } from "../sketch/tiny.ts";
import { kept, loadGenerator, saveGenerator } from "./folders.ts";

const test = suite("batch normalisation");

const data = gaussianData(2000);
const sketch = await sketchDataset(data, await tinyDesign({ labels: 3 }));
const toy: TrainOptions = { batchNorm: true, latent: 4, hidden: [10, 10], batch: 90, steps: 12, validateEvery: 5 };

const scratch = async (body: (folder: string) => Promise<void>) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

test("every channel has mean 0 and variance 1 over all else; a constant one becomes 0", () => {
  const { normalised, mean, variance } = batchNormalised(tf.tensor4d([1, 5, 3, 5, 5, 5, 7, 5], [2, 1, 2, 2]));
  assert.equal([mean.shape, [...mean.dataSync()], [...variance.dataSync()]], [[2], [4, 5], [5, 0]]);
  const want = [-3, 0, -1, 0, 1, 0, 3, 0].map((v) => v / Math.sqrt(5 + 1e-5));
  for (const [i, v] of normalised.dataSync().entries()) assert.ok(Math.abs(v - want[i]!) < 1e-6);
});

/** Weights with gains and shifts that are not 1 and 0. */
const anyWeights = (spec: NetworkSpec): Weights =>
  initialWeights(spec, 1).map(({ data, shape }, i) => {
    const noise = stream(2, "weights", i).fillNormal(new Float32Array(data.length));
    return fromHost(
      data.map((v, k) => v + 0.3 * noise[k]!),
      shape,
    );
  });

const specs: Record<string, NetworkSpec> = {
  dense: { latent: 4, hidden: [6, 5], activation: "tanh", output: 3, linear: true, batchNorm: true },
  "convolutional, by label": {
    ...{ latent: 4, labels: 2, hidden: [6], activation: "leakyRelu", output: 64, linear: true, batchNorm: true },
    conv: { channels: [4, 3], image: [8, 8, 1] },
  },
};
for (const [name, spec] of Object.entries(specs)) {
  test(`${name}: folded weights give what training gives for the batch of their statistics`, async () => {
    const weights = anyWeights(spec);
    const norm = await folding(spec, { batch: 100, seed: 3 } as TrainSettings, weights);
    const plain = await norm.fold(weights);
    await norm.dispose();
    const rows = 4096;
    const z = fromHost(stream(3, "statistics latents").fillNormal(new Float32Array(rows * 4)), [rows, 4]);
    const both = await compile(
      ({ z }: { z: tf.Tensor }) => {
        const c = equalLabels(spec, rows);
        const training = applyNetwork(spec, weights.map(constant), z, c);
        return { training, decoding: applyNetwork(withoutNorm(spec), plain.map(constant), z, c) };
      },
      { z },
    );
    const { training, decoding } = await both.run({ z });
    await both.dispose();
    // float32 rounding of numbers of about 1, through 4 layers
    for (const [i, v] of training.data.entries()) assert.ok(Math.abs(v - decoding.data[i]!) < 1e-4, `${i}`);
  });
}

test("the prior is a network without normalisation, in its folder and in generator.onnx", async () => {
  await scratch(async (folder) => {
    const trained = await trainGenerator(sketch, toy);
    assert.equal([trained.settings.batchNorm, trained.model.network.batchNorm], [true, undefined]);
    assert.is(trained.model.weights.length, 7); // three layers' w and b, and the linear path
    await saveGenerator(folder, trained);
    const loaded = await loadGenerator(folder);
    assert.equal([loaded.settings, loaded.model.network], [trained.settings, trained.model.network]);
    for (const [i, w] of loaded.model.weights.entries()) assert.equal(w.data, trained.model.weights[i]!.data);
    const { residual: _, ...prior } = generatorPrior("toy", loaded.model);
    const { signals } = await drawLabelled(prior, 3, 7, 1);
    const session = await ort.InferenceSession.create(path.join(folder, "generator.onnx"));
    const z = new ort.Tensor("float32", stream(7, "samples").fillNormal(new Float32Array(12)), [3, 4]);
    const { x } = await session.run({ z, c: new ort.Tensor("int32", Int32Array.of(1, 1, 1), [3]) });
    // its own optimisations may order sums otherwise: float32 rounding
    for (const [i, v] of signals.data.entries()) assert.ok(Math.abs((x!.data[i] as number) - v) < 1e-5);
    await session.release();

    const file = path.join(folder, "prior.json");
    const { settings, ...rest } = JSON.parse(await readFile(file, "utf8"));
    const { batchNorm, ...older } = settings;
    assert.is(batchNorm, true);
    await writeFile(file, JSON.stringify({ ...rest, settings: older }));
    assert.is((await loadGenerator(folder)).settings.batchNorm, false);
  });
});

test("a resumed training equals the uninterrupted one to the last bit", async () => {
  await scratch(async (folder) => {
    const whole = await trainGenerator(sketch, toy);
    const controller = new AbortController();
    const file = path.join(folder, "checkpoint.npz");
    const interrupted: TrainRun = {
      ...{ ...kept(file), signal: controller.signal },
      onProgress: ({ step }) => step === 7 && controller.abort(),
    };
    assert.is((await trainGenerator(sketch, { ...toy, ...interrupted })).code, "cancelled");
    const resumed = await trainGenerator(sketch, { ...toy, ...kept(file, true) });
    assert.equal([resumed.history, resumed.validation], [whole.history, whole.validation]);
    for (const [i, w] of whole.model.weights.entries()) assert.equal(resumed.model.weights[i]!.data, w.data);
  });
});

test("training makes the loss of the folded network fall", async () => {
  const options = { ...toy, linear: false, learningRate: 0.01, batch: 300, steps: 100, validateEvery: 20 };
  const { validation, code } = await trainGenerator(sketch, options);
  const losses = validation.map(({ loss }) => loss); // of folded weights
  assert.is(code, "max-steps");
  assert.ok(losses.at(-1)! < losses[0]! / 2, `${losses}`);
});

test.run();
