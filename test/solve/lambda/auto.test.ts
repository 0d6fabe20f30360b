import { suite } from "uvu";
import * as assert from "uvu/assert";
import { matrixOperator } from "../../../operators/matrix.ts";
import { parseOperator } from "../../../operators/registry.ts";
import { parsePenalty } from "../../../priors/registry.ts";
import { stream } from "../../../src/data/random.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { parseNoise } from "../../../src/measure/noise/registry.ts";
import { autoLambda, chooseSolver, type Problem, problemOf, recover } from "../../../src/solve/index.ts";
import { meetTarget } from "../../../src/solve/lambda/discrepancy.ts";
import { trialSolves } from "../../../src/solve/lambda/trials.ts";
import { apply, type Floats, floats } from "../../operators/draws.ts";
import { matrixOf, measured, multiply, operators, scenes, shape, signalOf } from "../problems.ts";

const test = suite("λ from the measurements alone");

const squared = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0);

const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v / values.length, 0);
const standardError = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1) / values.length);

/** `count` noisy copies of the first scene, all pixels measured. */
function noisyScenes(count: number, sigma: number): Problem {
  const random = stream(5, "noisy scenes");
  const y = floats(
    Array.from({ length: count * 64 }, (_, at) => scenes.data[at % 64]! + sigma * random.normal()),
    [count, 64],
  );
  return problemOf({ operator: parseOperator("mask:keep=1", shape, 1), y, noise: gaussianNoise(sigma) });
}

test("the probe's degrees of freedom are the exact trace of ridge regression, in the mean", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const problem = problemOf({ operator, y, noise: gaussianNoise(0.05) });
  const prior = parsePenalty("tikhonov", shape);
  const lambda = 0.1;
  const traces: number[] = [];
  for (let seed = 1; seed <= 8; seed++) {
    const [trial] = await trialSolves(chooseSolver(prior, problem), problem, prior, [lambda], { probe: 0.1, seed });
    traces.push(trial!.freedom);
  }
  // Φ(Φ'Φ + 2λ)⁻¹Φ' of y itself, row by row of the identity
  const unit = floats(
    Array.from({ length: 900 }, (_, i) => Number(i % 31 === 0)),
    [30, 30],
  );
  const { estimate } = await recover({ operator, y: unit, noise: 0.05 }, prior, { lambda, own: { tolerance: 1e-6 } });
  const matrix = await matrixOf(operator);
  const exact = Array.from({ length: 30 }, (_, i) => multiply(matrix, signalOf(estimate as Floats, i))[i]!);
  const trace = exact.reduce((sum, v) => sum + v, 0);
  assert.ok(Math.abs(mean(traces) - trace) < 4 * standardError(traces), `${mean(traces)} against ${trace}`);
  assert.ok(standardError(traces) < 0.1 * trace);
});

test("Stein's estimate is unbiased: the true risk of wavelet denoising, by simulation", async () => {
  const sigma = 0.1;
  const problem = noisyScenes(200, sigma);
  const prior = parsePenalty("wavelet:wavelet=haar", shape);
  const solver = chooseSolver(prior, problem);
  const clean = signalOf(scenes, 0);
  for (const lambda of [0.05, 0.2]) {
    const [trial] = await trialSolves(solver, problem, prior, [lambda], { probe: 0.3 * sigma });
    const sure = trial!.residual + 2 * sigma ** 2 * trial!.freedom - 64 * sigma ** 2;
    const { estimate } = await recover({ ...problem, noise: sigma }, prior, { lambda });
    const losses = Array.from({ length: 200 }, (_, i) => squared(signalOf(estimate as Floats, i), clean));
    const error = Math.sqrt((2 * 64 * sigma ** 4 + 4 * sigma ** 2 * mean(losses)) / 200); // of SURE, as if x̂ were linear
    assert.ok(
      error < 0.03 && Math.abs(sure - mean(losses)) < 3 * error,
      `${sure} against ${mean(losses)} at ${lambda}`,
    );
  }
});

for (const name of ["tikhonov", "tv", "wavelet"]) {
  test(`${name}: denoised within 10 % of the best λ of a fine grid`, async () => {
    const problem = noisyScenes(16, 0.2);
    const prior = parsePenalty(name, shape);
    const clean = signalOf(scenes, 0);
    const risk = async (lambda: number) => {
      const { estimate } = await recover(problem, prior, { lambda });
      return mean(Array.from({ length: 16 }, (_, i) => squared(signalOf(estimate as Floats, i), clean)));
    };
    const { lambda, by } = await autoLambda(chooseSolver(prior, problem), problem, prior);
    assert.match(by, /SURE/);
    const grid = Array.from({ length: 13 }, (_, i) => 0.02 * 1.4 ** i);
    const risks: number[] = [];
    for (const value of grid) risks.push(await risk(value));
    assert.ok((await risk(lambda)) < 1.1 * Math.min(...risks));
  });
}

