import { existsSync, readFileSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset, type Dataset, stream } from "../../src/data/index.ts";
import { loadCheckpoint, loadSketch, removeCheckpoint, saveSketch, sketchResumably } from "../../src/sketch/files.ts";
import {
  designFor,
  fourierMoments,
  labelCounts,
  mean,
  mergeSketches,
  ofLabel,
  type Sketch,
  sketchDataset,
  subtractSketch,
  whyNotMerge,
  withoutLabels,
} from "../../src/sketch/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { designs, gaussianData, gaussianRows, labelsFor, sameSums, tinyDesign } from "./tiny.ts";

const test = suite("algebra of sketches");
const at = scratch();
const data = gaussianData(1003);

test("subtract refuses other designs, parts that leave nothing, and parts that were never in the whole", async () => {
  const design = await tinyDesign();
  const part = (from: number, to: number) => sketchDataset(data, design, { range: { from, to } });
  const [whole, half] = [await part(0, 400), await part(0, 200)];
  const other = await sketchDataset(data, await tinyDesign({ features: "pca:2" }), { range: { from: 0, to: 10 } });
  await refuses(
    () => subtractSketch(whole, other),
    /subtract: the sketches have different designs \(features: raw and pca:2\); one is no part of the other/,
  );
  await refuses(
    () => subtractSketch(half, whole),
    /subtract: the part has 400 samples, the whole 200; at least one sample must be left/,
  );
  await refuses(() => subtractSketch(half, half), /the part has 200 samples, the whole 200/);
  const far = arrayDataset("far", ndarray(new Float32Array(597).fill(9), [199, 3]));
  const foreign = await sketchDataset(far, design);
  await refuses(
    () => subtractSketch(half, foreign),
    /subtract: the whole does not hold rows 0 to 199 of far; subtract only what was added/,
  );
  await refuses(
    () => subtractSketch(half, foreign, { foreign: true }),
    /this part was never in the whole: a moment of what would be left/,
  );
  const second = await designs["second moments alone"]!();
  const [a, b] = [await sketchDataset(data, second, { range: { from: 0, to: 200 } }), await sketchDataset(far, second)];
  const given = () => subtractSketch(a, b, { foreign: true });
  await refuses(given, /never in the whole: a second moment of what would be left is impossible/);
});

for (const [name, make] of Object.entries(designs)) {
  test(`${name}: a part is refused when any one of its sums cannot have been in the whole`, async () => {
    const design = await make();
    const whole = await sketchDataset(data, design, { range: { from: 0, to: 400 } });
    const part = await sketchDataset(data, design, { range: { from: 0, to: 200 } });
    assert.is(subtractSketch(whole, part).count, 200);
    for (const [sum, numbers] of Object.entries(part.sums)) {
      if (sum === "lossy-cells.log" || sum.startsWith("lossy-scores.")) continue; // log densities and gradients may have any sum
      const wrong = numbers.slice();
      wrong[0]! += 1e4; // of a triangle the first square
      const other = { ...part, sums: { ...part.sums, [sum]: wrong } };
      await refuses(() => subtractSketch(whole, other), /never in the whole: .* of what would be left is impossible/);
    }
  });
}

test("provenance: of rows that were added twice one copy is taken out; data sets of one name but other lengths are two", async () => {
  const design = await tinyDesign({ block: 64 });
  const own = await sketchDataset(data, design, { range: { from: 0, to: 128 } });
  const twice = mergeSketches(own, own);
  const left = subtractSketch(twice, own);
  assert.equal(left.provenance, own.provenance);
  assert.match(
    whyNotMerge(left.provenance!, own.provenance!)!,
    /^both hold rows 0 to 128 of gaussian, which would count/,
  );
  const others = arrayDataset("gaussian", gaussianRows(300, 8));
  const other = await sketchDataset(others, design);
  assert.is(whyNotMerge(own.provenance!, other.provenance!), undefined);
  assert.equal(
    mergeSketches(own, other).provenance!.sources.map(({ rows }) => rows),
    [300, 1003],
  );
  // a cut inside a block: what is left has other hashes than the rows read anew, and the same numbers
  const start = await sketchDataset(data, design, { range: { from: 0, to: 32 } });
  const rest = await sketchDataset(data, design, { range: { from: 32, to: 128 } });
  const both = mergeSketches(subtractSketch(own, start), other);
  assert.is(subtractSketch(both, rest).count, 300);
});

