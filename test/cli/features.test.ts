import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { openFeatures } from "../../src/cli/feature-design.ts";
import { decodeNpz, encodeNpy, encodeNpz } from "../../src/data/index.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import { loadSketch } from "../../src/sketch/files.ts";
import { networkFeatures } from "../../src/sketch/index.ts";
import { floats, given, modelOf } from "../engine/onnx-import/model.ts";
import { ok, refused, run, scratch } from "./spawn.ts";

const test = suite("moments of a network's features");
process.chdir(scratch());
const fixtures = path.join(import.meta.dirname, "../fixtures/onnx");
copyFileSync(path.join(fixtures, "features.onnx"), "features.onnx");
copyFileSync(path.join(fixtures, "smooth.onnx"), "two.onnx"); // an image and σ
const { arrays } = await readNpz(path.join(fixtures, "values.npz"));
const torch = (name: string) => arrays[`features.${name}`] as NdArray<Float32Array>;
const P = 9;

/** Images [n, 3, 6, 4] as [n, 6, 4, 3]. */
function channelsLast({ data }: NdArray<Float32Array>): Float32Array {
  const pixels = 24;
  return data.map((_, at) => {
    const [image, rest] = [Math.floor(at / (3 * pixels)), at % (3 * pixels)];
    return data[image * 3 * pixels + (rest % 3) * pixels + Math.floor(rest / 3)]!;
  });
}

/** 300 images of three labels: noise, brighter from label to label, redder in the upper half of label 1. */
const COUNT = 300;
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 3);
const pixels = stream(1, "images").fillNormal(new Float32Array(COUNT * 72));
for (let at = 0; at < pixels.length; at++) {
  const [label, row, channel] = [labels[Math.floor(at / 72)]!, Math.floor((at % 72) / 12), at % 3];
  pixels[at] = 0.3 + 0.2 * label + 0.1 * pixels[at]! + (label === 1 && row < 3 && channel === 0 ? 0.4 : 0);
}
const write = (name: string, from: number, to: number) =>
  writeFileSync(
    name,
    encodeNpz({
      arrays: {
        data: ndarray(pixels.slice(72 * from, 72 * to), [to - from, 6, 4, 3]),
        labels: ndarray(labels.slice(from, to), [to - from]),
      },
      metadata: undefined,
    }),
  );
write("all.npz", 0, COUNT);

test("features and their gradient are those of PyTorch, of images with their channels last and norm 1", async () => {
  const { family, learned } = await openFeatures("features.onnx", [6, 4, 3]);
  assert.equal([family.features, family.written], [P, "pytorch 2.15.0"]);
  const x = ndarray(channelsLast(torch("x")), [3, 72]);
  const features = networkFeatures(family, learned["network-moments.weights"]!.data);
  const inputs = { x, w: torch("w") };
  const run = await compile(
    (given: { x: tf.Tensor; w: tf.Tensor }) => ({
      v: features(given.x),
      gradient: tf.grad((own: tf.Tensor) => tf.sum(tf.mul(features(own), given.w)))(given.x),
    }),
    inputs,
  );
  const { v, gradient } = await run.run(inputs);
  await run.dispose();
  for (let row = 0; row < 3; row++) {
    const phi = torch("phi").data.subarray(row * P, (row + 1) * P);
    for (const [j, value] of phi.entries()) {
      assert.ok(Math.abs(v.data[row * P + j]! - value / Math.hypot(...phi)) < 1e-6, `feature ${j} of row ${row}`);
    }
  }
  for (const [at, value] of channelsLast(torch("gradient")).entries()) {
    assert.ok(Math.abs(gradient.data[at]! - value) < 1e-5, `gradient ${at}`); // float32, numbers up to 1
  }
});

