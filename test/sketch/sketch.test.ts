import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { arrayDataset, openDataset, stream } from "../../src/data/index.ts";
import { ANCHORS } from "../../src/sketch/families/local-moments.ts";
import { gatesIn } from "../../src/sketch/gates.ts";
import {
  covariance,
  designFor,
  FEATURE_WEIGHTS,
  featureBasis,
  fourierMoments,
  frequencies,
  mean,
  mergeSketches,
  type Sketch,
  type SketchDesign,
  samplingFloor,
  sketchDataset,
  subtractSketch,
} from "../../src/sketch/index.ts";
import { ditherOf } from "../../src/sketch/one-bit.ts";
import { refuses } from "../data/tiny.ts";
import { type Measured, naiveCells, naiveScores } from "./lossy/naive.ts";
import {
  designs,
  drawnLaws,
  gaussianData,
  gaussianRows,
  labelsFor,
  sameSums,
  sigma,
  TOLERANCE,
  tinyDesign,
} from "./tiny.ts";

const test = suite("sketch");

/** The sums by their definition, in float64, one sample after the other. */
function naive(design: SketchDesign, rows: Float32Array, d: number): Record<string, Float64Array> {
  const basis = featureBasis(design.arrays);
  const k = basis?.basis.shape[1] ?? d;
  const fourier = design.families.find((f) => f.kind === "fourier");
  const m = fourier?.m ?? 0;
  const omega = fourier ? frequencies(design).data : new Float32Array(0);
  const dither = fourier?.quantised && ditherOf(fourier).data;
  const local = design.families.find((f) => f.kind === "local-moments");
  const cells = local ? local.coarse * local.fine : 0;
  const gated = design.families.find((f) => f.kind === "gated-moments");
  const gates = gated && gatesIn("gated-moments.", design.arrays, "gated moments");
  const learned = design.families.find((f) => f.kind === "network-moments");
  const p = learned?.features ?? 0;
  const groups = design.labels ?? 1;
  const apart = design.families.some((f) => f.kind === "second-moments" && !f.pooled);
  const labels = labelsFor(rows.length / d);
  const sums = {
    "fourier.cos": new Float64Array(groups * m),
    "fourier.sin": new Float64Array(groups * m),
    "second-moments.x": new Float64Array((apart ? groups : 1) * d),
    "second-moments.xx": new Float64Array(((apart ? groups : 1) * d * (d + 1)) / 2),
    "labels.count": new Float64Array(groups),
    "lossy-moments.x": new Float64Array(d),
    "lossy-moments.xx": new Float64Array((d * (d + 1)) / 2),
    "local-moments.count": new Float64Array(groups * cells),
    "second-moments.squares": new Float64Array((apart ? groups : 1) * d),
    "second-moments.uu": new Float64Array(((apart ? groups : 1) * k * (k + 1)) / 2),
    "local-moments.u": new Float64Array(groups * cells * (local?.features ?? 0)),
    "local-moments.aa": new Float64Array(
      (groups * (local?.coarse ?? 0) * (local?.leading ?? 0) * ((local?.leading ?? 0) + 1)) / 2,
    ),
    "local-moments.uu": new Float64Array((groups * (local?.features ?? 0) * ((local?.features ?? 0) + 1)) / 2),
    "network-moments.mean": new Float64Array(groups * p),
    "network-moments.squares": new Float64Array(groups * p),
    "gated-moments.count": new Float64Array(groups * (gated?.cells ?? 0)),
    "gated-moments.xx": new Float64Array((groups * (gated?.cells ?? 0) * d * (d + 1)) / 2),
  };
  for (let row = 0; row < rows.length; row += d) {
    const x = [...rows.subarray(row, row + d)];
    const group = design.labels === undefined ? 0 : labels[row / d]!;
    const second = apart ? group : 0;
    const u = basis
      ? Array.from({ length: k }, (_, j) =>
          x.reduce((sum, v, i) => sum + (v - basis.mean.data[i]!) * basis.basis.data[i * k + j]!, 0),
        )
      : x;
    for (let j = 0; j < m; j++) {
      const phase = u.reduce((sum, v, i) => sum + v * omega[i * m + j]!, 0);
      const xi = dither?.[j];
      const [b, c] = [Math.sign(Math.cos(phase + (xi ?? 0))), Math.sign(Math.sin(phase + (xi ?? 0)))];
      const [cos, sin] =
        xi === undefined
          ? [Math.cos(phase), Math.sin(phase)]
          : [b * Math.cos(xi) + c * Math.sin(xi), c * Math.cos(xi) - b * Math.sin(xi)].map((v) => (Math.PI / 4) * v);
      sums["fourier.cos"][group * m + j]! += cos!;
      sums["fourier.sin"][group * m + j]! += sin!;
    }
    for (let i = 0; i < d; i++) {
      sums["second-moments.x"][second * d + i]! += x[i]!;
      sums["second-moments.squares"][second * d + i]! += x[i]! ** 2;
    }
    const triangle = (size: number) => (size * (size + 1)) / 2;
    for (let i = 0, at = second * triangle(d); i < d; i++) {
      for (let j = 0; j <= i; j++) sums["second-moments.xx"][at++]! += x[i]! * x[j]!;
    }
    for (let i = 0, at = 0; i < d; i++) {
      sums["lossy-moments.x"][i]! += x[i]!;
      for (let j = 0; j <= i; j++) sums["lossy-moments.xx"][at++]! += x[i]! * x[j]!;
    }
    for (let i = 0, at = second * triangle(k); i < k; i++) {
      for (let j = 0; j <= i; j++) sums["second-moments.uu"][at++]! += u[i]! * u[j]!;
    }
    if (local) {
      const { coarse, fine, features, leading, assigning } = local;
      const anchors = design.arrays[ANCHORS]!.data;
      const cells = coarse * fine;
      const gaps = Array.from({ length: cells }, (_, c) =>
        u.slice(0, assigning).reduce((sum, v, i) => sum + (v - anchors[(group * cells + c) * assigning + i]!) ** 2, 0),
      );
      const cell = group * cells + gaps.indexOf(Math.min(...gaps));
      sums["local-moments.count"][cell]!++;
      for (let i = 0; i < features; i++) sums["local-moments.u"][cell * features + i]! += u[i]!;
      for (let i = 0, at = Math.floor(cell / fine) * triangle(leading); i < leading; i++) {
        for (let j = 0; j <= i; j++) sums["local-moments.aa"][at++]! += u[i]! * u[j]!;
      }
      for (let i = 0, at = group * triangle(features); i < features; i++) {
        for (let j = 0; j <= i; j++) sums["local-moments.uu"][at++]! += u[i]! * u[j]!;
      }
    }
    if (learned) {
      const w = design.arrays[FEATURE_WEIGHTS]!.data; // φ(x) = xW
      const phi = Array.from({ length: p }, (_, j) => x.reduce((sum, v, i) => sum + v * w[i * p + j]!, 0));
      for (const [j, v] of phi.entries()) {
        sums["network-moments.mean"][group * p + j]! += v / Math.hypot(...phi);
        sums["network-moments.squares"][group * p + j]! += (v / Math.hypot(...phi)) ** 2;
      }
    }
    if (gated && gates) {
      const { cells, rank } = gated;
      const mean = x.reduce((sum, v) => sum + v / d, 0);
      const v = x.map((value) => value - mean);
      const basis = gates.basis.data;
      const along = Array.from({ length: rank }, (_, j) => v.reduce((sum, w, i) => sum + w * basis[i * rank + j]!, 0));
      const rest = v.reduce((sum, w) => sum + w * w, 0) - along.reduce((sum, w) => sum + w * w, 0);
      const logs = Array.from({ length: cells }, (_, c) => {
        let squares = rest * gates.flat.data[c]!;
        for (let i = 0, at = c * triangle(rank); i < rank; i++) {
          for (let j = 0; j <= i; j++) squares += gates.forms.data[at++]! * along[i]! * along[j]!;
        }
        return gates.constants.data[c]! - 0.5 * squares;
      });
      const cell = group * cells + logs.indexOf(Math.max(...logs));
      sums["gated-moments.count"][cell]!++;
      for (let i = 0, at = cell * triangle(d); i < d; i++) {
        for (let j = 0; j <= i; j++) sums["gated-moments.xx"][at++]! += v[i]! * v[j]!;
      }
    }
    sums["labels.count"][group]!++;
  }
  const lossy = design.families.some((f) => f.kind === "lossy-cells");
  const scores = design.families.some((f) => f.kind === "lossy-scores");
  return {
    ...sums,
    ...(lossy && naiveCells(design, seenWhole(rows, d))),
    ...(scores && naiveScores(design, rows)),
  };
}

