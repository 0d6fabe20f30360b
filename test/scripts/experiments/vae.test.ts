import { writeFileSync } from "node:fs";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import ort from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { autoencoder, glorotWeights, negativeEvidence } from "../../../scripts/experiments/autoencoder/network.ts";
import { covarianceLeft } from "../../../scripts/experiments/autoencoder/residual.ts";
import { type AutoencoderOptions, trainAutoencoder } from "../../../scripts/experiments/autoencoder/train.ts";
import { vae } from "../../../scripts/experiments/vae.ts";
import { loadPrior } from "../../../src/cli/prior-folder.ts";
import { arrayDataset, InputError } from "../../../src/data/index.ts";
import { encodeNpy } from "../../../src/data/npy.ts";
import { stream } from "../../../src/data/random.ts";
import { generate } from "../../../src/solve/index.ts";
import { inProcess, ok, scratch } from "../../cli/spawn.ts";

const test = suite("variational autoencoder");

/** 600 images of 4×6 pixels that a single number makes: pixel i is 1/(1 + exp(−aᵢ s)), s ~ N(0, 1). */
const SLOPES = [3, -3, 2, -2, 0, 4];
const random = stream(1, "images");
const levels = Array.from({ length: 600 }, () => random.normal());
const data = ndarray(
  Float32Array.from(
    { length: 600 * 24 },
    (_, at) => 1 / (1 + Math.exp(-SLOPES[at % 6]! * levels[Math.floor(at / 24)]!)),
  ),
  [600, 4, 6],
);
const toy: AutoencoderOptions = { latent: 2, hidden: [16], batch: 50, epochs: 30, learningRate: 0.01, seed: 3 };
const train = (options: AutoencoderOptions = {}, of: NdArray<Float32Array> = data) =>
  trainAutoencoder(arrayDataset("images", of), { ...toy, ...options });

test("the loss is the cross-entropy and the divergence, in float64 by their formulas", () => {
  const networks = autoencoder(2, 1, [3]);
  const weights = {
    encoder: glorotWeights(networks.encoder, 1, "encoder"),
    decoder: glorotWeights(networks.decoder, 1, "decoder"),
  };
  const layers = (of: readonly NdArray<Float32Array>[], input: number[]): number[] => {
    const affine = (x: number[], layer: number) => {
      const [w, b] = [of[2 * layer]!, of[2 * layer + 1]!];
      return Array.from(b.data, (bias, j) => x.reduce((sum, v, i) => sum + v * w.get(i, j), bias));
    };
    const hidden = affine(input, 0).map((v) => Math.log1p(Math.exp(v)));
    return affine(hidden, 1);
  };
  const rows = [
    { x: [0, 1], e: 0.3 },
    { x: [0.25, 0.5], e: -1.2 },
  ];
  let expected = 0;
  for (const { x, e } of rows) {
    const [mean, log] = layers(weights.encoder, x) as [number, number];
    for (const [i, logit] of layers(weights.decoder, [mean + Math.exp(log / 2) * e]).entries()) {
      const p = 1 / (1 + Math.exp(-logit));
      expected -= (x[i]! * Math.log(p) + (1 - x[i]!) * Math.log(1 - p)) / 2;
    }
    expected += (mean * mean + Math.exp(log) - log - 1) / 2 / 2;
  }
  const tensors = (of: readonly NdArray<Float32Array>[]) => of.map(({ data, shape }) => tf.tensor(data, shape));
  const got = tf.tidy(
    () =>
      negativeEvidence(
        networks,
        { encoder: tensors(weights.encoder), decoder: tensors(weights.decoder) },
        tf.tensor2d(rows.map(({ x }) => x)),
        tf.tensor2d(rows.map(({ e }) => [e])),
      ).dataSync()[0]!,
  );
  assert.ok(Math.abs(got - expected) < 1e-5, `${got} and ${expected}`); // float32
});

test("the residual is the covariance of what is left out, over blocks of samples too", async () => {
  const count = 2300; // two blocks and a part
  const x = ndarray(stream(2, "rows").fillNormal(new Float32Array(count * 3)), [count, 3]);
  const C = await covarianceLeft(x, (rows) => tf.add(tf.mul(rows, tf.tensor1d([1, 0.5, 0])), 7));
  const left = (row: number, i: number) => [0, 0.5, 1][i]! * x.get(row, i) - 7;
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      let [a, b, ab] = [0, 0, 0];
      for (let row = 0; row < count; row++) {
        a += left(row, i) / count;
        b += left(row, j) / count;
        ab += (left(row, i) * left(row, j)) / count;
      }
      assert.ok(Math.abs(C.get(i, j) - (ab - a * b)) < 1e-4, `${i}, ${j}`); // float32 sums of squares near 49
    }
  }
});

