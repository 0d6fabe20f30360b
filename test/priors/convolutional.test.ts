import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import ort from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { generatorPrior, type TrainOptions, trainGenerator } from "../../priors/generator/index.ts";
import { applyNetwork, initialWeights, type NetworkSpec } from "../../priors/generator/network.ts";
import { targetOf } from "../../priors/generator/target.ts";
import { drawLabelled } from "../../priors/samples.ts";
import { arrayDataset, InputError } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";
import { loadGenerator, saveGenerator } from "./folders.ts";

const test = suite("convolutional generators");

/** 8×8 images: a bright 3×3 square at a random place in the upper half (label 0) or the lower one (label 1), on noise. */
const COUNT = 600;
const random = stream(1, "squares");
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 2);
const pixels = random.fillNormal(new Float32Array(COUNT * 64)).map((v) => 0.1 * v);
for (let i = 0; i < COUNT; i++) {
  const [top, left] = [4 * labels[i]! + random.integer(2), random.integer(6)];
  for (let r = top; r < top + 3; r++) for (let c = left; c < left + 3; c++) pixels[64 * i + 8 * r + c]! += 1;
}
const data = arrayDataset("squares", ndarray(pixels, [COUNT, 8, 8]), labels);
const families = [{ kind: "fourier" as const, m: 60 }, { kind: "second-moments" as const }];
const design = await designFor(data, { families, features: "pca:6", byLabel: true });
const sketch = await sketchDataset(data, design);
const toy: TrainOptions = { network: "conv:8,4", hidden: [20], latent: 8, batch: 100, steps: 60, learningRate: 0.01 };

test("maps double their sides from layer to layer: by hand, one channel", () => {
  const conv = { channels: [1], image: [4, 4, 1] } as const;
  const spec: NetworkSpec = { latent: 1, hidden: [], activation: "relu", output: 16, linear: false, conv };
  const [w, b, filter, bias] = initialWeights(spec, 1);
  assert.equal([w!.shape, b!.shape, filter!.shape, bias!.shape], [[1, 4], [4], [3, 3, 1, 1], [1]]);
  const weights = [
    tf.tensor2d([[1, 2, 3, -4]]),
    tf.zeros([4]),
    tf.tensor4d([0, 0, 0, 0, 2, 0, 0, 0, 0], [3, 3, 1, 1]),
    tf.tensor1d([0.5]),
  ];
  const u = applyNetwork(spec, weights, tf.tensor2d([[1]]));
  // 1 2 / 3 0 after relu, each a block of 2×2, twice it and a half
  assert.equal([...u.dataSync()], [2.5, 2.5, 4.5, 4.5, 2.5, 2.5, 4.5, 4.5, 6.5, 6.5, 0.5, 0.5, 6.5, 6.5, 0.5, 0.5]);
});

test("free pixels have the features, mean and covariance of the sketch as their target", async () => {
  const [inPixels, inFeatures] = [await targetOf(sketch, "pixels"), await targetOf(sketch)];
  assert.equal(
    [inPixels.mean.shape, inPixels.covariance.shape],
    [
      [2, 64],
      [2, 64, 64],
    ],
  );
  assert.is(inPixels.decoder.basis, undefined);
  assert.is(new Set(inPixels.decoder.scale.data).size, 1);
  assert.equal([inPixels.encoder!.shape, inPixels.offset.data], [[64, 6], inFeatures.offset.data]);
  // the mean of label 0 in features: through the encoder, and as the features' own target has it
  for (let k = 0; k < 6; k++) {
    let encoded = 0;
    for (let i = 0; i < 64; i++) {
      encoded += inPixels.mean.get(0, i) * inPixels.decoder.scale.data[i]! * inPixels.encoder!.get(i, k);
    }
    assert.ok(Math.abs(encoded - inFeatures.mean.get(0, k) * inFeatures.decoder.scale.data[k]!) < 1e-5); // float32
  }
});

test("training without the Gaussian start learns the images of each label, and what features do not see", async () => {
  const { history, model } = await trainGenerator(sketch, { ...toy, linear: false, momentWeight: 1, steps: 300 });
  assert.ok(history.at(-1)! < history[0]! / 3, `loss from ${history[0]} to ${history.at(-1)}`);
  const { residual: _, ...prior } = generatorPrior("squares", model);
  for (const label of [0, 1]) {
    const { signals } = await drawLabelled(prior, 500, 1, label);
    const [upper, lower] = [0, 32].map((from) => {
      let sum = 0;
      for (let i = 0; i < 500; i++) for (let p = from; p < from + 32; p++) sum += signals.data[64 * i + p]! / 500 / 32;
      return sum;
    });
    const [own, other] = label === 0 ? [upper!, lower!] : [lower!, upper!];
    assert.ok(Math.abs(own - 9 / 32) < 0.08 && Math.abs(other) < 0.08, `label ${label}: ${own} and ${other}`);
  }
});

test("the folder gives back the generator; generator.onnx takes any number of rows", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-"));
  try {
    const trained = await trainGenerator(sketch, { ...toy, steps: 3 });
    await saveGenerator(folder, trained);
    const loaded = await loadGenerator(folder);
    assert.equal([loaded.settings, loaded.model.network], [trained.settings, trained.model.network]);
    const { residual: _, ...prior } = generatorPrior("squares", loaded.model);
    const { signals } = await drawLabelled(prior, 3, 7, 1);
    const session = await ort.InferenceSession.create(path.join(folder, "generator.onnx"));
    const z = new ort.Tensor("float32", stream(7, "samples").fillNormal(new Float32Array(24)), [3, 8]);
    const { x } = await session.run({ z, c: new ort.Tensor("int32", Int32Array.of(1, 1, 1), [3]) });
    assert.equal([...x!.dims], [3, 8, 8]);
    // its own optimisations may order sums otherwise: float32 rounding
    for (const [i, v] of signals.data.entries()) assert.ok(Math.abs((x!.data[i] as number) - v) < 1e-5);
    await session.release();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("networks that cannot be are refused: another name, images that do not halve", async () => {
  const refused = (options: TrainOptions, message: RegExp) =>
    trainGenerator(sketch, { ...toy, ...options }).then(
      () => assert.unreachable(),
      (error) => {
        assert.instance(error, InputError);
        assert.match(error.message, message);
      },
    );
  await refused({ network: "cnn" }, /^train: network: expected mlp or channels as conv:64,32, got "cnn"$/);
  await refused({ network: "conv:8,0" }, /^train: network: expected mlp or channels as conv:64,32, got "conv:8,0"$/);
  await refused(
    { network: "conv:8,8,8,8" },
    /^train: network: conv:8,8,8,8 makes images whose sides are multiples of 16, got signals of shape \[8,8\]$/,
  );
});

test.run();
