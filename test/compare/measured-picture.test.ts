import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blur } from "../../operators/blur.ts";
import { cartesianFourier } from "../../operators/fourier.ts";
import { mask } from "../../operators/mask.ts";
import { measuredPicture } from "../../src/compare/measured-picture.ts";
import { apply, difference, draw } from "../operators/draws.ts";

const test = suite("picture of measurements");

test("y itself where it has the signals' shape; else Φ'y: Fourier coefficients become the zero-filled image", async () => {
  const x = draw(1, [2, 6, 4]);
  const whole = cartesianFourier({ inShape: [6, 4], acceleration: 1, centre: 1, seed: 1 });
  const y = await apply(whole.forward, x);
  const { measured, backProjected } = await measuredPicture(whole, y);
  assert.is(backProjected, true);
  assert.equal(measured!.shape, [2, 6, 4]);
  assert.ok(difference(measured!.data, x.data) < 1e-5); // all coefficients: Φ'Φ = I
  const some = mask({ inShape: [6, 4], keep: 0.5, seed: 1 });
  assert.equal((await measuredPicture(some, await apply(some.forward, x))).measured!.shape, [2, 6, 4]);
  const same = blur({ inShape: [6, 4] });
  const blurred = await apply(same.forward, x);
  assert.equal(await measuredPicture(same, blurred), { measured: blurred, backProjected: false });
});

test.run();
