import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as tf from "#tf";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { compile } from "../../src/engine/index.ts";
import { fitGates } from "../../src/sketch/fit-gates.ts";
import { type Gates, gatesIn, gatesOf, LEAST, logGates, sharedDirectionsOf, sharedIn } from "../../src/sketch/gates.ts";
import { makeDesign, mergeSketches, sketchDataset, subtractSketch } from "../../src/sketch/index.ts";
import { refuses } from "../data/tiny.ts";

const test = suite("gated moments");

const D = 6;
/** Samples of two zero-mean Gaussians: along (1, −1, 0, …) and along (…, 1, −1, 0), with a mean of their own added to each sample. */
function rows(count: number, seed = 1) {
  const random = stream(seed, "two directions");
  const data = new Float32Array(count * D);
  for (let row = 0; row < count; row++) {
    const [mean, along] = [random.normal(), random.normal()];
    const at = row % 3 === 0 ? 3 : 0;
    for (let i = 0; i < D; i++) {
      const sign = i === at ? 1 : i === at + 1 ? -1 : 0;
      data[row * D + i] = mean + sign * along + 0.05 * random.normal();
    }
  }
  return ndarray(data, [count, D]);
}

const families = [{ kind: "gated-moments", cells: 2, rank: 2 }] as const;
const design = await makeDesign({ shape: [2, 3], families, pilot: ndarray(rows(600).data, [600, 2, 3]) });
const dataset = (count: number, seed: number) => arrayDataset("two", ndarray(rows(count, seed).data, [count, 2, 3]));

test("sums by their definition", async () => {
  const { data } = rows(50, 2);
  const { basis, forms, flat, constants } = gatesIn("gated-moments.", design.arrays, "gated moments");
  const [count, xx] = [new Float64Array(2), new Float64Array(2 * 21)];
  for (let row = 0; row < 50; row++) {
    const x = [...data.subarray(row * D, row * D + D)];
    const mean = x.reduce((a, b) => a + b, 0) / D;
    const v = x.map((value) => value - mean);
    const logs = [0, 1].map((k) => {
      const u = [0, 1, 2, 3].map((j) => v.reduce((sum, value, i) => sum + value * basis.data[i * 4 + j]!, 0));
      const rest = v.map((value, i) => value - u.reduce((sum, w, j) => sum + w * basis.data[i * 4 + j]!, 0));
      const [aa, ab, bb] = forms.data.subarray(k * 3, k * 3 + 3) as unknown as [number, number, number];
      const inside = aa * u[0]! ** 2 + ab * u[0]! * u[1]! + bb * u[1]! ** 2;
      const squares = [u[2]! ** 2, u[3]! ** 2, rest.reduce((sum, w) => sum + w * w, 0)];
      const outside = squares.reduce((sum, square, j) => sum + square * flat.data[k * 3 + j]!, 0);
      return constants.data[k]! - 0.5 * (inside + outside);
    });
    const k = logs[1]! > logs[0]! ? 1 : 0;
    count[k]!++;
    for (let i = 0, at = k * 21; i < D; i++) for (let j = 0; j <= i; j++) xx[at++]! += v[i]! * v[j]!;
  }
  const { sums } = await sketchDataset(dataset(50, 2), design);
  // float32 in blocks of 50 samples: 1e-5 of the size of the sums
  for (const [own, wanted] of [
    [sums["gated-moments.count"]!, count],
    [sums["gated-moments.xx"]!, xx],
  ] as const) {
    for (const [i, value] of wanted.entries())
      assert.ok(Math.abs(own[i]! - value) < 1e-4 * (1 + Math.abs(value)), `${own[i]} ${value}`);
  }
});