test("training learns the images: the loss falls to near their own entropy, the residual is a small part of their variance", async () => {
  const { trained, losses } = await train();
  const entropy = data.data.reduce((sum, p) => sum - (p * Math.log(p) + (1 - p) * Math.log(1 - p)) / 600, 0);
  const flat = 24 * Math.LN2; // every pixel 1/2
  assert.is(losses.length, 30);
  assert.ok(losses.at(-1)! < entropy + 0.4 * (flat - entropy), `${losses.at(-1)} nats, ${entropy} at best, ${flat}`);
  const variance = (C: NdArray<Float32Array>) => C.data.reduce((sum, v, at) => (at % 25 === 0 ? sum + v : sum), 0);
  const all = await covarianceLeft(ndarray(data.data, [600, 24]), (x) => tf.zerosLike(x));
  assert.ok(variance(trained.model.residual!) < 0.1 * variance(all));
});

test("a seed gives the same weights, another seed others", async () => {
  const weights = async (seed: number) => (await train({ seed, epochs: 2 })).trained.model.weights[0]!.data;
  assert.equal(await weights(4), await weights(4));
  assert.not.equal(await weights(4), await weights(5));
});

test("what cannot be trained on is refused; Ctrl-C ends the training", async () => {
  const refused = async (of: Promise<unknown>, message: RegExp) => {
    const error = await of.then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.instance(error, InputError);
    assert.match((error as Error).message, message);
  };
  const bright = ndarray(
    data.data.map((v) => 2 * v),
    data.shape,
  );
  await refused(train({}, bright), /^vae: images has numbers outside \[0, 1\]/);
  await refused(train({ batch: 601 }), /^vae: images has 600 samples, a batch 601; give a smaller --batch/);
  await refused(train({ learningRate: 0 }), /^vae: learning rate: expected a positive number, got 0/);
  await refused(train({ learningRate: 1e30 }), /^vae: the loss stopped being finite; lower --learning-rate/);
  const controller = new AbortController();
  const onProgress = ({ step }: { step: number }) => {
    if (step === 3) controller.abort(new Error("stopped"));
  };
  const stopped = trainAutoencoder(arrayDataset("images", data), { ...toy, signal: controller.signal, onProgress });
  await stopped.then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /^stopped$/),
  );
});

test("the command writes a prior of pixels that compare recovers with, and that says what it was trained from", async () => {
  const folder = scratch();
  const [file, out] = [path.join(folder, "images.npy"), path.join(folder, "vae")];
  writeFileSync(file, encodeNpy(data));
  const line = `vae ${file} --limit 500 --hidden 8 --latent 2 --batch 50 --epochs 3 -o ${out} --json --quiet`;
  const { code, stdout, stderr } = await inProcess(line.split(" "), { vae });
  assert.equal([code, stderr], [0, ""]);
  const { losses, data: source } = JSON.parse(stdout);
  assert.equal([losses.length, source], [3, { name: file, count: 500 }]);
  const prior = await loadPrior(out);
  assert.ok(prior.kind === "generator" && prior.residual?.shape.join() === "24,24");
  const z = ndarray(Float32Array.of(0, 0, 30, -30, -30, 30), [3, 2]);
  const x = await generate(prior, z);
  assert.ok(x.data.every((v) => v >= 0 && v <= 1));
  const session = await ort.InferenceSession.create(path.join(out, "generator.onnx"));
  const { x: again } = await session.run({ z: new ort.Tensor("float32", z.data, z.shape) });
  await session.release();
  for (const [i, v] of x.data.entries()) assert.ok(Math.abs((again!.data[i] as number) - v) < 1e-6); // float32
  assert.equal((await ok(`inspect ${out}`)).data, source);
  const { rows } = await ok(
    `compare ${file} --prior ${out} --operator gaussian:m=3 --limit 3 --tune-count 0 --baselines none -o ${folder}/report`,
  );
  assert.equal([rows.length, rows[0].method], [1, "vae"]);
});

test.run();
