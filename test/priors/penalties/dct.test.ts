import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cosineTransform } from "../../../operators/cosine.ts";
import { dct } from "../../../priors/penalties/dct.ts";
import { apply, difference, dot, draw, floats } from "../../operators/draws.ts";

const test = suite("dct");

/** One coefficient of DCT-II by its definition: the cosine k of n numbers, at place i. */
const cosine = (n: number, k: number, i: number): number =>
  Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI / n) * (i + 0.5) * k);

test("agrees with the double sum of its definition, each channel by itself", async () => {
  const [h, w, channels] = [6, 5, 3];
  const x = draw(2, [2, h, w, channels]);
  const c = await apply(cosineTransform("dct", [h, w, channels]).analysis, x);
  for (let at = 0; at < c.size; at++) {
    const [row, k, l, channel] = [
      Math.floor(at / (h * w * channels)),
      Math.floor(at / (w * channels)) % h,
      Math.floor(at / channels) % w,
      at % channels,
    ];
    let expected = 0;
    for (let i = 0; i < h; i++) {
      for (let j = 0; j < w; j++) expected += cosine(h, k, i) * cosine(w, l, j) * x.get(row, i, j, channel);
    }
    assert.ok(Math.abs(c.data[at]! - expected) < 1e-5); // float32 sums of 30 numbers near 1
  }
});

test("C keeps norms and C' undoes it, for sides of any size", async () => {
  for (const shape of [[28, 28], [7, 12], [5, 3, 3], [13], [1]]) {
    const { analysis, synthesis } = cosineTransform("dct", shape);
    const x = draw(3, [2, ...shape]);
    const c = await apply(analysis, x);
    assert.equal(c.shape, x.shape);
    assert.ok(Math.abs(dot(c.data, c.data) / dot(x.data, x.data) - 1) < 1e-5);
    assert.ok(difference((await apply(synthesis, c)).data, x.data) < 1e-5);
    assert.ok(difference((await apply(analysis, await apply(synthesis, x))).data, x.data) < 1e-5);
  }
});

test("by hand: a constant image has one coefficient, its norm; a pair has its sum and difference over √2", async () => {
  const flat = await apply(cosineTransform("dct", [3, 4]).analysis, floats(new Array(12).fill(1), [1, 3, 4]));
  assert.ok(difference(flat.data, [Math.sqrt(12), ...new Array(11).fill(0)]) < 1e-6);
  const pair = await apply(cosineTransform("dct", [2]).analysis, floats([3, 1], [1, 2]));
  assert.ok(difference(pair.data, [4 * Math.SQRT1_2, 2 * Math.SQRT1_2]) < 1e-6);
  assert.ok(Math.abs((await apply(dct([2]).value, floats([3, 1], [1, 2]))).data[0]! - 6 * Math.SQRT1_2) < 1e-6);
});

test("refuses signals of more axes than it knows", () => {
  assert.throws(() => dct([2, 2, 2, 2]), /dct: expected signals of \[h, w\].*got \[2, 2, 2, 2\]/);
});

test.run();
