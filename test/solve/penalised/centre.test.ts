import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PenaltyPrior } from "../../../priors/prior.ts";
import { parsePenalty, penalties, penaltyNames } from "../../../priors/registry.ts";
import { recover } from "../../../src/solve/index.ts";
import { apply, difference, floats } from "../../operators/draws.ts";
import { measured, operators, scenes, shape, signalOf } from "../problems.ts";

const test = suite("penalties about a centre");
const own = { tolerance: 1e-5, steps: 1000 };
const LAMBDA = 0.05;

/** Half of the first scene: no constant, and not what any of them is. */
const centre = Float32Array.from(signalOf(scenes, 0), (v) => v / 2);
const about = (prior: PenaltyPrior): PenaltyPrior => ({ ...prior, centre });

for (const name of penaltyNames) {
  const prior = parsePenalty(penalties[name].samples[0]!.spec, shape);

  test(`${name}: is the recovery of what the measurements say beyond the centre, added to it`, async () => {
    for (const operator of operators) {
      const y = await measured(operator);
      const known = (await apply(operator.forward, floats([...centre], [1, ...shape]))).data;
      const beyond = floats(
        [...y.data].map((v, at) => v - known[at % known.length]!),
        y.shape,
      );
      const found = await recover({ operator, y, noise: 0.02 }, about(prior), { lambda: LAMBDA, own });
      const rest = await recover({ operator, y: beyond, noise: 0.02 }, prior, { lambda: LAMBDA, own });
      const expected = rest.estimate.data.map((v, at) => v + centre[at % centre.length]!);
      assert.ok(difference(found.estimate.data, expected) < 1e-4); // float32 rounding of y
    }
  });

  test(`${name}: keeps to the range of the signals, not of the difference`, async () => {
    const operator = operators[0]!;
    const y = await measured(operator);
    const given = { operator, y, noise: 0.02, range: [0, 0.8] as const };
    const found = await recover(given, about(prior), { lambda: LAMBDA, own: { steps: 1000 } });
    assert.equal(found.outcomes, ["converged", "converged", "converged"]);
    assert.ok(found.estimate.data.every((v) => v >= 0 && v <= 0.8 + 1e-6));
    assert.ok(found.estimate.data.some((v, at) => v < centre[at % centre.length]! - 0.05)); // below the centre, which is no bound
  });
}

test("a weight that leaves nothing but the prior gives the centre", async () => {
  const operator = operators[2]!;
  const y = await measured(operator);
  for (const name of ["tikhonov", "wavelet"]) {
    const { estimate } = await recover({ operator, y, noise: 0.02 }, about(parsePenalty(name, shape)), { lambda: 1e4 });
    for (let i = 0; i < 3; i++) assert.ok(difference(signalOf(estimate as typeof scenes, i), centre) < 1e-3);
  }
});

test("other than Gaussian noise is refused, for y less Φ·centre has another law", async () => {
  const operator = operators[2]!;
  const y = floats(new Array(64).fill(3), [1, 64]);
  const message = await recover(
    { operator, y: floats([...y.data], [1, ...operator.outShape]), noise: "poisson:peak=30" },
    about(parsePenalty("tv", shape)),
    { lambda: 1 },
  ).then(String, String);
  assert.match(message, /a penalty about a centre needs Gaussian noise/);
});

test.run();
