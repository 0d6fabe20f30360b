import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { tgv } from "../../../priors/penalties/tgv.ts";
import { apply, draw, floats } from "../../operators/draws.ts";

const test = suite("tgv");

test("a plane with its slope costs nothing, in every channel, up to the border", async () => {
  const [h, w] = [5, 4];
  const plane = (slope: readonly number[]) =>
    Array.from({ length: h * w }, (_, i) => 2 + slope[0]! * Math.floor(i / w) + slope[1]! * (i % w));
  const prior = tgv([h, w]);
  const unknowns = [plane([3, -2]), new Array(h * w).fill(3), new Array(h * w).fill(-2)];
  const value = await apply(
    (u) => prior.size(prior.analysis(tf.unstack(tf.reshape(u, [3, 1, h, w])))),
    floats(unknowns.flat(), [3, h, w]),
  );
  assert.is(value.data[0], 0);
});

test("agrees with its definition, features of x and w pixel by pixel", async () => {
  const [h, w] = [4, 5];
  const u = draw(2, [3, h, w]);
  const at = (k: number, i: number, j: number) => u.get(k, i, j);
  const back = (k: number, axis: number, i: number, j: number) =>
    axis === 0 ? (i > 0 ? at(k, i, j) - at(k, i - 1, j) : 0) : j > 0 ? at(k, i, j) - at(k, i, j - 1) : 0;
  let [jumps, bends] = [0, 0];
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      const down = i + 1 < h ? at(0, i + 1, j) - at(0, i, j) - at(1, i, j) : 0;
      const right = j + 1 < w ? at(0, i, j + 1) - at(0, i, j) - at(2, i, j) : 0;
      jumps += Math.hypot(down, right);
      const mixed = (back(2, 0, i, j) + back(1, 1, i, j)) / 2;
      bends += Math.sqrt(back(1, 0, i, j) ** 2 + back(2, 1, i, j) ** 2 + 2 * mixed ** 2);
    }
  }
  for (const curvature of [2, 0.7]) {
    const prior = tgv([h, w], { curvature });
    const value = await apply((x) => prior.size(prior.analysis(tf.unstack(tf.reshape(x, [3, 1, h, w])))), u);
    assert.ok(Math.abs(value.data[0]! / (jumps + curvature * bends) - 1) < 1e-5); // float32 sums
  }
});

test("refuses a curvature that is not positive, and signals of more axes than it knows", () => {
  assert.throws(() => tgv([4, 4], { curvature: 0 }), /tgv: curvature: expected a positive number, got 0/);
  assert.throws(() => tgv([2, 2, 2, 2]), /tgv: expected signals of \[h, w\].*got \[2, 2, 2, 2\]/);
});

test.run();
