import ort from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as tf from "#tf";
import { convolution } from "../../operators/convolution.ts";
import { gaussian } from "../../operators/gaussian.ts";
import { normalSignals } from "../../operators/probes.ts";
import { parseOperator } from "../../operators/registry.ts";
import type { SmoothPenalty } from "../../priors/prior.ts";
import {
  CONCAVITY,
  type RegulariserModel,
  regulariserKind,
  regulariserPrior,
  trainRegulariser,
} from "../../priors/regulariser/index.ts";
import { naive } from "../../priors/regulariser/naive.ts";
import { regulariserOnnx } from "../../priors/regulariser/onnx.ts";
import { modelOf } from "../../priors/regulariser/step.ts";
import { loadPrior, savePrior } from "../../src/cli/prior-folder.ts";
import { fromHost } from "../../src/data/array.ts";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { compile } from "../../src/engine/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { kept } from "./folders.ts";

const test = suite("learned regulariser");
const at = scratch();

/** Random filters and weights. */
function randomModel(side: number, channels: number, count: number): RegulariserModel {
  const draws = stream(7, "model");
  const v = fromHost(draws.fillNormal(new Float32Array(side ** 2 * channels * count)), [side, side, channels, count]);
  return modelOf({ v, a: fromHost(draws.fillNormal(new Float32Array(count)), [count]) }, 0.5);
}

/** Ψ and ∇Ψ of images [batch, ...shape]. */
async function evaluated(penalty: SmoothPenalty, x: Float32Array) {
  const images = fromHost(x, [x.length / penalty.shape.reduce((a, b) => a * b), ...penalty.shape]);
  const both = await compile(
    (input: { x: tf.Tensor }) => ({ value: penalty.value(input.x), gradient: penalty.gradient(input.x) }),
    { x: images },
  );
  const { value, gradient } = await both.run({ x: images });
  await both.dispose();
  return { value: value.data, gradient: gradient.data };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
const moved = (x: Float32Array, by: number, h: ArrayLike<number>) => x.map((v, i) => v + by * h[i]!);
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) => Float64Array.from(a, (v, i) => v - b[i]!);

for (const shape of [
  [6, 9],
  [5, 5, 3],
]) {
  const penalty = regulariserPrior("Ψ", randomModel(3, shape[2] ?? 1, 4)).penalty(shape);
  const n = shape.reduce((a, b) => a * b);
  const draw = (name: string) => stream(3, name).fillNormal(new Float32Array(n));

  test(`[${shape}]: the gradient is that of the value`, async () => {
    const [x, h] = [draw("x"), draw("h")];
    const { gradient } = await evaluated(penalty, x);
    const [up, down] = [await evaluated(penalty, moved(x, 0.003, h)), await evaluated(penalty, moved(x, -0.003, h))];
    const slope = (up.value[0]! - down.value[0]!) / 0.006;
    assert.ok(Math.abs(slope / dot(gradient, h) - 1) < 5e-3, `${slope} and ${dot(gradient, h)}`); // float32 rounding of a value of about 3 over .006
  });

  test(`[${shape}]: flat images have Ψ = 0, and no image less`, async () => {
    const flat = await evaluated(penalty, new Float32Array(n).fill(0.7));
    assert.ok(flat.value[0]! < 1e-8 && flat.value[0]! >= 0);
    assert.ok((await evaluated(penalty, draw("x"))).value[0]! > 0.1);
  });

  test(`[${shape}]: the Hessian lies between −concavity and curvature, which hardly is too large`, async () => {
    for (const scale of [0.01, 0.3, 1, 5]) {
      const [x, h] = [draw("x").map((v) => scale * v), draw("h").map((v) => 1e-2 * v)];
      const [a, b] = [await evaluated(penalty, x), await evaluated(penalty, moved(x, 1, h))];
      const change = dot(apart(b.gradient, a.gradient), h) / dot(h, h);
      assert.ok(change <= penalty.curvature && change >= -penalty.concavity, `${change}`);
    }
    assert.is(penalty.concavity, CONCAVITY * penalty.curvature);
    let direction = draw("start");
    let size = 0;
    for (let i = 0; i < 60; i++) {
      const { gradient } = await evaluated(
        penalty,
        direction.map((v) => 1e-3 * v),
      ); // near 0 the gradient is linear
      size = Math.sqrt(dot(gradient, gradient)) / 1e-3;
      direction = Float32Array.from(gradient, (v) => v / (1e-3 * size));
    }
    assert.ok(size <= penalty.curvature && size > 0.5 * penalty.curvature, `${size} of ${penalty.curvature}`); // filters end at the borders
  });
}

