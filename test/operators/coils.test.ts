import { writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { birdcage, withCoils } from "../../operators/coils.ts";
import { cartesianFourier } from "../../operators/fourier.ts";
import { operatorNorm } from "../../operators/norms.ts";
import { requireLinear } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { openOperator } from "../../src/measure/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { apply, difference, draw, type Floats } from "./draws.ts";
import { naiveFourier } from "./naive-fourier.ts";

const test = suite("fourier with coils");
const at = scratch();

/** Real and imaginary parts of every coefficient of S_c x, coil by coil, by the definition. */
const naive = (x: Float32Array, maps: Floats, h: number, w: number): number[] =>
  Array.from({ length: maps.shape[0]! }, (_, c) =>
    naiveFourier(h, w, (i, j) => [maps.get(c, i, j, 0) * x[i * w + j]!, maps.get(c, i, j, 1) * x[i * w + j]!]),
  ).flat();

for (const [h, w] of [
  [6, 5],
  [7, 4],
] as const) {
  test(`${h}×${w}: every coil sees the transform of the image times its sensitivity`, async () => {
    const single = cartesianFourier({ inShape: [h, w], acceleration: 1, seed: 1 });
    const x = draw(1, [2, h, w]);
    for (const maps of [birdcage(3, h, w), draw(2, [2, h, w, 2])]) {
      const coils = maps.shape[0]!;
      const y = await apply(withCoils(single, maps, "own").forward, x);
      assert.equal(y.shape, [2, coils, h * w, 2]);
      const wanted = [0, 1].flatMap((row) => naive(x.data.slice(row * h * w, (row + 1) * h * w), maps, h, w));
      assert.ok(difference(y.data, wanted) < 1e-6);
    }
  });
}

test("a birdcage: the squares add up to 1 everywhere, each coil is strongest on its side", () => {
  const [h, w] = [9, 8];
  const maps = birdcage(4, h, w);
  const power = (c: number, i: number, j: number) => maps.get(c, i, j, 0) ** 2 + maps.get(c, i, j, 1) ** 2;
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      const all = [0, 1, 2, 3].reduce((sum, c) => sum + power(c, i, j), 0);
      assert.ok(Math.abs(all - 1) < 1e-6);
    }
  }
  const strongest = ([i, j]: readonly [number, number]) =>
    [0, 1, 2, 3].reduce((best, c) => (power(c, i, j) > power(best, i, j) ? c : best));
  const sides = [
    [4, 7],
    [8, 4],
    [4, 0],
    [0, 4],
  ] as const; // right, below, left, above: angles 0, 90°, 180°, 270°
  assert.equal(sides.map(strongest), [0, 1, 2, 3]);
  // the corner [0, 0] of coil 0 by hand: (u, v) = (−1, −1) − (1.5, 0)
  const found = Math.atan2(maps.get(0, 0, 0, 1), maps.get(0, 0, 0, 0));
  assert.ok(Math.abs(found - Math.atan2(-2.5, 1)) < 1e-6);
});

test("with all rows the norm is 1, with some rows less", async () => {
  const whole = requireLinear("test", parseOperator("fourier:acceleration=1,coils=4", [6, 6], 1));
  assert.ok(Math.abs((await operatorNorm(whole)) - 1) < 1e-4);
  const part = requireLinear("test", parseOperator("fourier:acceleration=3,coils=4", [6, 6], 1));
  assert.ok((await operatorNorm(part)) < 1);
  assert.equal([whole.name, part.outShape], ["fourier(acceleration=1,coils=4)", [4, 12, 2]]);
});

test("sensitivities of one's own from a file", async () => {
  const maps = draw(4, [2, 6, 5, 2]);
  writeFileSync(at("S.npy"), encodeNpy(maps));
  const x = draw(5, [1, 6, 5]);
  const operator = await openOperator(`fourier:acceleration=2,sensitivities=${at("S.npy")}`, {
    shape: [6, 5],
    seed: 2,
  });
  const wanted = withCoils(cartesianFourier({ inShape: [6, 5], acceleration: 2, seed: 2 }), maps, "own");
  assert.equal((await apply(operator.forward, x)).data, (await apply(wanted.forward, x)).data);
  await refuses(
    () => openOperator(`fourier:sensitivities=${at("S.npy")}`, { shape: [5, 6] }),
    /S\.npy: fourier: sensitivities: expected \[coils, 5, 6, 2\], real and imaginary parts, got \[2, 6, 5, 2\]/,
  );
});

test("sensitivities that are not finite are refused, with their place", () => {
  const maps = draw(4, [2, 6, 5, 2]);
  maps.set(1, 0, 3, 1, Number.NaN);
  assert.throws(
    () => withCoils(cartesianFourier({ inShape: [6, 5], acceleration: 1, seed: 1 }), maps, "own"),
    /^fourier: sensitivities: the imaginary part of coil 1 at row 0, column 3 is NaN; expected finite numbers$/,
  );
});

test("what it cannot take is refused", () => {
  const refused = (spec: string, message: RegExp) => assert.throws(() => parseOperator(spec, [8, 8], 1), message);
  refused("fourier:coils=0", /^fourier: coils: expected a positive integer, got 0$/);
  refused(
    "fourier:coils=2,sensitivities=S.npy",
    /^fourier: give coils, .* or the sensitivities of your own, not both$/,
  );
  refused("fourier:coil=2", /unknown option "coil"; did you mean coils\?/);
});

test.run();
