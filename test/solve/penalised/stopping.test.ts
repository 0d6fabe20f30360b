import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parsePenalty } from "../../../priors/registry.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { poissonNoise } from "../../../src/measure/noise/poisson.ts";
import { type RecoverOptions, recover } from "../../../src/solve/index.ts";
import { takeRows } from "../../../src/solve/rows.ts";
import { apply, difference, type Floats, floats } from "../../operators/draws.ts";
import { measured, operators, scenes, shape, signalOf } from "../problems.ts";

const test = suite("what ends a recovery");
const LAMBDA = [0.003, 0.03, 0.3];
const SIGMA = 0.02;
const names = ["tikhonov", "tv", "wavelet"];
const priors = Object.fromEntries(names.map((name) => [name, parsePenalty(name, shape)])); // the same one: compiled once

const recovered = async (name: string, own: RecoverOptions["own"], operator = operators[0]!) => {
  const given = { operator, y: await measured(operator), noise: SIGMA };
  return recover(given, priors[name]!, { lambda: LAMBDA, ...(own && { own }) });
};

const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((v, i) => v - b[i]!));

for (const name of names) {
  test(`${name}: settled, the last step moved x by no more than was asked, and no earlier one did`, async () => {
    const change = 2e-2;
    const found = await recovered(name, { change, tolerance: 0 });
    assert.equal(found.outcomes, ["settled", "settled", "settled"]);
    const path: Floats[] = [];
    for (let steps = 0; steps <= found.steps; steps++) {
      path.push((await recovered(name, { tolerance: 0, steps })).estimate);
    }
    const ends = [0, 1, 2].map((i) => {
      const at = path.map((estimate) => signalOf(estimate, i));
      const last = at.findIndex((x, step) => step > 0 && distance(x, at[step - 1]!) <= change * Math.hypot(...x));
      assert.ok(difference(signalOf(found.estimate, i), at[last]!) < 1e-5); // sums in another order
      return last;
    });
    assert.is(Math.max(...ends), found.steps);
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

test("discrepancy: a signal's σ is that of its own counts, whatever else is in its batch", async () => {
  const operator = operators[2]!;
  const clean = await apply(operator.forward, scenes);
  const brightness = [30, 10, 3];
  const means = fromHost(
    clean.data.map((v, at) => Math.max(v, 0) * brightness[Math.floor(at / 64)]!),
    clean.shape,
  );
  const noise = poissonNoise(20);
  const y = noise.ofClean(means).sample(means, stream(1, "test"));
  const solved = async (rows: readonly number[]) => {
    const own = { discrepancy: 1, tolerance: 0, steps: 20 };
    return recover({ operator, y: takeRows(y, rows), noise }, parsePenalty("tv", shape), { lambda: 1e-3, own });
  };
  const together = await solved([0, 1, 2]);
  for (const i of [0, 1, 2]) {
    const alone = await solved([i]);
    assert.equal([alone.outcomes[0], together.outcomes[i]], ["discrepancy", "discrepancy"]);
    assert.ok(difference(signalOf(together.estimate, i), alone.estimate.data) < 1e-5); // sums in another order
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
  assert.match(await message({ change: 0 }), /primal-dual: change: expected a positive number, got 0; leave it out/);
  assert.match(
    await message({ discrepancy: -1 }),
    /primal-dual: discrepancy: expected a positive number, got -1; leave it out/,
  );
  assert.match(await message({ discrepancy: 1 }), /primal-dual: discrepancy: expected noise, σ is 0; leave it out/);
  assert.match(
    await message({ seconds: -1 }),
    /primal-dual: seconds: expected a positive number, got -1; leave it out/,
  );
  assert.match(await message({ second: 1 }), /unknown option "second"; did you mean seconds\?/);
});

test.run();
