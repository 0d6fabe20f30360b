import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { radon } from "../../operators/radon.ts";
import { contiguous } from "../../src/data/array.ts";
import { readArray } from "../../src/data/read-array.ts";
import { apply, difference, draw, floats } from "./draws.ts";

const test = suite("radon");

test("by hand: at 0° the sums of columns, at 90° those of rows, about the central pixel", async () => {
  const image = floats([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3]);
  const { shape, data } = await apply(radon({ inShape: [3, 3], angles: 2 }).forward, image);
  assert.equal(shape, [1, 2, 5]); // ⌈3√2⌉ detectors, the third one through the centre
  assert.ok(difference(data, [0, 12, 15, 18, 0, 0, 24, 15, 6, 0]) < 1e-6);
});

for (const name of ["odd", "even", "wide"]) {
  test(`as scikit-image: ${name}`, async () => {
    const file = (what: string) =>
      readArray(path.resolve(import.meta.dirname, `../fixtures/operators/radon-${what}.npy`));
    const [image, sinogram] = [await file(`${name}-image`), await file(name)];
    const operator = radon({ inShape: image.shape, angles: sinogram.shape[0]! });
    assert.equal(operator.outShape, sinogram.shape);
    const y = await apply(operator.forward, floats([...image.data], [1, ...image.shape]));
    assert.ok(difference(y.data, sinogram.data) < 1e-6); // sums of some ten float32 numbers
  });
}

test("by its definition on an image, pixel by pixel interpolated", async () => {
  const [h, w, angles] = [5, 7, 3];
  const x = draw(1, [1, h, w]);
  const operator = radon({ inShape: [h, w], angles });
  const [, detectors] = operator.outShape as [number, number];
  const half = Math.floor(detectors / 2);
  const hat = (v: number) => Math.max(0, 1 - Math.abs(v));
  const wanted = Array.from({ length: angles * detectors }, (_, at) => {
    const [angle, s] = [(Math.PI * Math.floor(at / detectors)) / angles, (at % detectors) - half];
    let sum = 0;
    for (let t = -half; t < detectors - half; t++) {
      const row = 2 - s * Math.sin(angle) + t * Math.cos(angle);
      const column = 3 + s * Math.cos(angle) + t * Math.sin(angle);
      x.data.forEach((v, i) => {
        sum += v * hat(Math.floor(i / w) - row) * hat((i % w) - column);
      });
    }
    return sum;
  });
  assert.ok(difference((await apply(operator.forward, x)).data, wanted) < 1e-6);
});

test("channels are projected one by one", async () => {
  const x = draw(1, [2, 5, 4, 3]);
  const y = await apply(radon({ inShape: [5, 4, 3], angles: 3 }).forward, x);
  assert.equal(y.shape, [2, 3, 3, 8]);
  for (const channel of [0, 1, 2]) {
    const grey = floats([...contiguous(x.pick(null, null, null, channel))], [2, 5, 4]);
    const own = await apply(radon({ inShape: [5, 4], angles: 3 }).forward, grey);
    assert.ok(difference(contiguous(y.pick(null, channel)), own.data) < 1e-6);
  }
});

test("what it cannot take is refused", () => {
  const make = (inShape: readonly number[], angles: number) => () => radon({ inShape, angles });
  assert.throws(make([4], 5), /^radon: expected images \[h, w\] or \[h, w, channels\], got signals of \[4\]$/);
  assert.throws(make([4, 4], 0), /^radon: angles: expected a positive integer, the number of projections, got 0$/);
  assert.throws(make([4, 4], 1.5), /got 1\.5/);
});

test.run();