/** Every number of every sample as a measurement. */
const seenWhole = (rows: Float32Array, d: number): Measured[][] =>
  Array.from({ length: rows.length / d }, (_, row) =>
    Array.from({ length: d }, (__, p) => ({
      phi: Array.from({ length: d }, (___, i) => Number(i === p)),
      y: rows[row * d + p]!,
    })),
  );

const data = gaussianData(1003);

for (const [name, make] of Object.entries(designs)) {
  test(`${name}: the sums are those of the definition, whatever the block size`, async () => {
    const design = await make({ block: 100 });
    const sketch = await sketchDataset(data, design);
    const want = naive(design, gaussianRows(1003).data, 3);
    const sums = Object.fromEntries(Object.keys(sketch.sums).map((key) => [key, want[key]!]));
    sameSums(sketch, { design, count: 1003, sums });
    for (const block of [17, 64, 5000]) sameSums(sketch, await sketchDataset(data, await make({ block })));
  });

  test(`${name}: merging parts equals sketching the whole, in any order`, async () => {
    const design = await make();
    const whole = await sketchDataset(data, design);
    const cuts = [
      [0, 400],
      [400, 401],
      [401, 1003],
    ] as const;
    const [a, b, c] = await Promise.all(cuts.map(([from, to]) => sketchDataset(data, design, { range: { from, to } })));
    sameSums(mergeSketches(a!, b!, c!), whole);
    sameSums(mergeSketches(a!, b!, c!), mergeSketches(c!, mergeSketches(b!, a!)), 1e-15);
    sameSums(subtractSketch(mergeSketches(a!, b!, c!), mergeSketches(c!, b!)), a!, 1e-14);
    sameSums(subtractSketch(whole, mergeSketches(a!, b!)), c!);
  });

  test(`${name}: parts cut between blocks give the bits of the whole, in any order, and so does what a subtraction leaves`, async () => {
    const design = await make({ block: 64 });
    const part = (from: number, to: number) => sketchDataset(data, design, { range: { from, to } });
    const whole = await sketchDataset(data, design);
    const parts = await Promise.all([part(0, 64), part(64, 576), part(576, 960), part(960, 1003)]);
    const [a, b, c, d] = parts as [Sketch, Sketch, Sketch, Sketch];
    assert.equal(mergeSketches(a, b, c, d), whole);
    assert.equal(mergeSketches(mergeSketches(d, b), mergeSketches(c, a)), whole);
    assert.equal(subtractSketch(whole, mergeSketches(d, b)), mergeSketches(c, a));
    assert.equal(subtractSketch(subtractSketch(whole, b), a), await part(576, 1003));
  });

  test(`${name}: the order of the samples changes nothing beyond rounding, and a rerun nothing at all`, async () => {
    const design = await make();
    const rows = gaussianRows(1003).data;
    const order = stream(1, "shuffle").permutation(1003);
    const shuffled = Float32Array.from(
      { length: rows.length },
      (_, at) => rows[order[Math.floor(at / 3)]! * 3 + (at % 3)]!,
    );
    const labels = labelsFor(1003);
    const moved = labels.map((_, row) => labels[order[row]!]!);
    const whole = await sketchDataset(data, design);
    sameSums(await sketchDataset(arrayDataset("shuffled", ndarray(shuffled, [1003, 3]), moved), design), whole);
    assert.equal((await sketchDataset(data, design)).sums, whole.sums);
  });
}

