import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sumOfPenalties } from "../../../priors/penalties/sum.ts";
import { tgv } from "../../../priors/penalties/tgv.ts";
import { tikhonov } from "../../../priors/penalties/tikhonov.ts";
import { tv } from "../../../priors/penalties/tv.ts";
import { wavelet } from "../../../priors/penalties/wavelet.ts";
import { parsePenalty } from "../../../priors/registry.ts";
import { recover } from "../../../src/solve/index.ts";
import { difference } from "../../operators/draws.ts";
import {
  matrixOf,
  measured,
  multiply,
  operators,
  shape,
  signalOf,
  transposeMultiply,
  withPenalty,
} from "../problems.ts";

const test = suite("sums of penalties");
const LAMBDA = [0.003, 0.03, 0.3];
const own = { tolerance: 1e-4, maxSteps: 1000 };

test("w r + (1 − w) r is r, whatever its form", async () => {
  const operator = operators[2]!;
  const y = await measured(operator);
  for (const penalty of [tikhonov(shape), tv(shape), tgv(shape), wavelet(shape)]) {
    const sum = sumOfPenalties([
      { weight: 0.3, penalty },
      { weight: 0.7, penalty },
    ]);
    const whole = await withPenalty(operator, penalty, y, { lambda: 0.03, ...own });
    const found = await withPenalty(operator, sum, y, { lambda: 0.03, ...own });
    assert.is(found.chosen.solver, penalty.form === "quadratic" ? "conjugate-gradients" : "primal-dual");
    assert.ok(difference(found.estimate.data, whole.estimate.data) < 0.05, penalty.name); // gaps of 1e-4
    for (const [i, value] of found.objectives.entries()) assert.ok(Math.abs(value / whole.objectives[i]! - 1) < 2e-4);
  }
});

test("tv + l1: no point near or far has a lower objective, computed by hand", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const prior = parsePenalty("tv:anisotropic+l1:weight=0.5", shape);
  assert.is(prior.name, "tv(anisotropic) + l1(weight=0.5)");
  const found = await withPenalty(operator, prior, y, { lambda: LAMBDA, ...own });
  assert.equal(found.outcomes, ["converged", "converged", "converged"]);
  const phi = await matrixOf(operator);
  for (const [i, lambda] of LAMBDA.entries()) {
    const objective = (x: readonly number[]) => {
      const misfit = multiply(phi, x).reduce((sum, v, k) => sum + (v - signalOf(y, i)[k]!) ** 2 / 2, 0);
      const steps = x.reduce((sum, v, at) => {
        const down = at < 56 ? Math.abs(x[at + 8]! - v) : 0;
        return sum + down + (at % 8 < 7 ? Math.abs(x[at + 1]! - v) : 0) + 0.5 * Math.abs(v);
      }, 0);
      return misfit + lambda * steps;
    };
    const x = signalOf(found.estimate as never, i);
    const lowest = objective(x);
    assert.ok(Math.abs(found.objectives[i]! / lowest - 1) < 1e-5);
    const downhill = transposeMultiply(
      phi,
      multiply(phi, x).map((v, k) => signalOf(y, i)[k]! - v),
    );
    for (const size of [1e-3, 1e-2, 0.1]) {
      for (let trial = 0; trial < 20; trial++) {
        const at = (7 * trial) % 64;
        const spike = x.map((v, k) => (k === at ? v + size * (trial % 2 ? 1 : -1) : v));
        const part = x.map((v, k) => (trial % 2 ? v + size * downhill[k]! : v * (1 - size)));
        for (const other of [spike, part]) assert.ok(objective(other) >= lowest * (1 - 1.1e-4)); // the gap, and float32
      }
    }
  }
});

test("with counts: the terms of a quadratic sum by their own proximal maps, as the sum of their energies", async () => {
  const operator = operators[2]!;
  const y = await measured(operator, 0);
  const recovered = (spec: string, lambda: number) =>
    recover({ operator, y, noise: "poisson:peak=30" }, parsePenalty(spec, shape), {
      ...{ lambda, solver: "primal-dual", own: { tolerance: 1e-5, steps: 1000 } },
    });
  const sum = await recovered("tikhonov+tikhonov:weight=2", 0.1);
  const whole = await recovered("tikhonov", 0.3);
  assert.ok(difference(sum.estimate.data, whole.estimate.data) < 0.01);
});

test("λ is that of the first term by itself; what is no sum is refused in one line", () => {
  const facts = { sigma: 0.1, gain: 1, amplitude: 0.3 };
  const rule = (spec: string) => parsePenalty(spec, shape).defaultLambda!(facts);
  assert.is(rule("tv+l1"), rule("tv"));
  assert.is(rule("tv:weight=2+l1"), rule("tv") / 2);
  assert.throws(
    () => parsePenalty("tv+", shape),
    /penalty: expected name:key=value,… \(or several joined by \+\), got "tv\+"/,
  );
  assert.throws(
    () => parsePenalty("tv+l1:weight=-1", shape),
    /l1\(weight=-1\): weight: expected a positive number, got -1/,
  );
  assert.throws(() => parsePenalty("tv:weight=2", shape), /tv: unknown option "weight"/);
  assert.throws(() => sumOfPenalties([]), /a sum needs at least one term, got none/);
  const centred = { ...tv(shape), centre: new Float32Array(64) };
  assert.throws(() => sumOfPenalties([{ weight: 1, penalty: centred }]), /tv: a term of a sum has no centre/);
});

test.run();
