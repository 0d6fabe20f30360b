import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { LinearOperator } from "../../../operators/operator.ts";
import type { GeneratorPrior, PenaltyPrior } from "../../../priors/prior.ts";
import { parsePenalty } from "../../../priors/registry.ts";
import { constant } from "../../../priors/signals.ts";
import { sizeOf } from "../../../src/data/array.ts";
import { chooseSolver, recover, type TuneOptions, tuneLambda } from "../../../src/solve/index.ts";
import { penaltyLambda } from "../../../src/solve/penalised/lambda-rules.ts";
import { problemFor } from "../../../src/solve/recover.ts";
import { draw, type Floats, floats } from "../../operators/draws.ts";
import { measured, operators, scenes, shape, withPenalty } from "../problems.ts";

const test = suite("choice of λ");

/** λ chosen for the scenes, or other true signals. */
async function chooseLambda(
  operator: LinearOperator,
  prior: PenaltyPrior | GeneratorPrior,
  truth: Floats,
  y: Floats,
  {
    range,
    noise = 0.05,
    ...options
  }: TuneOptions & { readonly range?: readonly [number, number]; readonly noise?: number } = {},
) {
  const problem = await problemFor({ operator, y, noise, ...(range && { range }) }, prior);
  return tuneLambda(chooseSolver(prior, problem), problem, prior, truth, options);
}

const meanSquare = (a: Floats, b: Floats): number =>
  a.data.reduce((sum, v, i) => sum + (v - b.data[i]!) ** 2, 0) / a.size;

for (const name of ["tikhonov", "tv", "wavelet"]) {
  test(`${name}: the chosen λ has the lowest error of all tried, and the errors are those of real recoveries`, async () => {
    const operator = operators[2]!;
    const y = await measured(operator, 0.05);
    const prior = parsePenalty(name, shape);
    const { lambda, errors } = await chooseLambda(operator, prior, scenes, y);
    assert.equal(
      errors.map((e) => e.lambda),
      errors.map((e) => e.lambda).sort((a, b) => a - b),
    );
    const chosen = errors.find((e) => e.lambda === lambda)!;
    assert.ok(chosen.solved);
    for (const { score, solved } of errors) assert.ok(!solved || chosen.score <= score);
    assert.ok(lambda > errors[0]!.lambda && lambda < errors.at(-1)!.lambda); // inside the grid, with this noise
    const { estimate } = await withPenalty(operator, prior, y, { lambda });
    assert.ok(Math.abs(meanSquare(estimate, scenes) / chosen.score - 1) < 0.05); // solved more exactly than for the choice
  });
}

test("the grid follows the scale of the data: 255 times the signals and the noise, 255 times λ", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const times255 = (a: Floats) =>
    floats(
      [...a.data].map((v) => 255 * v),
      a.shape,
    );
  const prior = parsePenalty("tv", shape);
  const unit = await chooseLambda(operator, prior, scenes, y);
  const bytes = await chooseLambda(operator, prior, times255(scenes), times255(y), { noise: 255 * 0.05 });
  assert.ok(Math.abs(bytes.errors[0]!.lambda / unit.errors[0]!.lambda / 255 - 1) < 1e-3);
});

test("a choice says when its λ is the end of what was tried, and when none was solved", async () => {
  const operator = operators[2]!;
  const y = await measured(operator, 0.3);
  const prior = parsePenalty("tikhonov", shape);
  const fine = await chooseLambda(operator, prior, scenes, y, { noise: 0.3 });
  assert.equal(fine.warnings, []);
  const narrow = await chooseLambda(operator, prior, scenes, y, { noise: 0.3, grid: [1e3, 1.1e3] });
  assert.match(narrow.warnings.join(), /^λ = .* is the smallest that was tried; a better one may lie beyond$/);
  const hasty = await chooseLambda(operator, parsePenalty("tv", shape), scenes, y, {
    ...{ noise: 0.3, own: { steps: 1, tolerance: 1e-6 } },
  });
  assert.match(hasty.warnings.join(), /no λ was solved to the tolerance of the choice/);
});

test("of descents that end at their most steps the best λ is taken all the same", async () => {
  const operator = operators[2]!;
  const y = await measured(operator, 0.05);
  const directions = draw(5, [2, sizeOf(shape)]);
  const bent: GeneratorPrior = {
    ...{ kind: "generator", name: "bent", latent: 2, shape },
    decode: (z) => tf.reshape(tf.exp(tf.matMul(z as tf.Tensor2D, constant(directions) as tf.Tensor2D)), [-1, ...shape]),
  };
  const { lambda, errors, warnings } = await chooseLambda(operator, bent, scenes, y, {
    own: { steps: 40, restarts: 2 },
    points: 3,
  });
  const least = Math.min(...errors.map(({ score }) => score));
  assert.is(errors.find((tried) => tried.lambda === lambda)!.score, least);
  assert.not.match(warnings.join(), /passed over|no λ was solved/);
});

test("within a range the errors are those of estimates that keep to it, lower than without", async () => {
  const operator = operators[0]!;
  const y = await measured(operator, 0.05);
  const prior = parsePenalty("tikhonov", shape);
  const { errors } = await chooseLambda(operator, prior, scenes, y, { range: [0, 1] });
  const { lambda, score } = errors[3]!; // small: the estimate follows the noise out of the range
  const { estimate } = await withPenalty(operator, prior, y, { lambda });
  const { estimate: within } = await recover({ operator, y, noise: 0.05, range: [0, 1] }, prior, {
    ...{ lambda, own: penaltyLambda.rough! },
  });
  const near = within as Floats;
  assert.ok(Math.abs(meanSquare(near, scenes) / score - 1) < 1e-4); // another batch: float32 rounding
  assert.ok(
    meanSquare(near, scenes) < 0.95 * meanSquare(estimate, scenes),
    "the scenes' borders are 0, estimates go below",
  );
});

test("without noise small λ are tried", async () => {
  const operator = operators[0]!;
  const y = await measured(operator, 0);
  const { errors } = await chooseLambda(operator, parsePenalty("tv", shape), scenes, y);
  assert.ok(errors[0]!.lambda < 1e-4);
});

test("wrong calls are refused", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const prior = parsePenalty("tv", shape);
  const two = floats(new Array(128).fill(0), [2, ...shape]);
  const message = async (run: Promise<unknown>) => run.then(String, String);
  assert.match(
    await message(chooseLambda(operator, prior, two, y)),
    /expected training signals \[3, 8, 8\].*got \[2, 8, 8\]/,
  );
  assert.match(await message(chooseLambda(operator, prior, scenes, y, { points: 2 })), /points: .*at least 3, got 2/);
  assert.match(await message(chooseLambda(operator, prior, scenes, y, { grid: [] })), /grid: expected at least one λ/);
});

test.run();