for (const { law, draw } of drawnLaws) {
  test(`${draw} ${law}: moments of N(0, Σ) are exp(-ωᵀΣω/2) within 5 standard errors`, async () => {
    const n = 20_000;
    const design = await tinyDesign({ families: [{ kind: "fourier", law, draw, scales: [0.5, 1, 3], m: 300 }] });
    const sketch = await sketchDataset(gaussianData(n), design);
    const { cos, sin } = fourierMoments(sketch);
    const omega = frequencies(design).data;
    for (let j = 0; j < 300; j++) {
      const w = [0, 1, 2].map((i) => omega[i * 300 + j]!);
      const energy = sigma.reduce((sum, s, at) => sum + s * w[Math.floor(at / 3)]! * w[at % 3]!, 0);
      const phi = Math.exp(-energy / 2);
      const double = Math.exp(-2 * energy); // the moment at 2ω
      assert.ok(Math.abs(cos[j]! - phi) < 5 * Math.sqrt(((1 + double) / 2 - phi ** 2) / n) + TOLERANCE);
      assert.ok(Math.abs(sin[j]!) < 5 * Math.sqrt((1 - double) / 2 / n) + TOLERANCE);
    }
  });
}

test("the sampling floor is the expected squared distance to the law's own moments (60 data sets, within 15 %)", async () => {
  const m = 100;
  const design = await tinyDesign({ families: [{ kind: "fourier", scales: [0.5, 1], m }] });
  const omega = frequencies(design).data;
  const phi = Array.from({ length: m }, (_, j) =>
    Math.exp(
      -sigma.reduce((sum, s, at) => sum + s * omega[Math.floor(at / 3) * m + j]! * omega[(at % 3) * m + j]!, 0) / 2,
    ),
  );
  let [distance, floor] = [0, 0];
  for (let seed = 100; seed < 160; seed++) {
    const sketch = await sketchDataset(gaussianData(200, seed), design);
    const { cos, sin } = fourierMoments(sketch);
    distance += phi.reduce((sum, p, j) => sum + (cos[j]! - p) ** 2 + sin[j]! ** 2, 0) / m;
    floor += samplingFloor(sketch);
  }
  assert.ok(Math.abs(distance / floor - 1) < 0.15, `${distance / floor}`);
});

