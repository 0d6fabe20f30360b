import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as tf from "#tf";
import { type GeneratorModel, generatorPrior } from "../../priors/generator/index.ts";
import { initialWeights, type NetworkSpec } from "../../priors/generator/network.ts";
import { priorOnnx } from "../../priors/generator/onnx.ts";
import type { DenoiserPrior, GeneratorPrior } from "../../priors/prior.ts";
import { loadOnnxPrior, openOnnx } from "../../src/cli/onnx-prior.ts";
import { fromHost } from "../../src/data/array.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { compile } from "../../src/engine/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { floats, given, modelOf } from "../engine/onnx-import/model.ts";
import { difference, draw } from "../operators/draws.ts";

const test = suite("priors of ONNX files");
const at = scratch();
const fixture = (name: string) => path.join(import.meta.dirname, "../fixtures/onnx", name);
const { arrays } = await readNpz(fixture("values.npz"));
const value = (name: string) => arrays[name] as NdArray<Float32Array>;

const generator = async (name: string, shape?: readonly number[]) =>
  (await loadOnnxPrior(fixture(name), shape ? { shape } : {})) as GeneratorPrior;
const denoiser = async (name: string) => (await loadOnnxPrior(fixture(name))) as DenoiserPrior;

async function decoded(prior: GeneratorPrior, z: NdArray<Float32Array>) {
  const run = await compile((input: { z: tf.Tensor }) => prior.decode(input.z), { z });
  const x = await run.run({ z });
  await run.dispose();
  return x;
}

test("a generator's signals are images [H, W] or [H, W, 3]; z has the size of its input, for any number of rows", async () => {
  const decoder = await generator("decoder.onnx");
  assert.equal([decoder.kind, decoder.name, decoder.latent, decoder.shape], ["generator", "decoder", 4, [16, 16]]);
  const x = await decoded(decoder, value("decoder.z"));
  assert.equal(x.shape, [3, 16, 16]);
  assert.ok(difference(x.data, value("decoder.x").data) < 1e-6); // one channel before or after is the same order

  const colour = await generator("dcgan.onnx"); // written for one row
  assert.equal([colour.latent, colour.shape], [5, [18, 12, 3]]);
  const [made, torch] = [await decoded(colour, value("dcgan.z")), value("dcgan.x")]; // [3, 3, 18, 12]
  for (let i = 0; i < 3; i++) {
    for (let c = 0; c < 3; c++) {
      const [first, last] = [made.get(i, 2, 5, c), torch.get(i, c, 2, 5)];
      assert.ok(Math.abs(first - last) < 1e-6, `${first} ${last}`);
    }
  }
});

test("the shape of the signals is the problem's, where the numbers are as many", async () => {
  const flat = await generator("mlp.onnx");
  assert.equal(flat.shape, [24]);
  const image = await generator("mlp.onnx", [4, 6]);
  assert.equal(image.shape, [4, 6]);
  const z = draw(1, [2, 3]);
  assert.equal([...(await decoded(image, z)).data], [...(await decoded(flat, z)).data]);
  assert.equal((await generator("decoder.onnx", [256])).shape, [256]);
  await refuses(
    () => generator("decoder.onnx", [8, 32]),
    /decoder.onnx: makes signals of \[1, 16, 16\], the measured ones are \[8, 32\]; use/,
  );
});

test("weights in a file beside it are read, from its own folder alone", async () => {
  const x = await decoded(await generator("apart.onnx"), value("apart.z"));
  assert.ok(difference(x.data, value("apart.x").data) < 1e-6);
  copyFileSync(fixture("apart.onnx"), at("alone.onnx"));
  await refuses(() => loadOnnxPrior(at("alone.onnx")), /apart.onnx.data: no such file/);
  const escaping = readFileSync(fixture("apart.onnx"));
  const name = Buffer.from("apart.onnx.data");
  for (let i = escaping.indexOf(name); i >= 0; i = escaping.indexOf(name)) escaping.write("../x/../../pass", i);
  writeFileSync(at("escaping.onnx"), escaping);
  await refuses(
    () => loadOnnxPrior(at("escaping.onnx")),
    /keeps tensors in ..\/x\/..\/..\/pass, which is not in its own folder/,
  );
});

