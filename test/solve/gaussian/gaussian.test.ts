import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LinearOperator } from "../../../operators/operator.ts";
import type { GaussianPrior } from "../../../priors/prior.ts";
import { stream } from "../../../src/data/random.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { recover } from "../../../src/solve/index.ts";
import { type Floats, floats } from "../../operators/draws.ts";
import { matrixOf, measured, multiply, operators, shape, signalOf, transposeMultiply } from "../problems.ts";

const test = suite("gaussian posterior");
const n = 64;

/** Neighbours correlate: Σᵢⱼ = 0.2 · 0.8^distance, and a mean that is no constant. */
const prior: GaussianPrior = {
  kind: "gaussian",
  ...{ name: "gaussian", shape },
  mean: stream(1, "mean")
    .fillNormal(new Float64Array(n))
    .map((v) => 0.3 + 0.1 * v),
  covariance: Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    const rows = Math.floor(i / 8) - Math.floor(j / 8);
    return 0.2 * 0.8 ** (Math.abs(rows) + Math.abs((i % 8) - (j % 8)));
  }),
};

const recoverGaussian = (operator: LinearOperator, own: GaussianPrior, y: Floats, noise: number) =>
  recover({ operator, y, noise }, own);

const largest = (values: readonly number[]) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

for (const operator of operators) {
  test(`${operator.name}: the estimate solves x̂ − μ = ΣΦ'(y − Φx̂)/σ²`, async () => {
    const noise = 0.1;
    const y = await measured(operator, noise);
    const { estimate, outcomes } = await recoverGaussian(operator, prior, y, noise);
    assert.equal(outcomes, ["exact", "exact", "exact"]);
    const phi = await matrixOf(operator);
    for (let i = 0; i < 3; i++) {
      const x = signalOf(estimate, i);
      const seen = multiply(phi, x);
      const misfit = signalOf(y, i).map((v, k) => (v - seen[k]!) / noise ** 2);
      const pulled = transposeMultiply(phi, misfit);
      const gap = x.map((v, k) => {
        let sum = v - prior.mean[k]!;
        for (let j = 0; j < n; j++) sum -= prior.covariance[k * n + j]! * pulled[j]!;
        return sum;
      });
      assert.ok(largest(gap) < 1e-4, `${largest(gap)}`); // x̂ in float32, its rounding 6e-8 times ‖Σ‖‖Φ‖²/σ² of about 500
    }
  });

  test(`${operator.name}: without noise the estimate explains the measurements`, async () => {
    const y = await measured(operator, 0);
    const { estimate, chosen } = await recoverGaussian(operator, prior, y, 0);
    assert.equal(chosen.raised, { from: 0, to: chosen.sigma, measurements: y.size / 3 });
    const phi = await matrixOf(operator);
    for (let i = 0; i < 3; i++) {
      const seen = multiply(phi, signalOf(estimate, i));
      const gap = largest(signalOf(y, i).map((v, k) => v - seen[k]!));
      assert.ok(gap < 2e-4, `${gap}`); // the least noise has the deviation 1e-5 of a measurement's
    }
  });
}

test("an operator that is not known to be linear gets the posterior's mode by descent: the exact mean", async () => {
  const { name, inShape, outShape, forward, ...linear } = operators[0]!;
  const y = await measured(operators[0]!, 0.3);
  const exact = await recoverGaussian({ name, inShape, outShape, forward, ...linear }, prior, y, 0.3);
  const options = { own: { restarts: 1, steps: 2000, rate: 0.02 } };
  const found = await recover({ operator: { name, inShape, outShape, forward }, y, noise: 0.3 }, prior, options);
  assert.is(found.chosen.solver, "csgm");
  const energy = (of: (i: number) => number) => exact.estimate.data.reduce((sum, _, i) => sum + of(i) ** 2, 0);
  const gap = energy((i) => found.estimate.data[i]! - exact.estimate.data[i]!);
  const told = energy((i) => exact.estimate.data[i]! - prior.mean[i % n]!);
  assert.ok(gap < 1e-3 * told, `${gap} of ${told}`); // Adam stops where a step gains 1e-4 of the objective
});

test("the mean squared error over draws of the Gaussian is the trace of the posterior covariance", async () => {
  const [first] = operators;
  const { covariance } = prior;
  const flat: GaussianPrior = {
    ...prior,
    covariance: covariance.map((_, at) => (at % (n + 1) === 0 ? 1 : 0)), // Σ = I: the posterior's trace is n − m without noise
  };
  const random = stream(3, "draws");
  const draws = 400;
  const phi = await matrixOf(first!);
  const truth = Array.from({ length: draws }, () => Array.from(prior.mean, (v) => v + random.normal()));
  const y = floats(
    truth.flatMap((x) => multiply(phi, x)),
    [draws, 30],
  );
  const { estimate } = await recoverGaussian(first!, flat, y, 0);
  let error = 0;
  for (const [i, x] of truth.entries()) for (const [j, v] of signalOf(estimate, i).entries()) error += (v - x[j]!) ** 2;
  const expected = n - 30;
  // the sum of 34 squares has the variance 68; 5 standard errors of its mean over the draws
  assert.ok(Math.abs(error / draws - expected) < 5 * Math.sqrt(68 / draws), `${error / draws}`);
});

test("σ is raised for the measurements whose own is below the floor, and only then is it said", async () => {
  const [operator] = operators;
  const y = await measured(operator!, 0.1);
  assert.is((await recoverGaussian(operator!, prior, y, 0.1)).chosen.raised, undefined);
  const sigmas = new Float32Array(30).fill(0.1).fill(1e-9, 0, 2);
  const { chosen } = await recover({ operator: operator!, y, noise: gaussianNoise(sigmas) }, prior);
  const { from, to, measurements } = chosen.raised!;
  assert.is(measurements, 2);
  assert.ok(from < to && to < 1.001 * from && to === chosen.sigma, `${from} ${to}`);
});

test("a covariance of 0 gives the mean", async () => {
  const [operator] = operators;
  const certain = { ...prior, covariance: new Float64Array(n * n) };
  const { estimate } = await recoverGaussian(operator!, certain, await measured(operator!), 0);
  assert.equal(signalOf(estimate, 1), [...Float32Array.from(prior.mean)]);
});

test("shapes that do not fit and measurements that are not finite are refused", async () => {
  const [operator] = operators;
  const y = await measured(operator!);
  const refused = async (run: Promise<unknown>, message: RegExp) => {
    const error = await run.catch((e: unknown) => e);
    assert.match((error as Error).message, message);
  };
  await refused(
    recoverGaussian(operator!, { ...prior, shape: [4, 4] }, y, 0),
    /recover: gaussian\(m=30\) measures signals of \[8, 8\], the prior is for \[4, 4\]/,
  );
  y.data[31] = Number.NaN;
  await refused(recoverGaussian(operator!, prior, y, 0), /measurement 1 of signal 1 is NaN; expected finite numbers/);
});

test.run();
