import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { convolution } from "../../operators/convolution.ts";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { parseNoise } from "../../src/measure/noise/registry.ts";
import { outsideNoise } from "../../src/solve/blind/outside-noise.ts";
import { recover } from "../../src/solve/index.ts";
import { apply } from "../operators/draws.ts";
import { middleOf } from "./blurred.ts";
import { cropped, noisy, prior } from "./leaves.ts";

const test = suite("noise of what lies outside");

const box = (side: number) => ndarray(new Float32Array(side * side).fill(1 / side ** 2), [side, side]);
const images = (shape: readonly number[]) => {
  const n = shape.reduce((a, b) => a * b, 1);
  return fromHost(stream(1, "outside").fillNormal(new Float32Array(n)), [1, ...shape]);
};

test("the part of the kernel outside times the deviation of y, added in squares; nothing inside", async () => {
  const y = images([12, 16]);
  const mean = y.data.reduce((sum, v) => sum + v / y.size, 0);
  const deviation = Math.sqrt(y.data.reduce((sum, v) => sum + (v - mean) ** 2 / y.size, 0));
  const of = { kernel: box(3), boundary: "reflect" } as const;
  const sigmas = (await outsideNoise(gaussianNoise(0.5), y, of)).gaussian!.sigmas!;
  const near = (i: number, expected: number) =>
    assert.ok(Math.abs(sigmas[i]! - expected) < 1e-5 * expected, `${i}: ${sigmas[i]}, expected ${expected}`);
  near(0, Math.hypot(0.5, (5 / 9) * deviation)); // a corner: 5 of 9 outside
  near(3, Math.hypot(0.5, (3 / 9) * deviation));
  near(16 + 1, 0.5);
  const own = Float32Array.from(y.data, (_, i) => 1 + (i % 3));
  const uneven = (await outsideNoise(gaussianNoise(own), y, of)).gaussian!.sigmas!;
  assert.ok(Math.abs(uneven[3]! - Math.hypot(1, deviation / 3)) < 1e-5);
  assert.is(uneven[16 + 1], own[16 + 1]);
  const colour = (await outsideNoise(gaussianNoise(0.5), images([12, 16, 3]), of)).gaussian!.sigmas!;
  assert.is(colour.length, 12 * 16 * 3);
  assert.is(colour[0], colour[2]);
});

test("without noise the middle has the least sigma that a kernel is judged by", async () => {
  const y = images([12, 16]);
  const { sigmas } = (await outsideNoise(gaussianNoise(0), y, { kernel: box(3), boundary: "reflect" })).gaussian!;
  const most = y.data.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  assert.ok(Math.abs(sigmas![16 + 1]! / (1e-4 * most) - 1) < 1e-5, `${sigmas![16 + 1]}`);
});

test("unchanged where opposite borders join, of other noise, and of images of fewer than four kernels", async () => {
  const y = images([12, 16]);
  const noise = gaussianNoise(0.5);
  assert.is(await outsideNoise(noise, y, { kernel: box(3), boundary: "circular" }), noise);
  assert.is(await outsideNoise(noise, y, { kernel: box(5), boundary: "reflect" }), noise);
  const counts = parseNoise("poisson:peak=30").ofClean(y);
  assert.is(await outsideNoise(counts, y, { kernel: box(3), boundary: "zero" }), counts);
});

test("patches deblur a part of a larger image better by it, and best where nothing is supposed of what lies outside", async () => {
  const whole = cropped(1, 64, 64);
  const kernel = box(9);
  const blurred = await apply(convolution({ inShape: [64, 64], kernel }).forward, whole);
  const [truth, seen] = [middleOf(whole, 12), middleOf(blurred, 12)];
  const y = noisy(seen, 0.004);
  const operator = convolution({ inShape: [40, 40], kernel });
  const errorBy = async (noise = gaussianNoise(0.004)) => {
    const { estimate } = await recover({ operator, y, noise, range: [0, 1] }, prior);
    return estimate.data.reduce((sum, v, i) => sum + (v - truth.data[i]!) ** 2 / truth.size, 0);
  };
  const [plain, outside] = [
    await errorBy(),
    await errorBy(await outsideNoise(gaussianNoise(0.004), y, { kernel, boundary: "reflect" })),
  ];
  assert.ok(outside < 0.7 * plain, `${outside} ${plain}`);
  const valid = convolution({ inShape: [48, 48], kernel, boundary: "valid" });
  const { estimate } = await recover({ operator: valid, y, noise: gaussianNoise(0.004), range: [0, 1] }, prior);
  const unknown = middleOf(estimate, 4).data.reduce((sum, v, i) => sum + (v - truth.data[i]!) ** 2 / truth.size, 0);
  assert.ok(unknown < outside, `${unknown} ${outside}`);
});

test.run();