test("by 1/√N the slope does not depend on the size of the image", async () => {
  const prior = regulariserPrior("Ψ", randomModel(3, 1, 4));
  const slopeOf = async (side: number) => {
    const x = stream(5, "image", side).fillNormal(new Float32Array(side ** 2));
    const { gradient } = await evaluated(prior.penalty([side, side]), x);
    return Math.sqrt(dot(gradient, gradient));
  };
  const ratio = (await slopeOf(48)) / (await slopeOf(24));
  assert.ok(ratio > 0.95 && ratio < 1.15, `${ratio}`); // a border of two pixels counts less
});

test("naive reconstructions solve (Φ'Φ + αI)x = Φ'y, also in a batch that is not full", async () => {
  const operator = gaussian({ inShape: [4, 5], m: 12, seed: 2 });
  const y = normalSignals(4, "y", 3, [12]);
  const x = await naive(operator, y, 0.3, undefined);
  assert.equal(x.shape, [3, 4, 5]);
  const left = await compile(
    (input: { x: tf.Tensor; y: tf.Tensor }) =>
      operator.adjoint(operator.forward(input.x).sub(input.y)).add(input.x.mul(0.3)).norm(),
    { x, y },
  );
  assert.ok((await left.run({ x, y })).data[0]! < 3e-3); // 1e-3 of ‖Φ'y‖
  await left.dispose();
});

/** Images of two flat halves at a random height. */
const halves = (count: number, side: number) => {
  const draws = stream(1, "halves");
  const data = new Float32Array(count * side ** 2);
  for (let i = 0; i < count; i++) {
    const edge = draws.integer(side);
    for (let p = 0; p < side ** 2; p++) data[i * side ** 2 + p] = Math.floor(p / side) < edge ? 0.8 : 0.2;
  }
  return arrayDataset("halves", fromHost(data, [count, side, side]));
};
const settings = { sigma: 0.2, filters: 6, side: 3, batch: 6, steps: 60, images: 12, learningRate: 0.2 };

test("training tells noisy images from clean ones, with slopes of about 1; without the loss of slopes they grow", async () => {
  const { gaps, slopes, model } = await trainRegulariser(halves(20, 16), settings);
  const last = (values: readonly number[]) => values.slice(-10).reduce((a, b) => a + b / 10, 0);
  assert.is(gaps.length, 60);
  assert.ok(last(gaps) > 1.5 * gaps[0]!, `${gaps[0]} to ${last(gaps)}`);
  assert.ok(last(slopes) > 0.6 && last(slopes) < 1.1, `${last(slopes)}`);
  assert.ok(model.weights.data.every((b) => b > 0));
  const free = await trainRegulariser(halves(20, 16), { ...settings, slope: 1e-3 });
  assert.ok(last(free.slopes) > 1.5 * last(slopes), `${last(free.slopes)} and ${last(slopes)}`);
});

test("a resumed training has the bits of one that was not stopped, and its folder the same prior", async () => {
  const file = at("critic-checkpoint.npz");
  const short = { ...settings, steps: 12 };
  const whole = await trainRegulariser(halves(20, 16), short);
  const stop = new AbortController();
  const stopped = trainRegulariser(halves(20, 16), short, {
    ...kept(file, false, 3),
    signal: stop.signal,
    onProgress: ({ step }) => step === 7 && stop.abort(new Error("stopped")),
  });
  await stopped.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, "stopped"),
  );
  const resumed = await trainRegulariser(halves(20, 16), short, kept(file, true, 3));
  assert.equal(resumed, whole);
  for (const [given, message] of [
    [{ ...short, side: 5 }, /belongs to other settings \(side: 3 and 5\)/],
    [{ ...short, images: 11 }, /belongs to other images/],
  ] as const) {
    await refuses(() => trainRegulariser(halves(20, 16), given, kept(file, true)), message);
  }
  await savePrior(at("critic"), { kind: "regulariser", trained: whole });
  const loaded = await loadPrior(at("critic"));
  assert.ok(loaded.kind === "regulariser" && loaded.side === 3 && loaded.channels === 1);
  const x = stream(9, "x").fillNormal(new Float32Array(64));
  const [own, again] = [regulariserPrior("own", whole.model), loaded as typeof loaded & { kind: "regulariser" }];
  assert.equal(await evaluated(again.penalty([8, 8]), x), await evaluated(own.penalty([8, 8]), x));
});

