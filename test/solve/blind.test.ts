import { existsSync } from "node:fs";
import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { convolution } from "../../operators/convolution.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { fromHost } from "../../src/data/array.ts";
import { InputError, openDataset, readRows, stream, writeNpz } from "../../src/data/index.ts";
import { readArray } from "../../src/data/read-array.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { blindDeconvolution } from "../../src/solve/blind/blind-deconvolution.ts";
import { kernelProblem } from "../../src/solve/blind/kernel-problem.ts";
import { pairPrior } from "../../src/solve/blind/pair-prior.ts";
import { generate } from "../../src/solve/latent/csgm.ts";
import { ok, refused, scratch } from "../cli/spawn.ts";
import { apply, draw } from "../operators/draws.ts";

type Floats = NdArray<Float32Array>;

const test = suite("blind deconvolution");
const SIDE = 16;

/** Kernels of 5 × 5 in proportion to exp(−e^z₀ i² − e^z₁ j²), with sum 1. */
const kernelPrior: GeneratorPrior = {
  ...{ kind: "generator", name: "widths", latent: 2, shape: [5, 5] },
  residual: fromHost(new Float32Array(25 * 25), [25, 25]), // nothing is left out, so that λ is σ²
  decode: (z) => {
    const places = tf.tensor1d([4, 1, 0, 1, 4]);
    const along = (at: number) => tf.exp(tf.neg(tf.mul(tf.exp(tf.neg(tf.slice(z, [0, at], [-1, 1]))), places)));
    const kernels = tf.mul(tf.expandDims(along(0), 2), tf.expandDims(along(1), 1));
    return tf.div(kernels, tf.sum(kernels, [1, 2], true));
  },
};

/** Two disks of smooth edge: z moves and widens them. */
const imagePrior: GeneratorPrior = {
  ...{ kind: "generator", name: "disks", latent: 6, shape: [SIDE, SIDE] },
  residual: fromHost(new Float32Array(SIDE ** 4), [SIDE ** 2, SIDE ** 2]),
  decode: (z) => {
    const part = (at: number) => tf.reshape(tf.slice(z, [0, at], [-1, 1]), [-1, 1, 1]);
    const places = Array.from({ length: SIDE }, (_, i) => i);
    const [rows, columns] = [
      tf.reshape(tf.tensor1d(places), [1, SIDE, 1]),
      tf.reshape(tf.tensor1d(places), [1, 1, SIDE]),
    ];
    const disk = (first: number, centre: number) => {
      const square = (axis: tf.Tensor, at: number) => tf.square(tf.sub(axis, tf.add(centre, part(at))));
      const distance = tf.sqrt(tf.add(tf.add(square(rows, first), square(columns, first + 1)), 0.1));
      return tf.sigmoid(tf.mul(3, tf.sub(tf.add(2.5, tf.mul(0.5, part(first + 2))), distance)));
    };
    return tf.add(disk(0, 5), tf.mul(0.6, disk(3, 11)));
  },
};

async function blurredBy(image: Floats, kernel: Floats, sigma: number): Promise<Floats> {
  const operator = convolution({ inShape: image.shape.slice(1), kernel });
  const { data, shape } = await apply(operator.forward, image);
  const random = stream(4, "noise");
  return fromHost(data.map((v) => v + sigma * random.normal()) as Float32Array, shape);
}

const relative = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const [error, energy] = Array.from(b).reduce(([e, n], v, i) => [e + (a[i]! - v) ** 2, n + v * v], [0, 0] as [
    number,
    number,
  ]);
  return Math.sqrt(error / energy);
};

test("generators: image and kernel are found together", async () => {
  const image = await generate(imagePrior, fromHost(Float32Array.of(0.5, -0.7, 0.4, 0.3, 0.8, -0.5), [1, 6]));
  const { data } = await generate(kernelPrior, fromHost(Float32Array.of(1, -1), [1, 2]));
  const kernel = fromHost(data, [5, 5]);
  const y = await blurredBy(image, kernel, 0.002);
  const found = await blindDeconvolution({ y, noise: gaussianNoise(0.002) }, imagePrior, kernelPrior, {
    restarts: 4,
    rounds: 1,
  });
  const [ofImage, ofKernel] = [
    relative(found.recoveries[0]!.estimate.data, image.data),
    relative(found.kernels.data, kernel.data),
  ];
  assert.ok(ofImage < 0.03 && ofKernel < 0.1, `errors: image ${ofImage}, kernel ${ofKernel}`);
  assert.ok(Math.abs(found.kernels.data.reduce((a, b) => a + b, 0) - 1) < 1e-5);
});

test("the kernel's problem has the misfit of y = k ∗ x up to a constant", async () => {
  const [image, y] = [draw(1, [1, 9, 8]), draw(2, [1, 9, 8])];
  const given = await kernelProblem(image, y, [3, 5], "zero");
  const misfits = async (kernel: Floats) => {
    const operator = convolution({ inShape: [9, 8], kernel, boundary: "zero" });
    const { data } = await apply(operator.forward, image);
    const full = data.reduce((sum, v, i) => sum + (v - y.data[i]!) ** 2, 0);
    const reduced = (await apply(given.operator.forward, fromHost(kernel.data, [1, 3, 5]))).data;
    return full - reduced.reduce((sum, v, i) => sum + (v - given.y.data[i]!) ** 2, 0);
  };
  const constants = [await misfits(draw(3, [3, 5])), await misfits(draw(4, [3, 5]))];
  assert.ok(Math.abs(constants[0]! - constants[1]!) < 0.02, constants.join()); // float32 sums near 500, and the ridge
});

