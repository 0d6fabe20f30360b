import type { NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { convolution } from "../../operators/convolution.ts";
import type { Boundary } from "../../operators/operator.ts";
import type { GaussianPrior, GeneratorPrior } from "../../priors/prior.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { fromHost } from "../../src/data/array.ts";
import { InputError, stream } from "../../src/data/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { blindDeconvolution } from "../../src/solve/blind/blind-deconvolution.ts";
import { jointSearch } from "../../src/solve/blind/joint-search.ts";
import { kernelProblem } from "../../src/solve/blind/kernel-problem.ts";
import { pairPrior } from "../../src/solve/blind/pair-prior.ts";
import { sparseGradients } from "../../src/solve/blind/sparse-gradients.ts";
import { generate } from "../../src/solve/latent/csgm.ts";
import { apply, draw } from "../operators/draws.ts";
import { blurredBy, middleOf, relative } from "./blurred.ts";

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

test("every signal's different kernels are returned, that of the lowest objective first", async () => {
  const images = await generate(
    imagePrior,
    fromHost(Float32Array.of(0.5, -0.7, 0.4, 0.3, 0.8, -0.5, -0.5, 0.7, -0.4, -0.3, -0.8, 0.5), [2, 6]),
  );
  const { data } = await generate(kernelPrior, fromHost(Float32Array.of(1, -1, -1, 1), [2, 2]));
  const y = new Float32Array(2 * SIDE ** 2);
  for (const i of [0, 1]) {
    const own = fromHost(images.data.slice(i * SIDE ** 2, (i + 1) * SIDE ** 2), [1, SIDE, SIDE]);
    const seen = await blurredBy(own, fromHost(data.slice(25 * i, 25 * (i + 1)), [5, 5]), 0.002);
    y.set(seen.data, i * SIDE ** 2);
  }
  const given = { y: fromHost(y, [2, SIDE, SIDE]), noise: gaussianNoise(0.002) };
  const search = (steps: number) =>
    jointSearch(given, imagePrior, kernelPrior, { restarts: 8, steps, boundary: "reflect", seed: 1 });
  for (const [i, found] of (await search(300)).entries()) {
    const error = relative(found.data.slice(0, 25), data.slice(25 * i, 25 * (i + 1)));
    assert.ok(error < 0.1, `signal ${i}: error ${error}`);
  }
  for (const started of await search(40)) {
    const kernels = Array.from({ length: started.shape[0]! }, (_, at) => started.data.slice(25 * at, 25 * (at + 1)));
    assert.ok(kernels.length > 1, "one kernel of 8 starts");
    for (const [at, kernel] of kernels.entries()) {
      for (const other of kernels.slice(0, at)) assert.ok(relative(other, kernel) > 0.05);
    }
  }
  const [early] = await search(40);
  const errors = Array.from({ length: early!.shape[0]! }, (_, at) =>
    relative(early!.data.slice(25 * at, 25 * (at + 1)), data.slice(0, 25)),
  );
  assert.ok(errors[0]! < 0.5 * Math.max(...errors), errors.join()); // sorted the other way round, it is the worst
});

test("pairs of conditions are different ones, as probable as they were drawn often", async () => {
  const conditioned = (prior: GeneratorPrior, weights: readonly number[]): GeneratorPrior => ({
    ...prior,
    conditions: Float64Array.from(weights),
    decode: (z, c) => tf.mul(prior.decode(z), tf.reshape(tf.add(1, c!), [-1, 1, 1])),
  });
  const pair = pairPrior(conditioned(imagePrior, [0.5, 0.25, 0.25]), conditioned(kernelPrior, [0.75, 0.25]), 1);
  assert.is(pair.conditions!.length, 6);
  assert.ok(Math.abs(pair.conditions!.reduce((a, b) => a + b) - 1) < 1e-12);
  const sorted = [...pair.conditions!].sort((a, b) => b - a);
  for (const [at, p] of [0.375, 0.1875, 0.1875, 0.125, 0.0625, 0.0625].entries()) {
    assert.ok(Math.abs(sorted[at]! - p) < 0.04, sorted.join()); // 2048 draws: standard deviation .011 at most
  }
});

/** Σ (∇(y − k ∗ x))², both differences, of images [1, h, w] without a margin. */
async function roughMisfit(image: Floats, y: Floats, kernel: Floats, boundary: Boundary, margin: number) {
  const [, h, w] = image.shape as [number, number, number];
  const { data } = await apply(convolution({ inShape: [h, w], kernel, boundary }).forward, image);
  const rest = (i: number, j: number) => y.data[i * w + j]! - data[i * w + j]!;
  let sum = 0;
  for (let i = margin; i < h - margin; i++) {
    for (let j = margin; j < w - margin; j++) {
      if (i + 1 < h - margin) sum += (rest(i + 1, j) - rest(i, j)) ** 2;
      if (j + 1 < w - margin) sum += (rest(i, j + 1) - rest(i, j)) ** 2;
    }
  }
  return sum;
}

test("the kernel's problem has the misfit of ∇y = k ∗ ∇x up to a constant, without a margin where images are large", async () => {
  for (const [h, w, kernel, boundary, margin] of [
    [9, 8, [3, 5], "zero", 0],
    [8, 9, [4, 3], "circular", 0],
    [21, 20, [5, 5], "reflect", 2],
  ] as const) {
    const [image, y] = [draw(1, [1, h, w]), draw(2, [1, h, w])];
    const given = kernelProblem(image, y, kernel, boundary);
    const count = 2 * (h - 2 * margin) * (w - 2 * margin) - (h - 2 * margin) - (w - 2 * margin);
    const constants: number[] = [];
    for (const seed of [3, 4]) {
      const k = draw(seed, kernel);
      const full = await roughMisfit(image, y, k, boundary, margin);
      assert.ok(Math.abs(given.misfit(k.data) - Math.sqrt(full / count)) < 1e-4 * Math.sqrt(full / count)); // the ridge and float32
      const reduced = (await apply(given.operator.forward, fromHost(k.data, [1, ...kernel]))).data;
      constants.push(full - reduced.reduce((sum, v, i) => sum + (v - given.y.data[i]!) ** 2, 0));
    }
    assert.ok(Math.abs(constants[0]! - constants[1]!) < 0.2, constants.join()); // of sums up to 10⁴
  }
});

test("smooth images, which hardly tell kernels apart, and black ones have a kernel's problem too", async () => {
  const bump = Float32Array.from({ length: 784 }, (_, at) =>
    Math.exp(-((Math.floor(at / 28) - 14) ** 2 + ((at % 28) - 14) ** 2) / 50),
  );
  for (const data of [bump, new Float32Array(784)]) {
    const image = fromHost(data, [1, 28, 28]);
    const { operator, y } = kernelProblem(image, image, [13, 13], "reflect");
    const { data: seen } = await apply(operator.forward, fromHost(new Float32Array(169).fill(1 / 169), [1, 13, 13]));
    assert.ok([...y.data, ...seen].every(Number.isFinite));
  }
});

/** The Gaussian with the moments of 400 kernels of `kernelPrior`. */
async function gaussianKernels(): Promise<GaussianPrior> {
  const { data } = await generate(kernelPrior, draw(6, [400, 2]));
  const mean = new Float64Array(25);
  for (const [at, v] of data.entries()) mean[at % 25]! += v / 400;
  const covariance = new Float64Array(625);
  for (let at = 0; at < 400 * 625; at++) {
    const [row, i, j] = [Math.floor(at / 625) * 25, Math.floor((at % 625) / 25), at % 25];
    covariance[i * 25 + j]! +=
      ((data[row + i]! - mean[i]!) * (data[row + j]! - mean[j]!)) / 400 + Number(i === j) * 1e-10;
  }
  return { kind: "gaussian", name: "widths", shape: [5, 5], mean, covariance };
}

/** Overlapping rectangles of grey, [h, w]. */
function rectangles(h: number, w: number): Floats {
  const random = stream(9, "rectangles");
  const data = new Float32Array(h * w).fill(0.5);
  for (let n = 0; n < 30; n++) {
    const [top, left, grey] = [random.integer(h), random.integer(w), random.uniform()];
    const [low, right] = [top + 5 + random.integer(h / 2), left + 5 + random.integer(w / 2)];
    for (let i = top; i < Math.min(h, low); i++) for (let j = left; j < Math.min(w, right); j++) data[i * w + j] = grey;
  }
  return fromHost(data, [h, w]);
}

test("few edges: a blurred image of flat parts comes back, given its kernel", async () => {
  const image = rectangles(40, 44);
  const kernel = fromHost(Float32Array.of(0, 0.1, 0.2, 0.1, 0.3, 0.1, 0.2, 0, 0), [3, 3]);
  const y = await blurredBy(fromHost(image.data, [1, 40, 44]), kernel, 0.002);
  const found = sparseGradients(y, [3, 3])(kernel, 1e-3);
  const [before, after] = [relative(y.data, image.data), relative(found.data, image.data)];
  assert.ok(after < 0.3 * before, `error ${before} blurred, ${after} recovered`);
});

test("images of any size: a penalty recovers image and kernel, and channels share one", async () => {
  const [{ data: drawn }, prior] = [rectangles(46, 48), await gaussianKernels()];
  const whole = fromHost(drawn, [1, 46, 48]);
  const { data } = await generate(kernelPrior, fromHost(Float32Array.of(0.7, -0.7), [1, 2]));
  const kernel = fromHost(data, [5, 5]);
  const image = middleOf(whole, 8);
  const y = middleOf(await blurredBy(whole, kernel, 0.005), 8);
  const given = { y, noise: gaussianNoise(0.005), range: [0, 1] as const };
  const { recoveries, kernels } = await blindDeconvolution(given, parsePenalty("tv", [30, 32]), prior);
  const [before, after] = [relative(y.data, image.data), relative(recoveries[0]!.estimate.data, image.data)];
  const { noise, by } = recoveries[0]!.chosen;
  assert.is(noise, given.noise.name);
  assert.match(by!.at(-1)!, /more sigma where the kernel reaches what lies outside/);
  assert.ok(after < 0.7 * before, `error ${before} blurred, ${after} recovered`);
  assert.ok(relative(kernels.data, kernel.data) < 0.4, `error of the kernel ${relative(kernels.data, kernel.data)}`);
  const colours = fromHost(
    Float32Array.from({ length: 3 * y.size }, (_, at) => y.data[Math.floor(at / 3)]! * (1 - 0.2 * (at % 3))),
    [1, 30, 32, 3],
  );
  const flat = parsePenalty("tikhonov", [30, 32, 3]);
  const found = await blindDeconvolution({ ...given, y: colours }, flat, prior, { rounds: 1 });
  assert.equal(found.recoveries[0]!.estimate.shape, [1, 30, 32, 3]);
  assert.ok(Math.abs(found.kernels.data.reduce((a, b) => a + b, 0) - 1) < 1e-5);
  const misfits = [y, colours].map((seen) => kernelProblem(seen, seen, [5, 5], "reflect").misfit(kernel.data));
  assert.ok(Math.abs(misfits[1]! / misfits[0]! - Math.sqrt((1 + 0.64 + 0.36) / 3)) < 1e-5); // of channels that are multiples
});

test("a wide kernel is kept although no blur would leave less of y unexplained", async () => {
  const [image, prior] = [rectangles(40, 44), await gaussianKernels()];
  const { data } = await generate(kernelPrior, fromHost(Float32Array.of(1, 1), [1, 2]));
  const kernel = fromHost(data, [5, 5]);
  const y = await blurredBy(fromHost(image.data, [1, 40, 44]), kernel, 0.005);
  const given = { y, noise: gaussianNoise(0.005), range: [0, 1] as const };
  const { recoveries } = await blindDeconvolution(given, parsePenalty("tv", [40, 44]), prior);
  const [before, after] = [relative(y.data, image.data), relative(recoveries[0]!.estimate.data, image.data)];
  assert.ok(after < 0.9 * before, `error ${before} blurred, ${after} recovered`);
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
      () => blindDeconvolution({ ...given, y: draw(1, [1, 64]) }, tv, kernelPrior),
      /blind-blur: takes images \[h, w\] or \[h, w, channels\], got \[64\]/,
    ],
    [() => blindDeconvolution({ ...given, y: draw(1, [1, 9, 8]) }, tv, kernelPrior), /tv makes images of \[8, 8\]/],
    [() => blindDeconvolution(given, image, tv), /blind-blur: tv is no prior of kernels; train a mixture/],
    [() => blindDeconvolution(given, imagePrior, kernelPrior), /disks makes images of \[16, 16\], y is \[8, 8\]/],
    [
      () => blindDeconvolution(given, image, { ...kernelPrior, shape: [8, 8] }),
      /kernels of 8×8, expected smaller ones than the images of 8×8/,
    ],
    [() => blindDeconvolution(given, image, { ...kernelPrior, shape: [25] }), /signals of \[25\], expected kernels/],
    [
      () => blindDeconvolution({ ...given, y: draw(1, [1, 8, 8, 3]) }, { ...image, shape: [8, 8, 3] }, kernelPrior),
      /flat is searched for grey images \[h, w\], got \[8, 8, 3\]/,
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

test.run();