test("our own generator.onnx is read again, conditions included", async () => {
  const network: NetworkSpec = {
    ...{ latent: 3, labels: 2, hidden: [8], activation: "softplus", output: 64, linear: true, sigmoid: true },
    conv: { channels: [2], image: [8, 8, 1] },
  };
  const model: GeneratorModel = {
    ...{ network, weights: initialWeights(network, 4), shape: [8, 8], conditions: [0.25, 0.75] },
    decoder: { centre: draw(1, [64]), scale: draw(2, [64]) },
  };
  const own = generatorPrior("own", model);
  writeFileSync(at("generator.onnx"), priorOnnx(own));
  const read = (await loadOnnxPrior(at("generator.onnx"))) as GeneratorPrior;
  assert.equal([read.latent, read.shape, [...read.conditions!]], [3, [8, 8], [0.25, 0.75]]);
  const rows = { z: draw(3, [4, 3]), c: fromHost(Int32Array.from([0, 1, 1, 0]), [4]) };
  const both = await compile(
    ({ z, c }: { z: tf.Tensor; c: tf.Tensor }) => ({ own: own.decode(z, c), read: read.decode(z, c) }),
    rows,
  );
  const made = await both.run(rows);
  await both.dispose();
  assert.ok(difference(made.read.data, made.own.data) < 1e-6);
});

test("what is neither a generator nor a denoiser is refused", async () => {
  const saved = (bytes: Uint8Array) => {
    writeFileSync(at("mine.onnx"), bytes);
    return () => openOnnx(at("mine.onnx"));
  };
  await refuses(
    saved(modelOf({ op: "Add", inputs: [given(2, 3), given(2, 3)] })),
    /mine.onnx: has a second input in1, expected latents alone, or a condition/,
  );
  await refuses(
    saved(modelOf({ op: "Add", inputs: [floats(2, 3), floats(2, 3)] })),
    /mine.onnx: expected one input, latents \[batch, size\] of float32 with a fixed size, got none/,
  );
  await refuses(
    saved(modelOf({ op: "ReduceSum", inputs: [given(2, 3)] })),
    /expected an output of 2 rows for 2 latents, got \[1, 1\]; export it with a dynamic/,
  );
  const mixing = modelOf({ op: "Softmax", inputs: [given(2, 3)], attributes: { axis: 0 } });
  await refuses(saved(mixing), /mixes the rows of a batch, as batch normalisation in training does; call eval\(\)/);
  await refuses(saved(modelOf({ op: "Log", inputs: [given(2, 3)] })), /makes numbers that are not finite/);
  await refuses(
    saved(modelOf({ op: "Add", inputs: [given(1, 2, 8, 8), given(1)] })),
    /a denoiser: expected images of 1 or 3 channels, or one more .*, got 2 channels/,
  );
  await refuses(
    saved(modelOf({ op: "Relu", inputs: [given(2, 1, 8, 8)] })),
    /a denoiser: expected one image a run, or any number, got 2; export it so/,
  );
  await refuses(
    saved(modelOf({ op: "Sum", inputs: [given(1, 1, 8, 8), given(1), given(1)] })),
    /a denoiser: expected an image and at most a standard deviation, got in0, in1, in2/,
  );
});

/** The first input of a fixture as an image. */
const image = (name: string, rows: number, columns: number) =>
  fromHost(value(`${name}.in0`).data.slice(0, rows * columns), [1, rows, columns]);

/** An image [1, h, w] filled up to rows × columns by the pixels at its edge. */
function filledUp(small: NdArray<Float32Array>, rows: number, columns: number) {
  const [, h, w] = small.shape as [number, number, number];
  const at = (i: number) => small.get(0, Math.min(h - 1, Math.floor(i / columns)), Math.min(w - 1, i % columns));
  return fromHost(
    Float32Array.from({ length: rows * columns }, (_, i) => at(i)),
    [1, rows, columns],
  );
}

async function denoised(prior: DenoiserPrior, image: NdArray<Float32Array>, s: number) {
  assert.is(prior.accepts(image.shape.slice(1)), true);
  const open = await prior.open(image.shape.slice(1));
  const clean = await open.denoise(image, s);
  await open.dispose();
  return clean;
}

test("a denoiser takes the standard deviation as an input, as a channel, or not", async () => {
  const [smooth, fixed, halved] = [
    await denoiser("smooth.onnx"),
    await denoiser("fixed.onnx"),
    await denoiser("halved.onnx"),
  ];
  assert.equal(
    [smooth, fixed, halved].map((prior) => [prior.kind, prior.takesSigma]),
    [
      ["denoiser", true],
      ["denoiser", false],
      ["denoiser", true],
    ],
  );
  const runs = [
    [smooth, "smooth", 7, 9, 0.1],
    [fixed, "fixed", 7, 9, 0.3],
    [halved, "halved", 6, 8, 0.2],
  ] as const;
  for (const [prior, name, rows, columns, s] of runs) {
    const clean = await denoised(prior, image(name, rows, columns), s);
    assert.ok(difference(clean.data, value(`${name}.out`).data) < 1e-6);
  }
});

