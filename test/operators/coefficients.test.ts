import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CoefficientOptions } from "../../operators/coefficients.ts";
import { dct } from "../../operators/dct.ts";
import { hadamard } from "../../operators/hadamard.ts";
import type { LinearOperator } from "../../operators/operator.ts";
import { apply, difference, draw, floats } from "./draws.ts";

const test = suite("dct and hadamard");
const kinds = { dct, hadamard };
type Make = (options: CoefficientOptions) => LinearOperator;

/** Every coefficient of an image: y of all of them. */
const all = async (make: Make, image: Float32Array, inShape: readonly number[], keep = 1) =>
  (await apply(make({ inShape, keep, seed: 1 }).forward, floats([...image], [1, ...inShape]))).data;

test("dct: all coefficients are those of the definition, row by row", async () => {
  const [h, w] = [3, 4];
  const x = draw(1, [h, w]).data;
  const cosine = (k: number, i: number, n: number) =>
    Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * k * (i + 0.5)) / n);
  const wanted = Array.from({ length: h * w }, (_, at) =>
    x.reduce((sum, v, i) => sum + v * cosine(Math.floor(at / w), Math.floor(i / w), h) * cosine(at % w, i % w, w), 0),
  );
  assert.ok(difference(await all(dct, x, [h, w]), wanted) < 1e-6);
});

test("hadamard: by hand; along both axes if the sides are powers of two; continued by zeros if not", async () => {
  assert.ok(difference(await all(hadamard, Float32Array.of(1, 2, 3, 4), [2, 2]), [5, -1, -2, 0]) < 1e-6);
  assert.ok(difference(await all(hadamard, Float32Array.of(1, 2, 3), [3], 4), [3, 1, 0, -2]) < 1e-6);
  const x = draw(4, [4, 8]).data;
  const bits = (v: number) => [...v.toString(2)].filter((bit) => bit === "1").length;
  const wanted = Array.from({ length: 32 }, (_, at) =>
    x.reduce((sum, v, i) => {
      const signs = bits(Math.floor(at / 8) & Math.floor(i / 8)) + bits((at % 8) & (i % 8)); // those of rows and of columns
      return sum + (v * (-1) ** signs) / Math.sqrt(32);
    }, 0),
  );
  assert.ok(difference(await all(hadamard, x, [4, 8]), wanted) < 1e-6);
});

for (const [name, make] of Object.entries(kinds)) {
  test(`${name}: keeps coefficient 0 and others of all, ascending, channels together`, async () => {
    const x = draw(2, [8, 8]).data;
    const every = [...(await all(make, x, [8, 8]))];
    for (const seed of [1, 2, 3]) {
      const operator = make({ inShape: [8, 8], keep: 0.25, seed });
      const y = [...(await apply(operator.forward, floats([...x], [1, 8, 8]))).data];
      const places = y.map((v) => every.findIndex((c) => Math.abs(c - v) < 1e-6));
      assert.is(places[0], 0);
      assert.is(y.length, 16);
      assert.equal(
        places,
        [...new Set(places)].sort((a, b) => a - b),
      ); // distinct; -1 would come first
    }
    const pair = floats(
      [...x].flatMap((v) => [v, 10 * v]),
      [1, 8, 8, 2],
    );
    const { shape, data } = await apply(make({ inShape: [8, 8, 2], keep: 5, seed: 1 }).forward, pair);
    assert.equal(shape, [1, 5, 2]);
    for (let i = 0; i < 5; i++) assert.ok(Math.abs(data[2 * i + 1]! - 10 * data[2 * i]!) < 1e-5);
  });

  test(`${name}: seed and place draw other coefficients`, async () => {
    const x = draw(3, [1, 64]);
    const options = [{}, { seed: 2 }, { place: 1 }].map((changed) => ({ inShape: [64], keep: 8, seed: 1, ...changed }));
    const found = await Promise.all(options.map(async (own) => (await apply(make(own).forward, x)).data.join()));
    assert.is(new Set(found).size, 3);
  });

  test(`${name}: a keep out of range and signals of four axes are refused`, () => {
    const refused = (inShape: readonly number[], keep: number, message: RegExp) =>
      assert.throws(() => make({ inShape, keep, seed: 1 }), message);
    const most = name === "dct" ? 20 : 32;
    refused([4, 5], most + 1, new RegExp(`^${name}: keep: .* number of coefficients up to ${most}, got ${most + 1}$`));
    refused([4, 5], 0, /got 0/);
    refused([4, 5], 2.5, /got 2\.5/);
    refused([2, 2, 2, 2], 0.5, new RegExp(`^${name}: expected signals of .*got \\[2, 2, 2, 2\\]$`));
  });
}

test.run();