test("smooth images, which hardly tell kernels apart, and black ones have a kernel's problem too", async () => {
  const bump = Float32Array.from({ length: 784 }, (_, at) =>
    Math.exp(-((Math.floor(at / 28) - 14) ** 2 + ((at % 28) - 14) ** 2) / 50),
  );
  for (const data of [bump, new Float32Array(784)]) {
    const image = fromHost(data, [1, 28, 28]);
    const { operator, y } = await kernelProblem(image, image, [13, 13], "reflect");
    const { data: seen } = await apply(operator.forward, fromHost(new Float32Array(169).fill(1 / 169), [1, 13, 13]));
    assert.ok([...y.data, ...seen].every(Number.isFinite));
  }
});

test("a range cuts images, and not their kernels", async () => {
  const pair = pairPrior(imagePrior, kernelPrior, 1, [16, 235]);
  const free = pairPrior(imagePrior, kernelPrior, 1);
  const z = draw(5, [3, pair.latent]);
  const [cut, whole] = [await generate(pair, z), await generate(free, z)];
  for (let at = 0; at < whole.data.length; at++) {
    const v = whole.data[at]!;
    assert.is(cut.data[at], at % 281 < 256 ? Math.min(235, Math.max(16, v)) : v);
  }
});

test("wrong input is refused in one line", async () => {
  const y = draw(1, [1, 8, 8]);
  const given = { y, noise: gaussianNoise(0.1) };
  const tv = parsePenalty("tv", [8, 8]);
  const image: GeneratorPrior = {
    ...{ kind: "generator", name: "flat", latent: 1, shape: [8, 8] },
    decode: (z) => tf.mul(tf.expandDims(z, 2), tf.ones([1, 8, 8])),
  };
  for (const [call, message] of [
    [
      () => blindDeconvolution(given, tv, kernelPrior),
      /blind-blur: tv is no generator or mixture, which descents can search/,
    ],
    [() => blindDeconvolution(given, image, tv), /blind-blur: tv is no prior of kernels; train a mixture/],
    [() => blindDeconvolution(given, imagePrior, kernelPrior), /disks makes images of \[16, 16\], y is \[8, 8\]/],
    [
      () => blindDeconvolution(given, image, { ...kernelPrior, shape: [8, 8] }),
      /kernels of 8×8, expected smaller ones than the images of 8×8/,
    ],
    [() => blindDeconvolution(given, image, { ...kernelPrior, shape: [25] }), /signals of \[25\], expected kernels/],
    [
      () => blindDeconvolution({ ...given, y: draw(1, [1, 8, 8, 3]) }, image, kernelPrior),
      /grey images \[h, w\], got \[8, 8, 3\]/,
    ],
    [
      () => blindDeconvolution(given, image, kernelPrior, { restarts: 0 }),
      /restarts: expected an integer of at least 1, got 0/,
    ],
  ] as const) {
    try {
      await call();
      assert.unreachable(String(message));
    } catch (error) {
      assert.instance(error, InputError);
      assert.match((error as Error).message, message);
    }
  }
});

test("the command writes image and kernel, and says what is missing", async () => {
  const home = process.cwd();
  process.chdir(scratch());
  try {
    await ok("sketch motion-kernels:side=5 --limit 600 --sketch-size 20k --poses none -o K.npz");
    await ok("train K.npz -o kernels");
    const whole = (await readRows(await openDataset("mnist"), 0, 400)) as Floats;
    const half = (_: unknown, at: number) =>
      whole.data[784 * Math.floor(at / 196) + 56 * Math.floor((at % 196) / 14) + 2 * (at % 14)]!;
    const digits = fromHost(Float32Array.from({ length: 400 * 196 }, half), [400, 14, 14]); // every other pixel
    await writeNpz("digits.npz", { arrays: { data: digits }, metadata: undefined });
    await ok("sketch digits.npz --sketch-size 20k --poses none -o D.npz");
    await ok("train D.npz -o prior");
    const kernel = (await readRows(await openDataset("motion-kernels:side=5"), 900, 901)) as Floats;
    const clear = ndarray(digits.data.slice(0, 196), [1, 14, 14]);
    const y = await blurredBy(clear, fromHost(kernel.data as Float32Array, [5, 5]), 0.01);
    await writeNpz("y.npz", { arrays: { y }, metadata: undefined });
    const line = "reconstruct y.npz --noise 0.01 --prior prior --range 0,1";
    const said = await ok(`${line} --operator blind-blur:restarts=2,steps=30,rounds=1 --kernel-prior kernels -o x.npy`);
    assert.is(said.kernel, "x-kernel.npy");
    assert.ok(existsSync("x.npy"));
    assert.equal((await readArray("x.npy")).shape, [1, 14, 14]);
    const found = await readArray("x-kernel.npy");
    assert.equal(found.shape, [1, 5, 5]);
    assert.ok(Math.abs(Array.from(found.data as Float32Array).reduce((a, b) => a + b, 0) - 1) < 1e-5);
    const blind = `${line} --operator blind-blur -o z.npy`;
    await refused(blind, /^error: --kernel-prior: is missing; blind-blur needs one/);
    await refused(`${blind} --kernel-prior kernels --samples 3`, /^error: --samples: blind-blur has no use for it/);
    await refused(`${blind} --kernel-prior tv`, /^error: --kernel-prior: tv is a baseline; give a prior of kernels/);
    await refused(`${blind} --kernel-prior prior`, /^error: .*kernels of 14×14/);
    await refused(
      `${line} --operator identity --kernel-prior kernels -o z.npy`,
      /^error: --kernel-prior: is for --operator blind-blur/,
    );
    await refused(`${line} --operator blind-blur:steps=x --kernel-prior kernels -o z.npy`, /^error: blind-blur: steps/);
  } finally {
    process.chdir(home);
  }
});

test.run();
