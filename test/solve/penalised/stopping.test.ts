import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parsePenalty } from "../../../priors/registry.ts";
import { type RecoverOptions, type Recovery, recover } from "../../../src/solve/index.ts";
import type { PenalisedRecovery } from "../../../src/solve/penalised/penalised.ts";
import { apply, floats } from "../../operators/draws.ts";
import { measured, operators, shape, signalOf } from "../problems.ts";

const test = suite("what ends a recovery");
const LAMBDA = [0.003, 0.03, 0.3];
const SIGMA = 0.02;

const recovered = async (name: string, own: RecoverOptions["own"], operator = operators[0]!) => {
  const given = { operator, y: await measured(operator), noise: SIGMA };
  return (await recover(given, parsePenalty(name, shape), { lambda: LAMBDA, ...(own && { own }) })) as Recovery &
    PenalisedRecovery;
};

const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((v, i) => v - b[i]!));

for (const name of ["tikhonov", "tv", "wavelet"]) {
  test(`${name}: settled, the last step moved x by no more than was asked, and no earlier one did`, async () => {
    const change = 3e-3;
    const found = await recovered(name, { change, tolerance: 0 });
    assert.equal(found.outcomes, ["settled", "settled", "settled"]);
    const before = await recovered(name, { tolerance: 0, steps: found.steps - 1 });
    const after = await recovered(name, { tolerance: 0, steps: found.steps });
    const moved = [0, 1, 2].map((i) => {
      const end = signalOf(after.estimate as never, i);
      return distance(end, signalOf(before.estimate as never, i)) / Math.hypot(...end);
    });
    assert.ok(Math.min(...moved) <= change * 1.001); // the row that ended the run; float32 norms
    assert.ok(found.steps < 500);
  });
}

test("discrepancy: ends at the first step whose residual is the norm of the noise, in every row by itself", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const found = await recovered("tikhonov", { discrepancy: 1, tolerance: 0, steps: 20 });
  assert.equal(found.outcomes.slice(0, 2), ["discrepancy", "discrepancy"]);
  assert.is(found.outcomes[2], "max-steps"); // λ keeps it away from the measurements
  const fitted = await apply(operator.forward, floats([...found.estimate.data], found.estimate.shape));
  for (const [i, outcome] of found.outcomes.entries()) {
    const ratio = distance(signalOf(fitted, i), signalOf(y, i)) / (SIGMA * Math.sqrt(30));
    assert.is(ratio <= 1.001, outcome === "discrepancy", `${ratio}`);
  }
});

test("max-time: the first step after the time is the last", async () => {
  const found = await recovered("tv", { seconds: 1e-6, tolerance: 0 });
  assert.equal([found.outcomes, found.steps], [["max-time", "max-time", "max-time"], 1]);
});

test("a gap that is reached first counts", async () => {
  const found = await recovered("tikhonov", { change: 1e-9, discrepancy: 1e-9, seconds: 1e3 });
  assert.equal(found.outcomes, ["converged", "converged", "converged"]);
});

test("limits that cannot be meant are refused in one line", async () => {
  const operator = operators[0]!;
  const given = { operator, y: await measured(operator), noise: 0 };
  const message = (own: RecoverOptions["own"]) =>
    recover(given, parsePenalty("tv", shape), { lambda: 1, ...(own && { own }) }).then(String, String);
  assert.match(await message({ change: 0 }), /primal-dual: change: expected a positive number, got 0$/);
  assert.match(await message({ discrepancy: -1 }), /primal-dual: discrepancy: expected a positive number, got -1$/);
  assert.match(await message({ discrepancy: 1 }), /primal-dual: discrepancy: expected noise, σ is 0; leave it out/);
  assert.match(await message({ second: 1 }), /unknown option "second"; did you mean seconds\?/);
});

test.run();
