import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as tf from "#tf";
import { tv } from "../../../priors/penalties/tv.ts";
import type { AnalysisPenalty } from "../../../priors/prior.ts";
import { apply, draw, floats } from "../../operators/draws.ts";

const test = suite("tv");

const costOf = (prior: AnalysisPenalty) => (x: tf.Tensor) => prior.size(prior.analysis([x]));

test("of one bright pixel: two edges of length 1 and a corner of √2", async () => {
  const x = floats([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 3, 3]);
  const value = (await apply(costOf(tv([3, 3])), x)).data[0]!;
  assert.ok(Math.abs(value - (2 + Math.SQRT2)) < 1e-6);
});

test("agrees with the definition; channels count by themselves; constants cost nothing", async () => {
  const [h, w, c] = [4, 5, 2];
  const x = draw(2, [1, h, w, c]);
  const at = (i: number, j: number, k: number) => x.data[(i * w + j) * c + k]!;
  let expected = 0;
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      for (let k = 0; k < c; k++) {
        const down = i + 1 < h ? at(i + 1, j, k) - at(i, j, k) : 0;
        const right = j + 1 < w ? at(i, j + 1, k) - at(i, j, k) : 0;
        expected += Math.hypot(down, right);
      }
    }
  }
  const prior = tv([h, w, c]);
  assert.ok(Math.abs((await apply(costOf(prior), x)).data[0]! / expected - 1) < 1e-6);
  assert.is((await apply(costOf(prior), floats(new Array(40).fill(3), [1, h, w, c]))).data[0], 0);
});

test("of a line is the sum of its steps", async () => {
  assert.is((await apply(costOf(tv([4])), floats([0, 2, 1, 1], [1, 4]))).data[0], 3);
});

test("anisotropic: the corner of one bright pixel costs 2", async () => {
  const x = floats([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 3, 3]);
  assert.is((await apply(costOf(tv([3, 3], { anisotropic: true })), x)).data[0], 4);
});

test("refuses signals of more axes than it knows", () => {
  assert.throws(() => tv([2, 2, 2, 2]), /tv: expected signals of \[h, w\].*got \[2, 2, 2, 2\]/);
});

test.run();