test("a part is refused when it leaves a cross moment that no data have, in every triangle", async () => {
  const cells = { kind: "local-moments", coarse: 2, fine: 3, features: 2, leading: 2, assigning: 2 } as const;
  const seconds = { kind: "second-moments" } as const;
  for (const [families, triangles] of [
    [
      [seconds, cells],
      ["second-moments.xx", "local-moments.aa", "local-moments.uu"],
    ],
    [[{ ...seconds, reduced: true }], ["second-moments.uu"]],
  ] as const) {
    const design = await tinyDesign({ features: "pca:2", families });
    const whole = await sketchDataset(data, design, { range: { from: 0, to: 400 } });
    const part = await sketchDataset(data, design, { range: { from: 0, to: 200 } });
    const left = subtractSketch(whole, part);
    for (const name of triangles) {
      // (1, 0) of the triangle beside (0, 0) and (1, 1)
      const [square = 0, , other = 0] = left.sums[name]!;
      const leaving = (correlation: number): Sketch => {
        const wrong = part.sums[name]!.slice();
        wrong[1] = whole.sums[name]![1]! - correlation * Math.sqrt(square * other);
        return { ...part, sums: { ...part.sums, [name]: wrong } };
      };
      for (const correlation of [1.001, -1.001, Number.NaN]) {
        const refused = /never in the whole: a(.*) cross moment of what would be left is impossible/;
        await refuses(() => subtractSketch(whole, leaving(correlation)), refused);
      }
      for (const correlation of [0.999, -0.999]) assert.is(subtractSketch(whole, leaving(correlation)).count, 200);
    }
  }
});

test("samples on a line, and squares too small for float32, are subtracted from and read back", async () => {
  const levels = stream(1, "levels").fillNormal(new Float32Array(900));
  const line = arrayDataset(
    "line",
    ndarray(
      Float32Array.from({ length: 2700 }, (_, at) => levels[Math.floor(at / 3)]! * [1, 10, 1e-25][at % 3]!),
      [900, 3],
    ),
  );
  const design = await tinyDesign({ families: [{ kind: "second-moments" }] });
  const [whole, part] = [
    await sketchDataset(line, design),
    await sketchDataset(line, design, { range: { from: 7, to: 897 } }),
  ];
  const file = at("line.npz");
  await saveSketch(file, subtractSketch(whole, part));
  assert.is((await loadSketch(file)).count, 10);
});

test("by label: the sketch of one label is that of its samples alone, and all labels together give the plain sketch", async () => {
  const [labelled, plain] = [await tinyDesign({ labels: 3 }), await tinyDesign()];
  const sketch = await sketchDataset(data, labelled);
  const whole = await sketchDataset(data, plain);
  const labels = labelsFor(1003);
  const rows = gaussianRows(1003).data;
  for (const label of [0, 1, 2]) {
    const own = rows.filter((_, i) => labels[Math.floor(i / 3)] === label);
    assert.is(labelCounts(sketch)[label], own.length / 3);
    const one = await ofLabel(sketch, label);
    assert.is(one.design.fingerprint, plain.fingerprint);
    sameSums(one, await sketchDataset(arrayDataset("own", ndarray(own, [own.length / 3, 3])), plain));
  }
  sameSums(await withoutLabels(sketch), whole);
  assert.is(await withoutLabels(whole), whole);
  sameSums(mergeSketches(await withoutLabels(sketch), whole), mergeSketches(whole, whole));
  for (const [i, v] of mean(sketch).entries()) assert.ok(Math.abs(v - mean(whole)[i]!) < 3e-6);
  for (const [i, v] of fourierMoments(sketch).cos.entries()) {
    assert.ok(Math.abs(v - fourierMoments(whole).cos[i]!) < 3e-6);
  }
});

test("by label: designs count the labels of the data; what does not fit is refused", async () => {
  assert.is((await designFor(data, { byLabel: true, families: [{ kind: "second-moments" }] })).labels, 3);
  const none = arrayDataset("plain", gaussianRows(9));
  await refuses(
    () => designFor(none, { byLabel: true }),
    /sketch: plain has no labels, so it cannot be sketched by label/,
  );
  await refuses(async () => sketchDataset(none, await tinyDesign({ labels: 3 })), /sketch: plain has no labels/);
  const two = await tinyDesign({ labels: 2 });
  const first = labelsFor(1003).indexOf(2);
  await refuses(
    () => sketchDataset(data, two),
    new RegExp(`sketch: gaussian: row ${first} has the label 2, the design is for 0 to 1`),
  );
  await refuses(() => tinyDesign({ labels: 0 }), /design: labels: expected an integer from 1 to 256, got 0/);
  const sketch = await sketchDataset(data, await tinyDesign({ labels: 4 }));
  await refuses(() => ofLabel(sketch, 4), /of label: expected a label from 0 to 3, got 4/);
  await refuses(() => ofLabel(sketch, 3), /of label: the sketch holds no samples of label 3/);
  const plain = await sketchDataset(data, await tinyDesign());
  await refuses(() => labelCounts(plain), /label counts: the sketch is not by label; sketch the data with --by-label/);
  await refuses(() => mergeSketches(plain, sketch), /different designs \(labels: none and 4\)/);
});

/** The data set, but reading it fails after some samples as if the process had died. */
const dying = (dataset: Dataset, after: number): Dataset => ({
  ...dataset,
  async *batches(size, range) {
    for await (const batch of dataset.batches(size, range)) {
      if (batch.first >= after) throw new Error("killed");
      yield batch;
    }
  },
});