test("a sketch holds the network, its moments by label, and second moments; parts merge to the bits of the whole", async () => {
  const made = await ok("sketch all.npz --by-label --features pca:8,onnx:features.onnx --block 64 -o all-X.npz");
  assert.equal(
    made.families.map(({ kind }: { kind: string }) => kind),
    ["network-moments", "second-moments"],
  );
  assert.equal([made.families[0].file, made.families[0].features], ["features.onnx", P]);
  assert.is(made.families[0].network, undefined); // the graph is no fact
  const { sums, design } = await loadSketch("all-X.npz");
  assert.equal([sums["network-moments.mean"]!.length, sums["network-moments.squares"]!.length], [3 * P, 3 * P]);
  assert.ok(design.arrays["network-moments.weights"]!.size > 200);
  for (let label = 0; label < 3; label++) {
    const squares = sums["network-moments.squares"]!.subarray(label * P, (label + 1) * P);
    assert.ok(Math.abs(squares.reduce((a, b) => a + b, 0) - 100) < 1e-4); // 100 samples a label, each of norm 1
  }
  // the zeros that fill the last block up have no such features: log 0
  writeFileSync("log.onnx", modelOf({ op: "Log", inputs: [given(2, 72)] }));
  writeFileSync("positive.npy", encodeNpy(ndarray(pixels.slice(0, 720).map(Math.abs), [10, 72])));
  await ok("sketch positive.npy --features raw,onnx:log.onnx -o logs.npz");
  const said = (await run("inspect all-X.npz")).stdout;
  assert.match(
    said,
    /moments of a network +means and mean squares of 9 features of features\.onnx \(pytorch 2\.15\.0\)/,
  );
  assert.match(said, /features +pca:8\n/);
  await ok("design all.npz --by-label --features pca:8,onnx:features.onnx --block 64 -o D.npz");
  for (const i of [1, 2]) await ok(`sketch all.npz --design D.npz --shard ${i}/2 -o part${i}.npz`);
  await ok("merge part2.npz part1.npz -o merged.npz");
  const [whole, merged] = [await loadSketch("all-X.npz"), await loadSketch("merged.npz")];
  assert.equal(merged.sums, whole.sums);
});

test("sketches by other networks do not merge", async () => {
  writeFileSync("flat.onnx", modelOf({ op: "MatMul", inputs: [given(2, 72), floats(72, P)] }));
  await ok("sketch all.npz --by-label --features raw,onnx:features.onnx -o one.npz");
  await ok("sketch all.npz --by-label --features raw,onnx:flat.onnx -o other.npz");
  await refused(
    "merge one.npz other.npz -o no.npz",
    /network-moments\.file: features\.onnx and flat\.onnx; network-moments\.sha256: [0-9a-f]{64} and [0-9a-f]{64}/,
  );
});

test("a generator comes nearer to the moments than the Gaussian that it starts as, and goes on with the same bits", async () => {
  await ok("sketch all.npz --by-label --features pca:8,onnx:features.onnx -o X.npz");
  const words =
    "train X.npz --latent 8 --hidden 30 --batch 300 --learning-rate 0.02 --schedule constant --moment-weight 0";
  const { settings, loss, code, sketch } = await ok(`${words} --steps 120 -o G`);
  assert.equal([code, settings.validation, sketch.count], ["max-steps", 0, COUNT]);
  const { history } = JSON.parse(readFileSync("G/prior.json", "utf8"));
  const mean = (of: number[]) => of.reduce((sum, v) => sum + v / of.length, 0);
  assert.ok(mean(history.slice(-20)) < 0.3 * mean(history.slice(0, 5)), `${history.slice(0, 5)} to ${loss}`);
  assert.is((await ok("sample G -n 4 -o drawn.npz")).count, 4);
  // from the checkpoint after half of the steps
  const { trainGenerator } = await import("../../priors/generator/index.ts");
  const loaded = await loadSketch("X.npz");
  const options = { latent: 4, hidden: [10], batch: 30, steps: 12 };
  const kept: Uint8Array[] = [];
  const checkpoints = {
    ...{ where: "kept", every: 6, discard: async () => {} },
    save: async (bytes: Uint8Array) => {
      kept.push(bytes);
    },
  };
  const whole = await trainGenerator(loaded, { ...options, checkpoints });
  const resumed = await trainGenerator(loaded, {
    ...options,
    checkpoints: { ...checkpoints, load: async () => kept[0] },
  });
  assert.equal(resumed.history, whole.history);
  assert.equal(resumed.model.weights, whole.model.weights);
});

