import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { l1 } from "../../../priors/penalties/l1.ts";
import { apply, floats } from "../../operators/draws.ts";

const test = suite("l1");

test("by hand: the sum of sizes, the largest size, and numbers drawn to 0 by t", async () => {
  const prior = l1([2, 2]);
  const x = floats([3, -1, 0.5, 0], [1, 2, 2]);
  assert.is((await apply(prior.value, x)).data[0], 4.5);
  assert.is((await apply(prior.dualNorm, x)).data[0], 3);
  assert.equal([...(await apply((v) => prior.prox(v, tf.tensor1d([1])), x)).data], [2, 0, 0, 0]);
});

test.run();