const equalBits = (a: Sketch, b: Sketch) => {
  assert.is(a.count, b.count);
  assert.equal(a.sums, b.sums);
};

for (const [name, make] of Object.entries(designs)) {
  test(`${name}: a pass that died twice and was resumed gives the bits of an uninterrupted one`, async () => {
    const design = await make({ block: 64 });
    const range = { from: 37, to: 1000 };
    const options = { range, checkpointSeconds: 0 };
    const whole = await sketchDataset(data, design, { range });
    const file = at("c.npz");
    for (const [resume, after] of [
      [false, 200],
      [true, 600],
    ] as const) {
      try {
        await sketchResumably(dying(data, after), design, file, { ...options, resume });
        assert.unreachable();
      } catch (error) {
        assert.match((error as Error).message, /^killed$/);
      }
    }
    const { sketch } = await loadCheckpoint(file);
    assert.is(sketch.count, 640 - 37);
    const seen: number[] = [];
    const onProgress = (done: number) => seen.push(done);
    equalBits(await sketchResumably(data, design, file, { ...options, resume: true, onProgress }), whole);
    assert.is(seen[0], 704 - 37);
    await removeCheckpoint(file);
    await removeCheckpoint(file);
    assert.not.ok(existsSync(file));
    equalBits(await sketchResumably(data, design, file, { ...options, resume: true }), whole);
  });
}

test("an abort writes a checkpoint, from which the pass goes on; without one a pass begins anew", async () => {
  const design = await tinyDesign({ block: 100 });
  const file = at("abort.npz");
  const stop = new AbortController();
  const onProgress = (done: number) => done >= 300 && stop.abort(new Error("enough"));
  try {
    await sketchResumably(data, design, file, { signal: stop.signal, onProgress });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /^enough$/);
  }
  assert.is((await loadCheckpoint(file)).sketch.count, 300);
  const whole = await sketchDataset(data, design);
  equalBits(await sketchResumably(data, design, file, { resume: true }), whole);
  equalBits(await sketchResumably(data, design, file), whole);
});

test("labels that changed since the checkpoint are refused", async () => {
  const design = await tinyDesign({ labels: 3, block: 100 });
  const [file, stop] = [at("labels.npz"), new AbortController()];
  const onProgress = () => stop.abort(new Error("x"));
  const options = { signal: stop.signal, onProgress };
  await sketchResumably(data, design, file, options).catch(() => {});
  const labels = labelsFor(1003);
  labels[7] = (labels[7]! + 1) % 3;
  const relabelled = arrayDataset("gaussian", gaussianRows(1003), labels);
  await refuses(
    () => sketchResumably(relabelled, design, file, { resume: true }),
    /changed since the checkpoint: its rows 0 to 100 are others/,
  );
});

test("a checkpoint of another pass, and a damaged one, are refused", async () => {
  const design = await tinyDesign({ block: 100 });
  const file = at("other.npz");
  const stop = new AbortController();
  const signal = stop.signal;
  await sketchResumably(data, design, file, {
    signal,
    onProgress: () => stop.abort(new Error("x")),
  }).catch(() => {});
  const resume = (dataset: Dataset, made: typeof design, options: object = {}) =>
    sketchResumably(dataset, made, file, { resume: true, ...options });
  await refuses(
    () => resume(gaussianData(900), design),
    /other\.npz: belongs to gaussian with 1003 samples, not to gaussian with 900; remove it, or repeat that pass/,
  );
  const rows = gaussianRows(1003);
  rows.set(20, 1, 5); // row 20 is among the first 100, which the checkpoint sums
  const replaced = arrayDataset("gaussian", rows, labelsFor(1003));
  await refuses(
    () => resume(replaced, design),
    /sketch: gaussian has changed since the checkpoint: its rows 0 to 100 are others; remove the checkpoint/,
  );
  const mark = "sketch: the checkpoint belongs to another pass";
  const otherDesign = await tinyDesign({ features: "pca:2", block: 100 });
  await refuses(() => resume(data, otherDesign), new RegExp(`${mark} \\(features: raw and pca:2\\); remove it`));
  const range = { from: 0, to: 500 };
  await refuses(() => resume(data, design, { range }), new RegExp(`${mark} \\(rows 0 to 1003, now 0 to 500\\)`));
  const smaller = await tinyDesign({ block: 50 });
  await refuses(() => resume(data, smaller), new RegExp(`${mark} \\(block: 100 and 50\\)`));
  await refuses(() => loadSketch(file), /is not a sketchprior-sketch file, it is sketchprior-checkpoint/);
  writeFileSync(file, readFileSync(file).subarray(0, 400));
  await refuses(() => resume(data, design), /other\.npz: file is truncated or damaged/);
  await saveSketch(file, await sketchDataset(data, design));
  await refuses(() => resume(data, design), /is not a sketchprior-checkpoint file, it is sketchprior-sketch/);
});

test.run();