test("smaller samples are laid side by side, and no crop crosses a seam", async () => {
  const flat = halves(20, 8);
  const tiled = await trainRegulariser(flat, { ...settings, steps: 2, imageShape: [16, 24], images: 3 });
  assert.equal([tiled.settings.crop, tiled.data.count], [8, 18]);
  const levels = arrayDataset(
    "levels",
    fromHost(
      Float32Array.from({ length: 6 * 64 }, (_, i) => 1 + Math.floor(i / 64)),
      [6, 8, 8],
    ),
  );
  const { pairsOf, cropsOf } = await import("../../priors/regulariser/pairs.ts");
  const { settingsOf } = await import("../../priors/regulariser/options.ts");
  const own = settingsOf({ ...settings, imageShape: [16, 24], images: 1, crop: 4 }, [8, 8], 1);
  const pairs = await pairsOf(levels, parseOperator(own.operator, own.imageShape, own.seed), own, undefined);
  assert.equal([...new Set(pairs.truths.data)].sort(), [1, 2, 3, 4, 5, 6]);
  assert.is(pairs.truths.data[8 * 24 + 23], 6); // the last sample is below on the right
  for (let index = 0; index < 10; index++) {
    const { truth } = cropsOf(pairs, own, [8, 8], index);
    for (let b = 0; b < 6; b++) assert.is(new Set(truth.data.subarray(16 * b, 16 * (b + 1))).size, 1);
  }
});

test("the ONNX file gives value and gradient of images of any size", async () => {
  const model = randomModel(3, 3, 4);
  const session = await ort.InferenceSession.create(regulariserOnnx(model));
  for (const [h, w] of [
    [5, 7],
    [4, 4],
  ] as const) {
    const x = stream(2, "image", h).fillNormal(new Float32Array(2 * h * w * 3));
    const { value, gradient } = await evaluated(regulariserPrior("Ψ", model).penalty([h, w, 3]), x);
    const planes = new Float32Array(x.length);
    const place = (i: number) =>
      Math.floor(i / (3 * h * w)) * 3 * h * w + (i % 3) * h * w + (Math.floor(i / 3) % (h * w));
    for (const [i, v] of x.entries()) planes[place(i)] = v;
    const out = await session.run({ image: new ort.Tensor("float32", planes, [2, 3, h, w]) });
    assert.ok(apart(out.value!.data as Float32Array, value).every((v) => Math.abs(v) < 1e-5));
    const found = out.gradient!.data as Float32Array;
    assert.ok(gradient.every((v, i) => Math.abs(v - found[place(i)]!) < 1e-5));
  }
  await session.release();
});

test("bad input is refused in one line", async () => {
  assert.match(
    String(regulariserKind.accepts(arrayDataset("rows", fromHost(new Float32Array(8), [2, 4])))),
    /rows: .* give images/,
  );
  const data = halves(20, 16);
  const dark = arrayDataset("dark", fromHost(new Float32Array(512), [2, 16, 16]));
  for (const [given, message, of = data] of [
    [{}, /train: sigma is required/],
    [{ sigma: 0 }, /train: sigma: expected a positive number, got 0/],
    [{ sigma: 0.1, side: 17 }, /train: side: expected at most 15, got 17/],
    [{ sigma: 0.1, crop: 4 }, /train: crop: expected a side from 7, that of a filter, to 16, that of the data, got 4/],
    [
      { sigma: 0.1, imageShape: [16, 24] },
      /train: image-shape: expected whole multiples of the data's \[16, 16\], got \[16, 24\]/,
    ],
    [{ sigma: 0.1, imageShape: [160, 160] }, /holds 20 samples, one image of \[160, 160\] takes 100; give more/],
    [{ sigma: 0.1, operator: "sign" }, /train: operator: expected a linear one, got sign/],
    [{ sigma: 0.1, operator: "radom:angles=3" }, /unknown operator "radom"/],
    [{ sigma: 1e-7 }, /are the images themselves; give a larger --sigma/],
    [{ sigma: 0.1 }, /the images of dark are all 0/, dark],
    [{ ...settings, learningRate: 1e38, steps: 4 }, /the loss stopped being finite after \d steps; try a smaller/],
  ] as const) {
    await refuses(() => trainRegulariser(of, given), message);
  }
  const blind = convolution({ inShape: [16, 16], kernel: fromHost(new Float32Array(9), [3, 3]), name: "convolution" });
  await refuses(
    () => trainRegulariser(halves(20, 16), settings, { openOperator: async () => blind }),
    /^train: convolution shows nothing of the images, all it measures is 0; check the operator$/,
  );
});

test.run();