test("gates are the log densities of Gaussians that share their leading directions", async () => {
  const random = stream(2, "gates");
  const spectraOf = (tau: number) => {
    // Σ = a aᵀ + b bᵀ + τI in the directions e₁, e₂, e₃ of all, so that two leading directions tell all of it
    const [a, b] = [random.normal(), random.normal()];
    const covariance = Float64Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? tau : 0));
    for (const [i, j, v] of [
      [0, 0, 1 + a * a],
      [0, 1, a * b],
      [1, 0, a * b],
      [1, 1, 1 + b * b],
    ] as const)
      covariance[i * 4 + j]! += v;
    covariance[15] = 0; // the direction of the removed mean
    return { covariance, ...symmetricEigen(covariance, 4) };
  };
  const both = [spectraOf(0.1), spectraOf(0.3)];
  const weights = [0.3, 0.7];
  const joined = (of: (one: (typeof both)[number]) => Float64Array) =>
    Float64Array.from(both.flatMap((one) => [...of(one)]));
  const shared = await sharedDirectionsOf(
    { weights, values: joined((one) => one.values), vectors: joined((one) => one.vectors) },
    { rank: 2, channels: 1 },
  );
  const noise = 0.05;
  const gates = gatesOf(shared, 1, noise);
  const v = ndarray(Float32Array.from([0.3, -0.5, 0.2, 0, 1, 2, -0.4, 0, 0.1, 0.1, 0.6, 0]), [3, 4]);
  const compiled = await compile(({ v, ...own }: { v: tf.Tensor } & Gates<tf.Tensor>) => logGates(v, own), {
    v,
    ...gates,
  });
  const logs = (await compiled.run({ v, ...gates })) as NdArray<Float32Array>;
  await compiled.dispose();
  for (const [k, { covariance }] of both.entries()) {
    for (let row = 0; row < 3; row++) {
      const [x, y, z] = v.data.subarray(row * 4) as unknown as [number, number, number];
      const [p, q, r, t] = [covariance[0]! + noise, covariance[1]!, covariance[5]! + noise, covariance[10]! + noise];
      const det = p * r - q * q;
      const squares = (r * x * x - 2 * q * x * y + p * y * y) / det + (z * z) / t;
      const wanted = Math.log(weights[k]!) - 0.5 * (Math.log(det * t) + squares);
      assert.ok(
        Math.abs(logs.data[k * 3 + row]! - wanted) < 1e-5 * (1 + Math.abs(wanted)),
        `${logs.data[k * 3 + row]} ${wanted}`,
      );
    }
  }
});

test("outside the leading directions every direction has a variance of its own", async () => {
  // diagonal covariances are told by one leading direction and the variances along the others
  const variances = [
    [4, 0.5, 1.5, 0.2, 0],
    [6, 2, 0.1, 0.4, 0],
  ];
  const weights = [0.4, 0.6];
  const spectra = variances.map((own) =>
    symmetricEigen(
      Float64Array.from({ length: 25 }, (_, at) => (at % 6 === 0 ? own[at / 6]! : 0)),
      5,
    ),
  );
  const joined = (name: "values" | "vectors") => Float64Array.from(spectra.flatMap((own) => [...own[name]]));
  const shared = await sharedDirectionsOf(
    { weights, values: joined("values"), vectors: joined("vectors") },
    { rank: 1, channels: 1 },
  );
  const noise = 0.3;
  const gates = gatesOf(shared, 1, noise);
  assert.equal(gates.flat.shape, [2, 3]);
  const v = ndarray(Float32Array.from([1, -0.5, 0.7, 0.2, 0, -2, 1, 0.1, -0.9, 0]), [2, 5]);
  const compiled = await compile(({ v, ...own }: { v: tf.Tensor } & Gates<tf.Tensor>) => logGates(v, own), {
    v,
    ...gates,
  });
  const logs = (await compiled.run({ v, ...gates })) as NdArray<Float32Array>;
  await compiled.dispose();
  for (const [k, own] of variances.entries()) {
    for (let row = 0; row < 2; row++) {
      let wanted = Math.log(weights[k]!);
      for (let i = 0; i < 4; i++) {
        const variance = own[i]! + noise;
        wanted -= 0.5 * (Math.log(variance) + v.data[row * 5 + i]! ** 2 / variance);
      }
      const got = logs.data[k * 2 + row]!;
      assert.ok(Math.abs(got - wanted) < 1e-5 * (1 + Math.abs(wanted)), `${got} ${wanted}`);
    }
  }
});