test("private: the file holds the public network and says so; a generator is trained from it", async () => {
  const made = await ok(
    "sketch all.npz --labels 3 --epsilon 50 --delta 1e-3 --clip 4 --features raw,onnx:features.onnx --noise-seed 1 -o P.npz",
  );
  assert.equal(
    [made.network.file, made.shares.network > 0, made.shares.networkSquares > 0],
    ["features.onnx", true, true],
  );
  const { metadata } = decodeNpz(readFileSync("P.npz"), "P.npz");
  assert.match(String(metadata!.network), /the network must be public and trained on other data/);
  assert.match((await run("inspect P.npz")).stdout, /not private +the network must be public/);
  // nearly without noise the moments are those of the ordinary sketch
  await ok("sketch all.npz --by-label --features raw,onnx:features.onnx -o open.npz");
  const [noisy, open] = [await loadSketch("P.npz"), await loadSketch("open.npz")];
  const [means, squares] = ["network-moments.mean", "network-moments.squares"].map(
    (name) => [noisy.sums[name]!, open.sums[name]!] as const,
  );
  for (const [at, v] of means![0].entries()) {
    assert.ok(Math.abs(v - means![1][at]!) < 3, `mean ${at}: ${v}`); // of 100 samples; σ is about .3
  }
  for (let j = 0; j < P; j++) {
    const [a, b] = squares!.map((of) => of[j]! + of[P + j]! + of[2 * P + j]!);
    assert.ok(Math.abs(a! - b!) < 4, `square ${j}: ${a} and ${b}`); // of 300 samples, over all labels
  }
  const { sketch } = await ok("train P.npz --latent 4 --hidden 8 --steps 3 --batch 60 -o PG");
  assert.is(sketch.privacy.epsilon, 50);
  await ok("sketch all.npz --design P.npz --epsilon 1 --delta 1e-3 -o Q.npz");
  assert.is((await ok("merge P.npz Q.npz -o PQ.npz")).privacy.owners.length, 2);
});

test("what cannot be taken is refused in one line", async () => {
  const sketch = (rest: string) => `sketch all.npz -o no.npz ${rest}`;
  writeFileSync("grey.npy", encodeNpy(ndarray(new Float32Array(5 * 24).fill(1), [5, 6, 4])));
  await refused(
    "sketch grey.npy -o no.npz --features onnx:features.onnx",
    /features\.onnx: its input x is float32 \[\?, 3, 6, 4\], the samples are 6×4; give a network/,
  );
  await refused(
    sketch("--features onnx:two.onnx"),
    /two\.onnx: expected one input and one output, got inputs noisy, sigma and outputs clean/,
  );
  await refused(sketch("--features onnx:absent.onnx"), /absent\.onnx: no such file/);
  await refused(sketch("--features onnx:"), /--features: expected a file, as onnx:features\.onnx, got none/);
  await refused(sketch("--features onnx:all.npz"), /all\.npz: is no ONNX model/);
  writeFileSync("unknown.onnx", modelOf({ op: "Twist", inputs: [given(2, 72)] }));
  await refused(
    sketch("--features onnx:unknown.onnx"),
    /unknown\.onnx: the operator Twist cannot be read with a gradient/,
  );
  await refused(sketch("--features onnx:log.onnx"), /the moments of a network are not finite/); // of pixels below 0
  writeFileSync("mixing.onnx", modelOf({ op: "Softmax", inputs: [given(2, 72)], attributes: { axis: 0 } }));
  await refused(sketch("--features onnx:mixing.onnx"), /mixing\.onnx: mixes the rows of a batch/);
  await refused(
    sketch("--features onnx:features.onnx --frequencies 8"),
    /--frequencies: moments of a network's features have no frequencies/,
  );
  await refused(
    "train X.npz -o no --kind generator --validation 0.1",
    /validation: moments of a network's features are not held out/,
  );
  await refused(
    "train X.npz -o no --kind generator --frequency-batch 5",
    /frequencyBatch: there are only 0 to train on, got 5/,
  );
  await refused(
    "sketch all.npz -o no.npz --epsilon 1 --delta 1e-3 --clip 2 --features onnx:features.onnx --shares count=.1,mean=.9",
    /moments of features need a network and shares network and networkSquares, or none of these/,
  );
});

test.run();