test("mean and covariance are those of the samples; the covariance is exactly symmetric", async () => {
  const n = 1003;
  const rows = gaussianRows(n).data;
  const sketch = await sketchDataset(data, await tinyDesign());
  const [mu, cov] = [mean(sketch), covariance(sketch)];
  for (let i = 0; i < 3; i++) {
    let sum = 0;
    for (let r = 0; r < n; r++) sum += rows[r * 3 + i]!;
    assert.ok(Math.abs(mu[i]! - sum / n) < TOLERANCE);
    for (let j = 0; j < 3; j++) {
      let product = 0;
      for (let r = 0; r < n; r++) product += (rows[r * 3 + i]! - mu[i]!) * (rows[r * 3 + j]! - mu[j]!);
      assert.ok(Math.abs(cov[i * 3 + j]! - product / n) < TOLERANCE);
      assert.is(cov[i * 3 + j], cov[j * 3 + i]);
    }
  }
});

test("progress counts the samples up to the total; an abort ends the pass; no tensors are left", async () => {
  const design = await tinyDesign({ block: 400 });
  const before = tf.memory().numTensors;
  const seen: string[] = [];
  await sketchDataset(data, design, { onProgress: (done, total) => seen.push(`${done}/${total}`) });
  assert.equal(seen, ["400/1003", "800/1003", "1003/1003"]);
  const stop = new AbortController();
  try {
    const onProgress = () => stop.abort(new Error("enough"));
    await sketchDataset(data, design, { onProgress, signal: stop.signal });
    assert.unreachable("an aborted pass must not give a sketch");
  } catch (error) {
    assert.match((error as Error).message, /^enough$/);
  }
  assert.is(tf.memory().numTensors, before);
});

