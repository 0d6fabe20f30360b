import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tikhonov } from "../../../priors/penalties/tikhonov.ts";
import { apply, floats } from "../../operators/draws.ts";

const test = suite("tikhonov");

test("is the sum of squares of every signal", async () => {
  const x = floats([1, 2, 3, 0, 0, -2], [2, 3]);
  assert.equal([...(await apply(tikhonov([3]).value, x)).data], [14, 4]);
});

test.run();