test("files of before, with one variance for all other directions, are read as that", () => {
  const array = (data: number[], shape: number[]) => ndarray(Float32Array.from(data), shape);
  const shared = sharedIn(
    "old.",
    {
      "old.weights": array([0.3, 0.7], [2]),
      "old.basis": array([1, 0, 0, 1, 0, 0, 0, 0], [4, 2]),
      "old.inner": array([1, 0, 0, 2, 3, 0, 0, 4], [2, 2, 2]),
      "old.rest": array([0.5, 0.25], [2]),
    },
    "test",
  );
  const { flat, forms, constants } = gatesOf(shared, 1);
  assert.equal(flat.shape, [2, 1]);
  assert.equal([...flat.data], [2, 4]);
  assert.equal(forms.shape, [2, 3]);
  const wanted = Math.log(0.3) - 0.5 * (Math.log(2) + Math.log(0.5)); // d − channels − 2 = 1 direction is left
  assert.ok(Math.abs(constants.data[0]! - wanted) < 1e-6);
});

test("the cells are the two directions, and the counts their shares", async () => {
  const { sums } = await sketchDataset(dataset(3000, 4), design);
  const counts = [...sums["gated-moments.count"]!].map((n) => n / 3000).sort();
  assert.ok(Math.abs(counts[0]! - 1 / 3) < 0.08 && Math.abs(counts[1]! - 2 / 3) < 0.08, String(counts));
});

test("sketches of parts merge to that of the whole, and a part can be taken out again", async () => {
  const data = dataset(400, 5);
  const whole = await sketchDataset(data, design);
  const a = await sketchDataset(data, design, { range: { from: 0, to: 130 } });
  const b = await sketchDataset(data, design, { range: { from: 130, to: 400 } });
  const merged = mergeSketches(a, b);
  const near = (x: Float64Array, y: Float64Array) => {
    for (const [i, v] of x.entries()) assert.ok(Math.abs(v - y[i]!) < 1e-3, `${v} ${y[i]}`);
  };
  for (const name of ["gated-moments.count", "gated-moments.xx"]) {
    near(merged.sums[name]!, whole.sums[name]!);
    near(subtractSketch(whole, b).sums[name]!, a.sums[name]!);
  }
  const other = await sketchDataset(dataset(200, 9), design);
  await refuses(() => subtractSketch(a, other), /sketch|samples/);
});

test("expectation maximisation: the same pilot gives the same cells, too small pilots and wrong sizes are refused", async () => {
  const options = { cells: 2, rank: 2, channels: 1, seed: 3 };
  const [first, again] = [await fitGates(rows(200), options), await fitGates(rows(200), options)];
  assert.equal(first.forms.data, again.forms.data);
  await refuses(() => fitGates(rows(7), options), /2 cells need a pilot of at least 8 samples, got 7/);
  const make = (own: object) =>
    makeDesign({
      shape: [2, 3],
      families: [{ kind: "gated-moments", ...own }],
      pilot: ndarray(rows(60).data, [60, 2, 3]),
    });
  await refuses(() => make({ cells: 0 }), /cells: must be a positive integer, got 0/);
  const large = {
    shape: [23, 23],
    families: [{ kind: "gated-moments" }],
    pilot: ndarray(new Float32Array(529), [1, 23, 23]),
  } as const;
  await refuses(
    () => makeDesign(large),
    /529 numbers for each cell is too large \(at most 512\); take smaller patches/,
  );
  await refuses(() => make({ rank: 5 }), /hold no 5 directions/);
});

test("patches that live in few directions: no covariance loses its least variance", async () => {
  // only the difference of the first two numbers varies; all other directions tie with that of the mean
  const [cells, d, rank] = [3, 9, 6];
  const spectra = Array.from({ length: cells }, (_, k) => {
    const covariance = new Float64Array(d * d);
    for (let i = 0; i < d; i++) covariance[i * (d + 1)] = LEAST;
    for (const [i, j, sign] of [
      [0, 0, 1],
      [1, 1, 1],
      [0, 1, -1],
      [1, 0, -1],
    ] as const)
      covariance[i * d + j]! += sign * 0.1 * (k + 1);
    return symmetricEigen(covariance, d);
  });
  const joined = (name: "values" | "vectors") => Float64Array.from(spectra.flatMap((own) => [...own[name]]));
  const shared = await sharedDirectionsOf(
    { weights: [0.2, 0.3, 0.5], values: joined("values"), vectors: joined("vectors") },
    { rank, channels: 1 },
  );
  const gates = gatesOf(shared, 1);
  for (const v of [...gates.forms.data, ...gates.flat.data]) assert.ok(Math.abs(v) <= 2.01 / LEAST, String(v));
});

test.run();
