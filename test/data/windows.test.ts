import { suite } from "uvu";
import * as assert from "uvu/assert";
import { logGamma } from "../../src/data/log-gamma.ts";
import { numbersOfWindows, windowPlaces, windowSizes, windowTilings } from "../../src/data/windows.ts";
import { refuses } from "./tiny.ts";

const test = suite("windows");

for (const shape of [
  [9, 12],
  [8, 10, 3],
  [4, 4],
]) {
  const sizes = windowSizes(shape, 4);
  const n = shape.reduce((a, b) => a * b, 1);

  test(`each of four tilings of [${shape}] holds every number once`, () => {
    const tilings = windowTilings(sizes);
    assert.is(tilings.length, 4);
    for (const tiling of tilings) {
      const held = tiling.flatMap(({ pixels }) => [...pixels]).sort((a, b) => a - b);
      assert.equal(
        held,
        Array.from({ length: n }, (_, i) => i),
      );
    }
  });

  test(`windows of [${shape}]: whole ones are those of the places, others are cut from them`, () => {
    const numbers = numbersOfWindows(sizes);
    const d = 16 * sizes.channels;
    const places = windowPlaces(sizes);
    assert.is(numbers.length, places.length * d);
    for (const { pixels, inside, place } of windowTilings(sizes).flat()) {
      assert.is(pixels.length, inside.length);
      assert.ok(place >= 0 && place < places.length);
      const whole = numbers.subarray(place * d, (place + 1) * d);
      if (pixels.length === d && places.some(([y, x]) => pixels[0] === (y * sizes.width + x) * sizes.channels)) {
        assert.equal(pixels, whole);
      }
      for (let a = 1; a < inside.length; a++) {
        // rows, columns and channels lie to each other in the image as in the window
        const [down, across] = [0, 1].map((axis) => {
          const of = (at: number, width: number) => {
            const pixel = Math.floor(at / sizes.channels);
            return axis === 0 ? Math.floor(pixel / width) : pixel % width;
          };
          return of(pixels[a]!, sizes.width) - of(pixels[0]!, sizes.width) - (of(inside[a]!, 4) - of(inside[0]!, 4));
        });
        assert.equal([down, across], [0, 0]);
      }
    }
  });
}

test("signals that are no images, and sides that do not fit, are refused", async () => {
  await refuses(() => windowSizes([30], 4), /^windows: expected images \[h, w\] or \[h, w, channels\], got .* \[30\]$/);
  for (const side of [5, 2, 10, 4.5]) {
    await refuses(() => windowSizes([8, 9], side), new RegExp(`^windows: side: .* from 4 to 8, .* got ${side}$`));
  }
});

test("log Γ: factorials, Γ(½) = √π, and Γ(x + 1) = xΓ(x)", () => {
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-13 * Math.max(1, Math.abs(b)), `${a} ${b}`);
  let factorial = 0;
  for (let n = 1; n < 30; n++) {
    near(logGamma(n), factorial);
    factorial += Math.log(n);
  }
  near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)));
  for (const x of [0.3, 7.9, 123.4, 5e4]) near(logGamma(x + 1), Math.log(x) + logGamma(x));
  assert.throws(() => logGamma(0), /expected a positive number, got 0/);
});

test.run();
