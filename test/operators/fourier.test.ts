import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cartesianFourier, radialFourier } from "../../operators/fourier.ts";
import { parseOperator } from "../../operators/registry.ts";
import { cartesianRows, radialPlaces } from "../../operators/trajectories.ts";
import { contiguous } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { apply, difference, draw, floats } from "./draws.ts";
import { naiveFourier } from "./naive-fourier.ts";

const test = suite("fourier");

for (const [h, w] of [
  [6, 5],
  [7, 4],
] as const) {
  test(`${h}×${w}: all rows are the transform by its definition, some rows a part of it`, async () => {
    const x = draw(1, [1, h, w]);
    const wanted = naiveFourier(h, w, (i, j) => [x.data[i * w + j]!, 0]);
    const whole = await apply(cartesianFourier({ inShape: [h, w], acceleration: 1, seed: 1 }).forward, x);
    assert.equal(whole.shape, [1, h * w, 2]);
    assert.ok(difference(whole.data, wanted) < 1e-6);
    const rows = cartesianRows(h, 3, 1, stream(5, "fourier operator", 3, 1, h, 0));
    const part = await apply(cartesianFourier({ inShape: [h, w], acceleration: h / 3, seed: 5 }).forward, x);
    assert.ok(
      difference(
        part.data,
        [...rows].flatMap((k) => wanted.slice(2 * k * w, 2 * (k + 1) * w)),
      ) < 1e-6,
    );
    const radial = await apply(radialFourier({ inShape: [h, w], radial: 3 }).forward, x);
    const places = [...radialPlaces(h, w, 3)];
    assert.ok(
      difference(
        radial.data,
        places.flatMap((at) => wanted.slice(2 * at, 2 * at + 2)),
      ) < 1e-6,
    );
  });
}

for (const spec of ["fourier:acceleration=2", "fourier:radial=2", "fourier:acceleration=2,coils=2"]) {
  test(`${spec}: channels are measured one by one`, async () => {
    const x = draw(1, [2, 6, 5, 3]);
    const y = await apply(parseOperator(spec, [6, 5, 3], 1).forward, x);
    const grey = parseOperator(spec, [6, 5], 1);
    assert.equal(y.shape, [2, 3, ...grey.outShape]);
    for (const channel of [0, 1, 2]) {
      const own = await apply(grey.forward, floats([...contiguous(x.pick(null, null, null, channel))], [2, 6, 5]));
      assert.ok(difference(contiguous(y.pick(null, channel)), own.data) < 1e-6);
    }
  });
}

test("Cartesian rows: the centre whole, as many as asked, ascending, denser where the frequency is low", () => {
  const times = new Float64Array(64);
  for (let seed = 0; seed < 400; seed++) {
    const rows = [...cartesianRows(64, 16, 5, stream(seed, "rows"))];
    assert.equal(
      rows,
      [...new Set(rows)].sort((a, b) => a - b),
    );
    assert.is(rows.length, 16);
    for (const k of [0, 1, 2, 62, 63]) assert.ok(rows.includes(k));
    for (const k of rows) times[k]!++;
  }
  const share = (from: number, to: number) => times.slice(from, to).reduce((a, b) => a + b) / (400 * (to - from));
  assert.ok(share(3, 10) > 1.5 * share(10, 20));
  assert.ok(share(10, 20) > 1.5 * share(20, 30));
  assert.ok(share(20, 30) > 0.01); // high frequencies are drawn too
});

test("radial places by hand: the axes of 5×5, and the diagonals between them", () => {
  assert.equal([...radialPlaces(5, 5, 1)], [0, 1, 2, 3, 4]);
  assert.equal([...radialPlaces(5, 5, 2)], [0, 1, 2, 3, 4, 5, 10, 15, 20]);
  const diagonals = [6, 12, 18, 24, 9, 13, 17, 21]; // (1, 1), (2, 2), (−2, −2), …, (1, −1), …
  const four = [0, 1, 2, 3, 4, 5, 10, 15, 20, ...diagonals].sort((a, b) => a - b);
  assert.equal([...radialPlaces(5, 5, 4)], four);
});

test("radial places are symmetric about the centre, so that every coefficient comes with its conjugate", () => {
  for (const [h, w] of [
    [16, 16],
    [15, 9],
    [8, 20],
  ] as const) {
    const places = radialPlaces(h, w, 7);
    const negative = places.map((at) => ((h - Math.floor(at / w)) % h) * w + ((w - (at % w)) % w)).sort();
    assert.equal(negative, places);
  }
});

test("seed and place draw other rows; names tell what is not the default", async () => {
  const x = draw(2, [1, 40, 1]);
  const options = [{}, { seed: 2 }, { place: 1 }].map((changed) => ({ inShape: [40, 1], seed: 1, ...changed }));
  const found = await Promise.all(
    options.map(async (own) => (await apply(cartesianFourier(own).forward, x)).data.join()),
  );
  assert.is(new Set(found).size, 3);
  assert.is(parseOperator("fourier", [40, 40], 1).name, "fourier(acceleration=4)");
  assert.is(parseOperator("fourier:centre=0.2", [40, 40], 1).name, "fourier(acceleration=4,centre=0.2)");
  assert.is(parseOperator("fourier:radial=9", [40, 40], 1).name, "fourier(radial=9)");
});

test("what it cannot take is refused", () => {
  const refused = (spec: string, message: RegExp, shape = [20, 8]) =>
    assert.throws(() => parseOperator(spec, shape, 1), message);
  refused(
    "fourier:acceleration=0.5",
    /^fourier: acceleration: expected a number from 1 to 20, the rows of the image, got 0\.5$/,
  );
  refused("fourier:acceleration=21", /got 21$/);
  refused("fourier:centre=2", /^fourier: centre: expected a fraction between 0 and 1, got 2$/);
  refused(
    "fourier:centre=0.5",
    /^fourier: centre: 0\.5 of 20 rows are 10, but an acceleration of 4 measures 5; lower one of them$/,
  );
  refused("fourier:radial=0", /^fourier: radial: expected a positive integer, the number of lines, got 0$/);
  refused("fourier:radial=3,acceleration=2", /^fourier: give acceleration and centre .* or radial .*, not both$/);
  refused("fourier", /^fourier: expected images \[h, w\] or \[h, w, channels\], got signals of \[4\]$/, [4]);
});

test.run();