test("one sample is sketched, but has no covariance and no sampling floor; no sample is refused", async () => {
  const design = await tinyDesign();
  const one = await sketchDataset(data, design, { range: { from: 5, to: 6 } });
  assert.is(one.count, 1);
  const { cos, sin } = fourierMoments(one);
  for (const [j, c] of cos.entries()) assert.ok(Math.abs(Math.hypot(c, sin[j]!) - 1) < 1e-6);
  await refuses(() => covariance(one), /covariance: needs a sketch of at least 2 samples, got 1/);
  await refuses(() => samplingFloor(one), /sampling floor: needs a sketch of at least 2 samples, got 1/);
  const none = { range: { from: 5, to: 5 } };
  await refuses(() => sketchDataset(data, design, none), /sketch: gaussian: rows 5 to 5 hold no samples/);
  await refuses(async () => arrayDataset("empty", ndarray(new Float32Array(0), [0, 3])), /empty: holds no samples/);
});

test("what does not fit is refused: other designs, other shapes, absent families, NaN, bad blocks", async () => {
  const design = await tinyDesign();
  const sketch = await sketchDataset(data, design);
  const other = await tinyDesign({
    families: [{ kind: "fourier", scales: [0.5, 2], m: 50, seed: 4 }, { kind: "second-moments" }],
  });
  const foreign = await sketchDataset(data, other);
  await refuses(
    () => mergeSketches(sketch, sketch, foreign),
    /merge: sketches 1 and 3 have different designs \(fourier\.seed: 3 and 4\); they cannot be added/,
  );
  const flat = arrayDataset("flat", ndarray(new Float32Array(8), [2, 4]));
  await refuses(
    () => sketchDataset(flat, design),
    /sketch: flat holds samples of shape \[4\], the design is for \[3\]/,
  );
  const second = await sketchDataset(data, await designs["second moments alone"]!());
  await refuses(
    () => fourierMoments(second),
    /fourier moments: the sketch has no Fourier moments \(it has second moments\)/,
  );
  const fourier = await sketchDataset(data, await designs["folded-gaussian alone"]!());
  await refuses(
    () => mean(fourier),
    /mean: the sketch has no second moments \(it has Fourier moments\); sketch the data with them/,
  );
  await refuses(() => covariance(fourier), /covariance: the sketch has no second moments/);
  const broken = gaussianRows(10);
  broken.data[16] = Number.NaN;
  await refuses(() => sketchDataset(arrayDataset("broken", broken), design), /broken: row 5 holds NaN/);
  await refuses(() => sketchDataset(data, design, { range: { from: 0, to: 2000 } }), /rows 0 to 2000 were asked for/);
  await refuses(() => tinyDesign({ block: 0 }), /design: block: must be a positive integer, got 0/);
});

test("60000 digits, raw pixels, m = 512 and second moments: the known mean and variance", async () => {
  const digits = await openDataset("mnist");
  const design = await designFor(digits, { families: [{ kind: "fourier", m: 512 }, { kind: "second-moments" }] });
  const sketch = await sketchDataset(digits, design);
  assert.is(sketch.count, 60_000);
  const average = mean(sketch).reduce((a, b) => a + b, 0) / 784;
  assert.ok(Math.abs(average - 0.13066) < 1e-5);
  // Total variance of the training pixels, by direct summation in float64.
  const cov = covariance(sketch);
  let trace = 0;
  for (let i = 0; i < 784; i++) trace += cov[i * 785]!;
  assert.ok(Math.abs(trace / 52.725036 - 1) < 1e-5, String(trace));
});

test.run();