test("noise of one σ a measurement: λ is that of the problem with rows and noise divided by it", async () => {
  const operator = operators[0]!;
  const y = await measured(operator, 0.1);
  const prior = parsePenalty("tv", shape);
  const factors = Float32Array.from({ length: 30 }, (_, i) => 0.2 + i / 10); // row i, its measurement and its σ times this
  const rows = (await matrixOf(operator)).flatMap((row, i) => row.map((v) => factors[i]! * v));
  const scaled = matrixOperator({ matrix: floats(rows, [30, 64]), inShape: shape });
  const scaledY = floats(
    [...y.data].map((v, at) => factors[at % 30]! * v),
    y.shape,
  );
  const plain = problemOf({ operator, y, noise: gaussianNoise(0.1) });
  const equal = problemOf({ operator: scaled, y: scaledY, noise: gaussianNoise(factors.map((f) => 0.1 * f)) });
  const solver = chooseSolver(prior, plain);
  const [a, b] = [await autoLambda(solver, plain, prior), await autoLambda(solver, equal, prior)];
  const square = mean([...factors].map((f) => f ** 2)); // the one σ of the whitened problem is the root mean square
  assert.ok(Math.abs(b.lambda / a.lambda / square - 1) < 1e-3, `${b.lambda / a.lambda} instead of ${square}`);
});

test("other noise: the residual meets what the noise explains", async () => {
  const operator = parseOperator("mask:keep=1", shape, 1);
  const bright = floats(
    [...scenes.data].map((v) => v + 0.2),
    scenes.shape,
  );
  const clean = await apply(operator.forward, bright);
  const noise = parseNoise("poisson:peak=30").ofClean(clean);
  const y = noise.sample(clean, stream(3, "counts")) as Floats;
  const prior = parsePenalty("tv", shape);
  const problem = problemOf({ operator, y, noise });
  const { lambda, by } = await autoLambda(chooseSolver(prior, problem), problem, prior);
  assert.is(by, "lambda by the discrepancy principle");
  const { estimate } = await recover(problem, prior, { lambda });
  const residual = mean([0, 1, 2].map((i) => squared(signalOf(estimate as Floats, i), signalOf(y, i))));
  assert.ok(Math.abs(residual / (64 * noise.sigma ** 2) - 1) < 0.06); // 3 % of the search, and its solves' tolerance
});

test("a residual meets its target from either side, in few trials; one that never does ends at that end", async () => {
  let trials = 0;
  const residual = async (lambda: number) => {
    trials++;
    return (lambda / (1 + lambda)) ** 2;
  };
  for (const start of [1e-5, 1e3]) {
    trials = 0;
    const { lambda, met } = await meetTarget(residual, 0.01, { start, low: 1e-6, high: 1e6 });
    assert.ok(met);
    assert.ok(Math.abs((lambda / (1 + lambda)) ** 2 / 0.01 - 1) < 0.03);
    assert.ok(trials <= 10);
  }
  for (const [target, end] of [
    [4, 100],
    [1e-9, 0.01],
  ] as const) {
    const { lambda, met } = await meetTarget(residual, target, { start: 1, low: 0.01, high: 100 });
    assert.ok(Math.abs(lambda / end - 1) < 1e-12);
    assert.not(met);
  }
});

test("recover takes auto, says how λ was chosen, and leaves solvers without λ alone", async () => {
  const operator = operators[0]!;
  const y = await measured(operator, 0.05);
  const penalty = parsePenalty("tv", shape);
  const found = await recover({ operator, y, noise: 0.05 }, penalty, { lambda: "auto" });
  assert.ok(found.chosen.by!.some((rule) => rule.startsWith("lambda by")));
  const silent = await recover({ operator, y, noise: 0 }, penalty, { lambda: "auto" });
  assert.equal(silent.chosen.by, ["lambda by the prior's rule, for there is no noise"]);
  const covariance = Float64Array.from({ length: 4096 }, (_, i) => Number(i % 65 === 0));
  const gaussian = { kind: "gaussian" as const, name: "unit", shape, mean: new Float64Array(64), covariance };
  const exact = await recover({ operator, y, noise: 0.05 }, gaussian, { lambda: "auto" });
  assert.is(exact.chosen.by, undefined);
  const problem = problemOf({ operator, y, noise: gaussianNoise(0.05) });
  const refused = await autoLambda(chooseSolver(gaussian, problem), problem, gaussian).then(String, String);
  assert.match(refused, /lambda: auto: posterior has no λ/);
});

test.run();
