import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset, readRows, stream, writeNpz } from "../../src/data/index.ts";
import { openLossy } from "../../src/measure/lossy/lossy-file.ts";
import { measuredThrough } from "../../src/measure/lossy/through.ts";

const test = suite("lossy measurements");
const images = stream(1, "images").fillNormal(new Float32Array(10 * 16));
const data = arrayDataset("images", ndarray(images, [10, 4, 4]));
const folder = mkdtempSync(path.join(os.tmpdir(), "lossy-"));
const file = (name: string) => path.join(folder, name);
const floats = (values: readonly number[], shape: number[]) => ndarray(Float32Array.from(values), shape);

test("every sample has its own mask; pixels that are not seen are NaN, the others as they are", async () => {
  const { form, dataset, signal } = await measuredThrough(data, { through: "mask:keep=5" });
  assert.equal([form, signal, dataset.shape], ["masked", [4, 4], [4, 4]]);
  const { data: rows } = await readRows(dataset, 0, 10);
  const masks = new Set<string>();
  for (let i = 0; i < 10; i++) {
    const own = rows.subarray(16 * i, 16 * (i + 1));
    assert.is(own.filter((v) => !Number.isNaN(v)).length, 5);
    for (const [p, v] of own.entries()) if (!Number.isNaN(v)) assert.is(v, images[16 * i + p]);
    masks.add(own.map((v) => Number(Number.isNaN(v))).join(""));
  }
  assert.ok(masks.size > 8);
});

test("draws follow the number of the row in the whole data set", async () => {
  for (const through of ["mask:keep=5", "mask:block=2,at=random", "gaussian:m=3", "radon:angles=1,first=random"]) {
    const { dataset } = await measuredThrough(data, { through, sigma: 0.3, seed: 7 });
    const whole = await readRows(dataset, 0, 10);
    const width = whole.size / 10;
    const part = await readRows(dataset, 6, 9);
    assert.is(String(part.data), String(whole.data.slice(6 * width, 9 * width)), through); // NaN is NaN in texts
  }
});

test("rows (Φ | y) hold what was measured, without noise y = Φx", async () => {
  const { form, dataset } = await measuredThrough(data, { through: "radon:angles=1,first=random" });
  assert.equal([form, dataset.shape], ["own", [6, 17]]);
  const { data: rows } = await readRows(dataset, 0, 2);
  for (let i = 0; i < 12; i++) {
    const row = rows.subarray(17 * i, 17 * i + 16);
    const x = images.subarray(16 * Math.floor(i / 6), 16 * Math.floor(i / 6) + 16);
    const y = row.reduce((sum, v, p) => sum + v * x[p]!, 0);
    assert.ok(Math.abs(y - rows[17 * i + 16]!) < 1e-5);
  }
});

test("an operator that draws nothing is one Φ for all", async () => {
  const blurred = await measuredThrough(data, { through: "blur:sigma=1" });
  assert.equal([blurred.form, blurred.matrix!.shape], ["fixed", [16, 16]]);
  const noisy = await measuredThrough(data, { sigma: 0.5 });
  assert.equal([noisy.form, noisy.matrix, noisy.dataset.shape], ["fixed", undefined, [4, 4]]);
  const { data: rows } = await readRows(noisy.dataset, 0, 10);
  const squares = rows.reduce((sum, v, at) => sum + (v - images[at]!) ** 2, 0) / 160;
  assert.ok(Math.abs(squares - 0.25) < 0.25 * 5 * Math.sqrt(2 / 160)); // five standard errors
});

test("files hold y with NaN, with a mask, or with operators", async () => {
  await writeNpz(file("nan.npz"), { arrays: { y: floats([1, Number.NaN, 3, 4], [2, 2]) }, metadata: undefined });
  const nan = await openLossy(file("nan.npz"), 0.1);
  assert.equal([nan.form, nan.sigma, nan.through], ["masked", 0.1, "mask"]);
  const mask = ndarray(Uint8Array.of(1, 0, 1, 1), [2, 2]);
  await writeNpz(file("mask.npz"), { arrays: { y: floats([1, 2, 3, 4], [2, 2]), mask }, metadata: undefined });
  const masked = await openLossy(file("mask.npz"));
  assert.is(String((await readRows(masked.dataset, 0, 2)).data), String((await readRows(nan.dataset, 0, 2)).data));
  const operators = floats([1, 0, 0, 0, 1, 0], [2, 1, 3]);
  const labels = ndarray(Uint8Array.of(3, 1), [2]);
  await writeNpz(file("own.npz"), { arrays: { y: floats([5, 6], [2, 1]), operators, labels }, metadata: undefined });
  const own = await openLossy(file("own.npz"));
  assert.equal([own.form, own.signal, own.dataset.shape], ["own", [3], [1, 4]]);
  assert.equal([...(await readRows(own.dataset, 0, 2)).data], [1, 0, 0, 5, 0, 1, 0, 6]);
  assert.equal([...(await own.dataset.labels!())], [3, 1]);
  const operator = floats([1, 0, 0, 1, 1, 1], [2, 3]);
  await writeNpz(file("one.npz"), { arrays: { y: floats([5, 6], [1, 2]), operator }, metadata: undefined });
  const one = await openLossy(file("one.npz"));
  assert.equal([one.form, one.signal, one.matrix!.shape], ["fixed", [3], [2, 3]]);
});

const bad = {
  "no y": [{ mask: floats([1], [1, 1]) }, /has no member "y" \(has mask\)$/],
  "a mask of another shape": [
    { y: floats([1, 2], [1, 2]), mask: floats([1, 1, 1], [1, 3]) },
    /mask: expected \[1,2\], as y, or \[2\], as one sample, got \[1,3\]$/,
  ],
  "nothing is ever seen": [
    { y: floats([Number.NaN, Number.NaN], [1, 2]) },
    /every pixel of every sample is missing, there is nothing to learn$/,
  ],
  "a seen pixel of NaN": [
    { y: floats([Number.NaN, 2], [1, 2]), mask: floats([1, 0], [1, 2]) },
    /y: row 0 holds NaN where its mask says that it is seen$/,
  ],
  "operators of another size": [
    { y: floats([1, 2], [1, 2]), operators: floats([1, 2, 3], [1, 1, 3]) },
    /operators: expected \[1,2, n\] for y of \[1,2\], got \[1,1,3\]$/,
  ],
  "a mask and an operator": [
    { y: floats([1], [1, 1]), operator: floats([1], [1, 1]), mask: floats([1], [1, 1]) },
    /has a mask and operator; give one of the two$/,
  ],
  "a shape of another size": [
    { y: floats([1], [1, 1]), operator: floats([1, 2], [1, 2]), shape: floats([3], [1]) },
    /shape: expected that of a signal of 2 numbers, got \[3\]$/,
  ],
} as const;
for (const [name, [arrays, message]] of Object.entries(bad)) {
  test(`refused: ${name}`, async () => {
    const at = file("bad.npz");
    await writeNpz(at, { arrays, metadata: undefined });
    await openLossy(at).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, message),
    );
  });
}

test("refused: an operator that is not linear, and noise below 0", async () => {
  const refused = (options: object, message: RegExp) =>
    measuredThrough(data, options).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, message),
    );
  await refused({ through: "magnitude*gaussian:m=3" }, /^--through: .* is not linear; only linear measurements/);
  await refused({ sigma: -1 }, /^--noise: expected a standard deviation of at least 0, got -1$/);
  await refused({ through: "mask:keep=.2,block=3" }, /give one of/);
});

test.run();
