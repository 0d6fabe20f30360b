import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Downsampling, downsample, downsamplings } from "../../operators/downsample.ts";
import { readArray } from "../../src/data/read-array.ts";
import { apply, difference, draw, floats } from "./draws.ts";

const test = suite("downsample");

test("area: means of blocks; the last ones have what is left", async () => {
  const rows = floats([1, 3, 5, 7, 9, 2, 4, 6, 8, 10, 0, 1, 2, 3, 4], [1, 3, 5]);
  const y = await apply(downsample({ inShape: [3, 5], factor: 2, method: "area" }).forward, rows);
  assert.equal(y.shape, [1, 2, 3]);
  assert.ok(difference(y.data, [2.5, 6.5, 9.5, 0.5, 2.5, 4]) < 1e-6);
});

test("bicubic: the weights of factor 2 by hand, mirrored at the edge", async () => {
  // k(¼), k(¾), k(5⁄4), k(7⁄4) of Keys's kernel, over their sum: they lie 0.5, 1.5, 2.5 and 3.5 pixels from the centre
  const weights = [0.8671875, 0.2265625, -0.0703125, -0.0234375].map((v) => v / 2);
  const line = [3, 1, 4, 1, 5, 9, 2, 6];
  const at = (j: number) => line[j < 0 ? -1 - j : j > 7 ? 15 - j : j]!;
  const wanted = [0, 1, 2, 3].map((i) =>
    weights.reduce((sum, weight, k) => sum + weight * (at(2 * i - k) + at(2 * i + 1 + k)), 0),
  );
  const y = await apply(downsample({ inShape: [8], factor: 2 }).forward, floats(line, [1, 8]));
  assert.ok(difference(y.data, wanted) < 1e-6);
});

test("bicubic: as Pillow resizes a mirrored image, sizes that the factor does not divide too", async () => {
  const file = (name: string) =>
    readArray(path.resolve(import.meta.dirname, `../fixtures/operators/bicubic-${name}.npy`));
  const image = await file("image");
  for (const factor of [2, 3, 4]) {
    const wanted = await file(String(factor));
    const operator = downsample({ inShape: image.shape, factor });
    assert.equal(operator.outShape, wanted.shape);
    const y = await apply(operator.forward, floats([...image.data], [1, ...image.shape]));
    assert.ok(difference(y.data, wanted.data) < 1e-6); // both round to float32, after each axis
  }
});

for (const method of downsamplings) {
  test(`${method}: keeps constants and mean positions, treats channels alike; factor 1 keeps the signal`, async () => {
    const ones = floats(new Array(35).fill(1), [1, 5, 7]);
    const flat = await apply(downsample({ inShape: [5, 7], factor: 3, method }).forward, ones);
    assert.ok(difference(flat.data, new Array(6).fill(1)) < 1e-6);
    const ramp = floats(
      Array.from({ length: 40 }, (_, j) => j),
      [1, 40],
    );
    const centres = await apply(downsample({ inShape: [40], factor: 4, method }).forward, ramp);
    for (let i = 2; i < 8; i++) assert.ok(Math.abs(centres.data[i]! - (4 * i + 1.5)) < 1e-4); // float32 sums of up to 40
    const x = draw(1, [1, 6, 6]);
    const twice = floats(
      [...x.data].flatMap((v) => [v, 10 * v]),
      [1, 6, 6, 2],
    );
    const one = await apply(downsample({ inShape: [6, 6], factor: 2, method }).forward, x);
    const both = await apply(downsample({ inShape: [6, 6, 2], factor: 2, method }).forward, twice);
    assert.ok(
      difference(
        both.data,
        [...one.data].flatMap((v) => [v, 10 * v]),
      ) < 1e-6,
    );
    const same = await apply(downsample({ inShape: [6, 6], factor: 1, method }).forward, x);
    assert.ok(difference(same.data, x.data) < 1e-6);
  });
}

test("its name tells the method that is not the default; what it cannot take is refused", () => {
  assert.is(downsample({ inShape: [4, 4], factor: 2 }).name, "downsample(factor=2)");
  assert.is(downsample({ inShape: [4, 4], factor: 2, method: "area" }).name, "downsample(factor=2,method=area)");
  const refused = (inShape: readonly number[], factor: number, message: RegExp, method: Downsampling = "bicubic") =>
    assert.throws(() => downsample({ inShape, factor, method }), message);
  refused([4, 6], 5, /^downsample: factor: expected an integer from 1 to 4, the shorter side, got 5$/);
  refused([4, 6], 0, /got 0/);
  refused([4, 6], 1.5, /got 1\.5/, "area");
  refused([2, 2, 2, 2], 2, /^downsample: expected signals of .*got \[2, 2, 2, 2\]$/);
});

test.run();