test("sides that a network refuses are filled up by those at the edge, and cut off again", async () => {
  const halved = await denoiser("halved.onnx"); // it halves the sides
  const odd = draw(5, [1, 5, 7]);
  const [clean, expected] = [await denoised(halved, odd, 0.2), await denoised(halved, filledUp(odd, 8, 8), 0.2)];
  for (const [y, x] of [
    [0, 0],
    [4, 6],
    [2, 3],
  ] as const)
    assert.ok(Math.abs(clean.get(0, y, x) - expected.get(0, y, x)) < 1e-6);
});

test("sides that a network returns in another size are filled up too; one that changes them all is refused", async () => {
  const rounded = await denoiser("rounded.onnx"); // of 7 rows it makes 8
  assert.ok(difference((await denoised(rounded, image("rounded", 8, 16), 0.1)).data, value("rounded.out").data) < 1e-6);
  const whole = value("rounded.in0");
  const odd = fromHost(
    Float32Array.from({ length: 63 }, (_, i) => whole.data[16 * Math.floor(i / 9) + (i % 9)]!),
    [1, 7, 9],
  );
  const [clean, expected] = [await denoised(rounded, odd, 0.1), await denoised(rounded, filledUp(odd, 8, 16), 0.1)];
  for (const [y, x] of [
    [0, 0],
    [6, 8],
    [3, 5],
  ] as const)
    assert.ok(Math.abs(clean.get(0, y, x) - expected.get(0, y, x)) < 1e-6);

  const pooling = { op: "MaxPool", inputs: [given(1, 1, 8, 8)], attributes: { kernel_shape: [2, 2] } };
  writeFileSync(at("smaller.onnx"), modelOf(pooling)); // 8×8 alone, and 7×7 of it
  const smaller = (await loadOnnxPrior(at("smaller.onnx"))) as DenoiserPrior;
  await refuses(
    () => smaller.open([8, 8]),
    /smaller.onnx: a denoiser: expected an image of \[1, 1, 8, 8\], got \[1, 1, 7, 7\]; it must keep rows and columns$/,
  );
});

test("a grey denoiser takes the channels of an image in colour one by one; several images are taken one by one", async () => {
  const smooth = await denoiser("smooth.onnx");
  const colour = draw(6, [2, 4, 5, 3]);
  const clean = await denoised(smooth, colour, 0.1);
  for (const c of [0, 2]) {
    const plane = fromHost(
      Float32Array.from({ length: 20 }, (_, i) => colour.get(1, Math.floor(i / 5), i % 5, c)),
      [1, 4, 5],
    );
    const grey = await denoised(smooth, plane, 0.1);
    assert.ok(Math.abs(clean.get(1, 2, 3, c) - grey.get(0, 2, 3)) < 1e-6);
  }
});

test("images of the wrong kind are refused with the reason, and a network that fails on all sizes", async () => {
  const smooth = await denoiser("smooth.onnx");
  assert.is(smooth.accepts([20]), "signals of [20] are no images");
  writeFileSync(at("sized.onnx"), modelOf({ op: "Relu", inputs: [given(1, 3, 8, 6)] }));
  const sized = (await loadOnnxPrior(at("sized.onnx"))) as DenoiserPrior;
  assert.is(sized.accepts([8, 6]), "sized denoises images in colour, the image is grey");
  assert.is(sized.accepts([8, 6, 3]), true);
  assert.is(
    sized.accepts([9, 6, 3]),
    "sized takes images of 6×8 alone, the image has 6×9; export it with dynamic rows and columns",
  );
  writeFileSync(at("broken.onnx"), modelOf({ op: "Add", inputs: [given(1, 1, 8, 6), floats(7)] }));
  const broken = (await loadOnnxPrior(at("broken.onnx"))) as DenoiserPrior;
  await refuses(
    () => broken.open([8, 6]),
    /broken.onnx: ONNX Runtime fails on an image of 6×8: |broken.onnx: ONNX Runtime cannot read it: /,
  );
});

test.run();
