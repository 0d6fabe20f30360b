import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cartesianFourier } from "../../../operators/fourier.ts";
import { gaussian } from "../../../operators/gaussian.ts";
import { mask } from "../../../operators/mask.ts";
import { parseBaseline, recover } from "../../../src/solve/index.ts";
import { refuses } from "../../data/tiny.ts";
import { apply, difference, draw } from "../../operators/draws.ts";
import { shape } from "../problems.ts";

const test = suite("zero-filled");
const x = draw(4, [2, ...shape]);

for (const operator of [
  mask({ inShape: shape, keep: 0.5, seed: 1 }),
  cartesianFourier({ inShape: shape, acceleration: 2, seed: 1 }),
  gaussian({ inShape: shape, m: 20, seed: 1 }),
]) {
  test(`fits y, and has no part that ${operator.name} does not see`, async () => {
    const y = await apply(operator.forward, x);
    const { estimate, outcomes, chosen } = await recover(
      { operator, y, noise: 0.01 },
      parseBaseline("zero-filled", shape),
    );
    assert.equal(outcomes, ["converged", "converged"]);
    assert.equal(chosen, { solver: "zero-filled", noise: "gaussian(sigma=0.01)", sigma: 0.01 });
    assert.ok(difference((await apply(operator.forward, estimate)).data, y.data) < 1e-4); // λ = 1e-6‖Φ‖²
    // x − x̂ is what Φ does not see: ⟨x − x̂, x̂⟩ = 0
    const [overlap, energy] = [...x.data].reduce(
      ([o, e], v, i) => [o + (v - estimate.data[i]!) * estimate.data[i]!, e + v * v],
      [0, 0] as [number, number],
    );
    assert.ok(Math.abs(overlap) < 1e-4 * energy);
  });
}

test("a mask: the pixels that were kept, and 0 elsewhere", async () => {
  const operator = mask({ inShape: shape, keep: 0.5, seed: 1 });
  const y = await apply(operator.forward, x);
  const { estimate } = await recover({ operator, y, noise: 0 }, parseBaseline("zero-filled", shape));
  assert.ok(difference(estimate.data, (await apply(operator.adjoint, y)).data) < 1e-5);
});

test("a λ, a solver and options of solvers do not apply", async () => {
  const operator = mask({ inShape: shape, keep: 0.5, seed: 1 });
  const given = { operator, y: draw(1, [1, 32]), noise: 0.1 };
  const prior = parseBaseline("zero-filled", shape);
  await refuses(() => recover(given, prior, { lambda: 1 }), /^lambda: zero-filled has none; leave it out$/);
  await refuses(
    () => recover(given, prior, { solver: "fista" }),
    /^solver: zero-filled is a method of its own; leave fista out$/,
  );
  await refuses(
    () => recover(given, prior, { own: { steps: 3 } }),
    /^zero-filled: unknown option "steps"; it has none$/,
  );
  await refuses(() => recover(given, prior, { deviation: true }), /^recover: zero-filled knows no deviation; /);
});

test.run();
