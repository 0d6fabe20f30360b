import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tikhonov } from "../../priors/tikhonov.ts";
import { apply, difference, draw, floats } from "../operators/draws.ts";

const test = suite("tikhonov");

test("is the sum of squares of every signal", async () => {
  const x = floats([1, 2, 3, 0, 0, -2], [2, 3]);
  assert.equal([...(await apply(tikhonov([3]).value, x)).data], [14, 4]);
});

test("its gradient agrees with differences", async () => {
  const prior = tikhonov([5]);
  const x = draw(1, [1, 5]);
  const gradient = await apply(prior.gradient, x);
  const step = 0.01;
  const slopes = await Promise.all(
    Array.from(x.data, async (_, i) => {
      const at = async (by: number) => {
        const moved = floats([...x.data], x.shape);
        moved.data[i]! += by;
        return (await apply(prior.value, moved)).data[0]!;
      };
      return ((await at(step)) - (await at(-step))) / (2 * step);
    }),
  );
  assert.ok(difference(gradient.data, slopes) < 1e-3); // float32 differences over 0.02
});

test.run();
