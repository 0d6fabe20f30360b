import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PenaltyName, parsePenalty, penalties, penaltyNames } from "../../../priors/registry.ts";
import type { ValueRange } from "../../../src/data/range.ts";
import { type RecoverOptions, type Recovery, recover } from "../../../src/solve/index.ts";
import type { PenalisedRecovery } from "../../../src/solve/penalised/penalised.ts";
import { judging, matrixOf, measured, multiply, operators, shape, signalOf, transposeMultiply } from "../problems.ts";

const test = suite("penalties of signals in a range");
const LAMBDA = [0.003, 0.03, 0.3];
/** The scenes reach from 0 to 1, 0.7 and 0.2: this range cuts off what noise and a large λ put outside, and a part of the first. */
const RANGE: ValueRange = [0, 0.8];

/** Made once: runs with the same prior, operator and range share their compiled step. */
const priors = new Map(penaltyNames.map((name) => [name, parsePenalty(penalties[name].samples[0]!.spec, shape)]));

const within = async (
  name: PenaltyName,
  operator: (typeof operators)[number],
  range: ValueRange | undefined,
  options: RecoverOptions,
) => {
  const y = await measured(operator);
  return (await recover({ operator, y, noise: 0.02, ...(range && { range }) }, priors.get(name)!, {
    lambda: LAMBDA,
    ...options,
  })) as Recovery & PenalisedRecovery;
};

for (const name of penaltyNames) {
  for (const operator of operators) {
    test(`${name} of ${operator.name}: keeps to the range; the gap that stopped it bounds how far it is from the lowest`, async () => {
      const found = await within(name, operator, RANGE, { own: { steps: 1000 } });
      const long = await within(name, operator, RANGE, { own: { steps: judging(found.steps), tolerance: 0 } });
      const open = await within(name, operator, undefined, { own: { steps: 1000 } });
      assert.equal(found.outcomes, ["converged", "converged", "converged"]);
      assert.ok(found.estimate.data.every((v) => v >= 0 && v <= 0.8 + 1e-6)); // 0.8 in float32
      assert.ok(found.estimate.data.some((v) => v === 0)); // the range does hold somewhere
      for (const [i, value] of found.objectives.entries()) {
        const lowest = Math.min(value, long.objectives[i]!);
        assert.ok(value / lowest - 1 < found.gaps[i]! + 1e-5, `${value} ${lowest} ${found.gaps[i]}`);
        assert.ok(value > open.objectives[i]! * (1 - 2e-3)); // fewer signals to choose from
      }
    });
  }
}

test("tikhonov: the gradient is 0 inside, not negative at the lower end and not positive at the upper", async () => {
  for (const operator of operators) {
    const y = await measured(operator);
    const { estimate, chosen } = await within("tikhonov", operator, RANGE, { own: { tolerance: 1e-6, steps: 1000 } });
    assert.is(chosen.solver, "projected-gradient");
    const phi = await matrixOf(operator);
    for (const [i, lambda] of LAMBDA.entries()) {
      const x = signalOf(estimate, i);
      const misfit = multiply(phi, x).map((v, k) => v - signalOf(y, i)[k]!);
      for (const [k, back] of transposeMultiply(phi, misfit).entries()) {
        const slope = back + 2 * lambda * x[k]!;
        const slack = 2e-3; // of gradients near 1, for a gap of 1e-6
        if (x[k]! > 0) assert.ok(slope < slack, `${slope} at ${x[k]}`);
        if (x[k]! < 0.8 - 1e-6) assert.ok(slope > -slack, `${slope} at ${x[k]}`);
      }
    }
  }
});

test("one end alone: what is positive stays so, and nothing else is held", async () => {
  for (const name of penaltyNames) {
    const found = await within(name, operators[2]!, [0, Number.POSITIVE_INFINITY], { own: { steps: 1000 } });
    assert.equal(found.outcomes, ["converged", "converged", "converged"]);
    assert.ok(found.estimate.data.every((v) => v >= 0));
    assert.ok(found.estimate.data.some((v) => v > 0.8));
  }
});

test.run();
