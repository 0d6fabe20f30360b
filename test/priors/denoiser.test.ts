import { writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { givenWidth, MARGIN } from "../../priors/denoiser/given.ts";
import { denoiserKind, modelOfDesign, pairDataset, pairFamily } from "../../priors/denoiser/index.ts";
import type { DenoiserModel } from "../../priors/denoiser/model.ts";
import { regressions } from "../../priors/denoiser/regress.ts";
import { averageSimilar, similarPatches } from "../../priors/denoiser/similar.ts";
import { fitPatches } from "../../priors/patches/index.ts";
import type { DenoiserPrior } from "../../priors/prior.ts";
import { loadOnnxPrior } from "../../src/cli/onnx-prior.ts";
import { fromHost } from "../../src/data/array.ts";
import { deadLeaves } from "../../src/data/dead-leaves.ts";
import { type ImageSource, patchDataset } from "../../src/data/patches.ts";
import { stream } from "../../src/data/random.ts";
import { readRows } from "../../src/data/rows.ts";
import { designFor, mergeSketches, sharedDirectionsOf, sketchDataset } from "../../src/sketch/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { difference } from "../operators/draws.ts";

const test = suite("denoiser");
const at = scratch();

/** Parts of drawn images as images of their own. */
const drawn = async (
  first: number,
  count: number,
  [height, width]: readonly [number, number],
): Promise<ImageSource> => {
  const { data } = await readRows(deadLeaves(), first, first + count);
  return {
    ...{ name: "drawn", channels: 1 },
    sizes: Array.from({ length: count }, () => [height, width] as const),
    read: async (i) =>
      Float32Array.from(
        { length: height * width },
        (_, at) => data[(i * 128 + Math.floor(at / width)) * 128 + (at % width)]!,
      ),
  };
};

const SIGMA = 0.1;
const images = await drawn(0, 6, [48, 40]);

/** Cells of patches of the images, and no stage. */
async function start(side = 5): Promise<DenoiserModel> {
  const patches = patchDataset(images, { side, stride: 1 });
  const design = await designFor(patches, { pilotRows: 3000, families: [{ kind: "gated-moments", cells: 6 }] });
  const { weights, values, vectors } = await fitPatches(await sketchDataset(patches, design));
  const cells = await sharedDirectionsOf(
    { weights, values: values.data, vectors: vectors.data },
    { rank: 8, channels: 1 },
  );
  return { side, sigma: SIGMA, cells, stages: [] };
}

const pairsOf = (model: DenoiserModel) => pairDataset(images, model, { stride: 2, seed: 1 });

async function nextStage(model: DenoiserModel) {
  const pairs = pairsOf(model);
  const design = await designFor(pairs, { pilotRows: 10, ...pairFamily(model, { of: "test", seed: 1 }) });
  const sketch = await sketchDataset(pairs, design);
  return { sketch, trained: await denoiserKind.train(sketch, {}, {}) };
}

const cells = await start();
const one = await nextStage(cells);
const two = await nextStage(one.trained.model);

/** Mean squared error on images that nothing was learned from. */
async function errorOf(prior: DenoiserPrior): Promise<number> {
  const { sizes, read } = await drawn(50, 3, [40, 44]);
  const opened = await prior.open(sizes[0]!);
  let sum = 0;
  for (const i of sizes.keys()) {
    const clean = await read(i);
    const random = stream(9, "test noise", i);
    const noisy = fromHost(
      clean.map((v) => v + SIGMA * random.normal()),
      [1, 40, 44],
    );
    const { data } = await opened.denoise(noisy, SIGMA);
    for (const [at, v] of data.entries()) sum += (v - clean[at]!) ** 2 / clean.length / sizes.length;
  }
  await opened.dispose();
  return sum;
}

test("every stage denoises images not seen better than the one before", async () => {
  const [first, second] = [one, two].map(({ trained }) => denoiserKind.prior("d", trained) as DenoiserPrior);
  const errors = [await errorOf(first!), await errorOf(second!)];
  assert.ok(errors[0]! < 0.3 * SIGMA ** 2, `${errors}`); // drawn images are mostly flat: .2 here
  assert.ok(errors[1]! < errors[0]!, `${errors}`);
});

test("another s: D_s(x) = (s/σ) D(xσ/s); colours are denoised along orthogonal axes, brightness the first", async () => {
  const prior = denoiserKind.prior("d", two.trained) as DenoiserPrior;
  const [rows, columns] = [17, 14];
  const x = stream(3, "any image").fillNormal(new Float32Array(rows * columns));
  const grey = await prior.open([rows, columns]);
  const plain = (await grey.denoise(fromHost(x, [1, rows, columns]), SIGMA)).data;
  const scaled = await grey.denoise(
    fromHost(
      x.map((v) => 3 * v),
      [1, rows, columns],
    ),
    3 * SIGMA,
  );
  assert.ok(
    difference(
      scaled.data.map((v) => v / 3),
      plain,
    ) < 1e-5,
  ); // float32
  const colour = await prior.open([rows, columns, 3]);
  const inColour = (part: (c: number) => number) =>
    Float32Array.from({ length: 3 * x.length }, (_, at) => part(at % 3) * x[Math.floor(at / 3)]!);
  for (const axis of [
    [1, 1, 1],
    [1, 0, -1],
    [1, -2, 1],
  ]) {
    const unit = (c: number) => axis[c]! / Math.hypot(...axis);
    const { data } = await colour.denoise(fromHost(inColour(unit), [1, rows, columns, 3]), SIGMA);
    const along = plain.map((_, p) => [0, 1, 2].reduce((sum, c) => sum + unit(c) * data[3 * p + c]!, 0));
    assert.ok(difference(along, plain) < 1e-5); // the other axes hold zeros
    assert.ok(
      difference(
        data,
        Float32Array.from(data, (_, at) => unit(at % 3) * plain[Math.floor(at / 3)]!),
      ) < 1e-5,
    );
  }
  for (const opened of [grey, colour]) await opened.dispose();
  assert.match(String(prior.accepts([4, 9])), /smaller than a patch/);
  assert.match(String(prior.accepts([9])), /are no images/);
});

test("denoiser.onnx, in ONNX Runtime, gives the same numbers, for images of other sizes and other s", async () => {
  for (const [trained, shapes] of [
    [one.trained, [[17, 14]]],
    [
      two.trained,
      [
        [26, 31],
        [5, 8], // one patch high, with few places to look for similar ones
      ],
    ],
  ] as const) {
    const own = denoiserKind.prior("d", trained) as DenoiserPrior;
    writeFileSync(at("denoiser.onnx"), denoiserKind.encode(trained).files["denoiser.onnx"]!);
    const network = (await loadOnnxPrior(at("denoiser.onnx"))) as DenoiserPrior;
    assert.is(network.takesSigma, true);
    for (const [height, width] of shapes) {
      const { read } = await drawn(60, 1, [height, width]);
      const random = stream(5, "noise");
      const image = fromHost(
        (await read(0)).map((v) => v + 1.4 * SIGMA * random.normal()),
        [1, height, width],
      );
      const made: Float32Array[] = [];
      for (const prior of [own, network]) {
        const opened = await prior.open([height, width]);
        made.push((await opened.denoise(image, 1.4 * SIGMA)).data);
        await opened.dispose();
      }
      assert.ok(difference(made[0]!, image.data) > 0.2);
      assert.ok(difference(made[0]!, made[1]!) < 1e-5, `${height} × ${width}: ${difference(made[0]!, made[1]!)}`); // float32
    }
  }
});

test("a pair: the surroundings of the noisy patch, then its clean numbers, both minus the mean of the noisy patch", async () => {
  const pairs = pairsOf(cells);
  const { side } = cells;
  const around = side + 2 * MARGIN;
  assert.equal(pairs.shape, [givenWidth(side, 0) + side * side]);
  assert.equal(pairs.count, 6 * 22 * 18); // every second pixel of 48 × 40
  const { data } = await readRows(pairs, 0, pairs.count);
  const width = pairs.shape[0]!;
  const clean = await images.read(1);
  const row = 22 * 18 + 5 * 18 + 7; // image 1, patch at row 10, column 14
  const pair = data.subarray(row * width, (row + 1) * width);
  const patch = Array.from(
    { length: side * side },
    (_, i) => pair[(MARGIN + Math.floor(i / side)) * around + MARGIN + (i % side)]!,
  );
  assert.ok(Math.abs(patch.reduce((a, b) => a + b, 0)) < 1e-4);
  const wanted = pair.subarray(around ** 2);
  const [first, second] = [clean[10 * 40 + 14]! - clean[10 * 40 + 15]!, wanted[0]! - wanted[1]!];
  assert.ok(Math.abs(first - second) < 1e-6);
  // the noise of all patches: 5 standard deviations of an estimate from as many independent numbers as there are pixels
  let sum = 0;
  for (let i = 0; i < pairs.count; i++) {
    for (let k = 0; k < side * side; k++) {
      const at = i * width + (MARGIN + Math.floor(k / side)) * around + MARGIN + (k % side);
      sum += (data[at]! - data[i * width + around ** 2 + k]!) ** 2 / (pairs.count * side * side);
    }
  }
  assert.ok(Math.abs(sum / SIGMA ** 2 - 1) < 5 * Math.sqrt(2 / (6 * 48 * 40)), `${sum}`);
});

test("any range and batch size read the same pairs, of both stages", async () => {
  for (const model of [cells, one.trained.model]) {
    const pairs = pairsOf(model);
    const width = pairs.shape[0]!;
    const whole = (await readRows(pairs, 300, 900)).data;
    let next = 300;
    for await (const { first, data } of pairs.batches(170, { from: 300, to: 900 })) {
      assert.is(first, next);
      assert.equal(data.data, whole.subarray((first - 300) * width, (first - 300) * width + data.size));
      next += data.shape[0]!;
    }
    assert.is(next, 900);
    assert.equal((await readRows(pairs, 500, 501)).data, whole.subarray(200 * width, 201 * width));
  }
});

test("sketches of parts merge to the whole, and a design remembers the stages", async () => {
  const { sketch } = two;
  const { model, seed } = modelOfDesign(sketch.design)!;
  assert.is(seed, 1);
  assert.equal(model.stages[0]!.data, one.trained.model.stages[0]!.data);
  const pairs = pairsOf(model);
  const half = Math.floor(pairs.count / 2);
  const parts = await Promise.all(
    [
      { from: 0, to: half },
      { from: half, to: pairs.count },
    ].map((range) => sketchDataset(pairs, sketch.design, { range })),
  );
  const merged = mergeSketches(parts[0]!, parts[1]!);
  const name = "paired-moments.xx";
  assert.is(merged.count, sketch.count);
  assert.ok(difference(merged.sums[name]!, sketch.sums[name]!) < 1e-6); // blocks in another order, float32
});

test("a trained denoiser survives its files", async () => {
  const { content, files } = denoiserKind.encode(two.trained);
  const again = await denoiserKind.decode(JSON.parse(JSON.stringify(content)), async (name) => files[name]!, "d");
  for (const [i, stage] of two.trained.model.stages.entries()) assert.equal(again.model.stages[i]!.data, stage.data);
  assert.is(again.model.sigma, SIGMA);
  assert.match(
    denoiserKind.describe(again).line,
    /^2 stages of regressions in 6 cells of 5 × 5 patches, for σ = 0\.1; /,
  );
});

test("regressions solve the normal equations: one cell, whose pairs obey a linear map, gives it back", async () => {
  const [given, wanted, count] = [4, 2, 500];
  const random = stream(5, "pairs");
  const map = random.fillNormal(new Float64Array(given * wanted));
  const width = given + wanted;
  const sums = new Float64Array((width * (width + 1)) / 2);
  for (let n = 0; n < count; n++) {
    const a = random.fillNormal(new Float64Array(given));
    const b = Array.from({ length: wanted }, (_, w) => a.reduce((sum, v, i) => sum + v * map[i * wanted + w]!, 0));
    const pair = [...a, ...b];
    for (let i = 0, at = 0; i < width; i++) for (let j = 0; j <= i; j++) sums[at++]! += pair[i]! * pair[j]!;
  }
  const { data, shape } = await regressions(Float64Array.of(count), sums, { given, wanted });
  assert.equal(shape, [1, given, wanted]);
  assert.ok(difference(data, map) < 1e-4); // raised by 1e-6 of the variance
});

test("similar patches: the nearest ones of the neighbourhood, by brute force", async () => {
  const [height, width, side] = [15, 13, 3];
  const image = { data: stream(2, "image").fillNormal(new Float32Array(height * width)), height, width };
  const grid = { rows: [0, 5, 12], columns: [0, 6, 10] };
  const similar = await similarPatches(image, grid, side, async () => {});
  const patchAt = (corner: number) =>
    Array.from({ length: side * side }, (_, i) => image.data[corner + Math.floor(i / side) * width + (i % side)]!);
  const out = new Float32Array(side * side);
  let patch = 0;
  for (const y of grid.rows) {
    for (const x of grid.columns) {
      const own = patchAt(y * width + x);
      const near: { distance: number; corner: number }[] = [];
      for (let v = 0; v + side <= height; v++) {
        for (let u = 0; u + side <= width; u++) {
          if (Math.max(Math.abs(u - x), Math.abs(v - y)) > 10) continue;
          const corner = v * width + u;
          near.push({ corner, distance: patchAt(corner).reduce((sum, value, i) => sum + (value - own[i]!) ** 2, 0) });
        }
      }
      const nearest = near.sort((a, b) => a.distance - b.distance).slice(0, 16);
      averageSimilar(image, similar, patch++, out);
      const wanted = own.map((_, i) => nearest.reduce((sum, { corner }) => sum + patchAt(corner)[i]! / 16, 0));
      assert.ok(difference(out, wanted) < 1e-5);
    }
  }
});

test("images in colour, or smaller than a patch, are refused in one line", async () => {
  const model = cells;
  const options = { stride: 1, seed: 1 };
  await refuses(() => pairDataset({ ...images, channels: 3 }, model, options), /^drawn: is in colour, denoisers learn/);
  const small = { ...images, sizes: [[4, 9] as const] };
  await refuses(() => pairDataset(small, model, options), /^drawn: image 0 is 9×4, smaller than a patch of 5×5$/);
  await refuses(() => pairDataset(images, model, { stride: 0, seed: 1 }), /^patches: stride: expected a positive/);
});

test.run();
