import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PenaltyPrior, Prior } from "../../../priors/prior.ts";
import { parsePenalty } from "../../../priors/registry.ts";
import { parseBaseline, type Recovery, recover } from "../../../src/solve/index.ts";
import type { PenalisedRecovery } from "../../../src/solve/penalised/penalised.ts";
import { difference, floats } from "../../operators/draws.ts";
import { measured, operators, scenes, shape, signalOf } from "../problems.ts";

const test = suite("iterations that begin at signals");
const operator = operators[0]!;
const LAMBDA = 0.003;
const ENDS = ["converged", "converged", "converged"];

const centre = Float32Array.from(signalOf(scenes, 0), (v) => v / 2);
const cases: readonly [spec: string, solver: string, centred: boolean][] = [
  ["tikhonov", "conjugate-gradients", false],
  ["tikhonov:gradient", "projected-gradient", false],
  ["dct", "fista", false],
  ["dct", "fista", true],
  ["tv", "primal-dual", false],
];

for (const [spec, solver, centred] of cases) {
  const penalty = parsePenalty(spec, shape);
  const prior: PenaltyPrior = centred ? { ...penalty, centre } : penalty;

  test(`${solver}${centred ? " about a centre" : ""}: from its own solution it ends sooner, at the same objective`, async () => {
    const given = { operator, y: await measured(operator), noise: 0.02 };
    const options = { solver, lambda: LAMBDA };
    const cold = (await recover(given, prior, options)) as Recovery & PenalisedRecovery;
    const warm = (await recover(given, prior, { ...options, start: cold.estimate })) as typeof cold;
    assert.equal([cold.outcomes, warm.outcomes], [ENDS, ENDS]);
    assert.ok(warm.steps < cold.steps, `${warm.steps} steps instead of ${cold.steps}`);
    for (const [i, lowest] of cold.objectives.entries()) {
      assert.ok(Math.abs(warm.objectives[i]! / lowest - 1) < 2e-3, `${warm.objectives[i]} and ${lowest}`); // gaps of 1e-3 each
    }
  });

  test(`${solver}${centred ? " about a centre" : ""}: one step from elsewhere depends on where that is`, async () => {
    const given = { operator, y: await measured(operator), noise: 0.02 };
    const own = { tolerance: 0, steps: 1 };
    const [far, near] = [50, 0].map((v) =>
      floats(
        [...scenes.data].map((x) => x + v),
        scenes.shape,
      ),
    );
    const [a, b] = await Promise.all(
      [far, near].map((start) => recover(given, prior, { solver, lambda: LAMBDA, own, start: start! })),
    );
    assert.ok(difference(a!.estimate.data, b!.estimate.data) > 1e-3);
  });
}

test("a start of another shape, of numbers that are not finite, or for a solver that begins nowhere is refused", async () => {
  const given = { operator, y: await measured(operator), noise: 0.02 };
  const prior = parsePenalty("tv", shape);
  const refusal = (start: typeof scenes, by: Prior = prior) =>
    recover(given, by, { start }).then(
      () => "none",
      (error: Error) => error.message,
    );
  assert.is(await refusal(floats([...centre], [1, 8, 8])), "recover: start: expected signals [3, 8, 8], got [1, 8, 8]");
  const spoiled = floats([...scenes.data], scenes.shape);
  spoiled.data[70] = Number.NaN;
  assert.match(await refusal(spoiled), /^recover: start: row 1 holds NaN \(number 6 of the row\)/);
  assert.is(
    await refusal(scenes, parseBaseline("zero-filled", shape)),
    "recover: zero-filled does not begin at signals; leave start out",
  );
});

test.run();
