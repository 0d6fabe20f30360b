import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { ForwardOperator } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import type { Prior } from "../../priors/prior.ts";
import { parsePenalty, penalties, penaltyNames } from "../../priors/registry.ts";
import { type MethodOptions, methodOf } from "../../src/compare/method.ts";
import { meanSquaredErrors } from "../../src/compare/metrics.ts";
import { loadReconstruction, saveReconstruction } from "../../src/compare/reconstruction.ts";
import { stream } from "../../src/data/random.ts";
import { measure } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { chooseSolver, problemOf, tuneLambda } from "../../src/solve/index.ts";
import { draw } from "../operators/draws.ts";

const test = suite("methods");

/** Signals of one number a pixel row: x = z, all the same, so that G(z) = z ⊗ 1 represents them exactly. */
const flat = (count: number, seed: number) => {
  const random = stream(seed, "levels");
  const levels = Array.from({ length: count }, () => random.uniform());
  return ndarray(
    Float32Array.from({ length: count * 16 }, (_, i) => levels[Math.floor(i / 16)]!),
    [count, 4, 4],
  );
};
const generator = {
  kind: "generator" as const,
  ...{ name: "flat", latent: 1, shape: [4, 4] },
  decode: (z: tf.Tensor) => tf.mul(tf.reshape(z, [-1, 1, 1]), tf.ones([1, 4, 4])),
};
const operator = parseOperator("gaussian:m=6", [4, 4], 1);

const problemWith = ({ noise, ...given }: { operator: ForwardOperator; y: NdArray<Float32Array>; noise: number }) =>
  problemOf({ ...given, noise: gaussianNoise(noise) });

const lambdaOf = async (prior: Prior, options: MethodOptions, of: ForwardOperator = operator) => {
  const { y } = await measure(flat(3, 1), operator, { noise: 0.1 });
  const problem = problemWith({ operator: of, y, noise: 0.1 });
  return (await methodOf("m", prior, options).recover(problem)).chosen.lambda;
};
const residual = ndarray(
  Float32Array.from({ length: 256 }, (_, i) => (i % 17 === 0 ? 0.01 : 0)),
  [16, 16],
);

test("a fixed λ is used, and without any the default of the solver", async () => {
  const prior = parsePenalty("tikhonov", [4, 4]);
  assert.is(await lambdaOf(prior, { lambda: 0.3 }), 0.3);
  const problem = problemWith({ operator, y: (await measure(flat(3, 1), operator, { noise: 0.1 })).y, noise: 0.1 });
  assert.is(await lambdaOf(prior, {}), await chooseSolver(prior, problem).lambda!.default(problem, prior));
});

test("the λ of a generator without residual follows the measurements, in any unit", async () => {
  const { y } = await measure(flat(3, 1), operator);
  const at = async (unit: number, noise: number) => {
    const scaled = ndarray(
      y.data.map((v) => unit * v),
      y.shape,
    );
    const problem = problemOf({ operator, y: scaled, noise: gaussianNoise(unit * noise) });
    return chooseSolver(generator, problem).lambda!.default(problem, generator);
  };
  const energies = [0, 1, 2].map((i) => y.data.subarray(6 * i, 6 * i + 6).reduce((sum, v) => sum + v * v, 0));
  const energy = energies.sort((a, b) => a - b)[1]!; // the median
  assert.ok(Math.abs((await at(1, 0)) / (1e-3 * energy) - 1) < 1e-6);
  assert.ok(Math.abs((await at(255, 0)) / (255 ** 2 * (await at(1, 0))) - 1) < 1e-5); // float32 measurements
  assert.ok(Math.abs((await at(1, 2)) - 4) < 1e-12); // σ² where that is more
});

test("a generator with a residual has no λ for a linear operator, unless one is fixed", async () => {
  const prior = { ...generator, residual };
  assert.equal(
    [
      await lambdaOf(prior, { own: { steps: 50 } }),
      await lambdaOf(prior, { own: { steps: 50, estimate: "best" } }),
      await lambdaOf(prior, { lambda: 0.3, own: { steps: 50 } }),
    ],
    [undefined, undefined, 0.3],
  );
  const bent = { ...operator, linear: false };
  assert.ok(Math.abs(Number(await lambdaOf(prior, { own: { steps: 5 } }, bent)) - 0.01) < 1e-12); // σ²
});

for (const { shape, spec } of penaltyNames.flatMap((name) => penalties[name].samples)) {
  const prior = parsePenalty(spec, shape);
  if (!prior.defaultLambda) continue;
  test(`${spec} on [${shape}]: the default λ grows with the noise, and is positive without any`, async () => {
    const own = parseOperator("gaussian:m=6", shape, 1);
    const { y } = await measure(draw(3, [3, ...shape]), own, { noise: 0.1 });
    const at = (noise: number) => {
      const problem = problemWith({ operator: own, y, noise });
      return chooseSolver(prior, problem).lambda!.default(problem, prior);
    };
    assert.ok((await at(0)) > 0);
    assert.ok((await at(0.2)) > 2 * (await at(0.05)));
  });
}

test("λ is chosen on the tuning signals, measured as the problem is, and better than a bad one", async () => {
  const truth = flat(4, 1);
  const tuning = flat(4, 2);
  const { y } = await measure(truth, operator, { noise: 0.05 });
  const problem = problemWith({ operator, y, noise: 0.05 });
  const error = async (prior: Prior, options: MethodOptions) => {
    const errors = meanSquaredErrors(truth, (await methodOf("m", prior, options).recover(problem)).estimate);
    return errors.reduce((sum, e) => sum + e / 4, 0);
  };
  const energy = parsePenalty("tikhonov", [4, 4]);
  const { chosen: used } = await methodOf("m", energy, { tuning }).recover(problem);
  const training = problemWith({
    operator,
    y: (await measure(tuning, operator, { noise: 0.05, seed: 1_000_004 })).y,
    noise: 0.05,
  });
  assert.is(used.lambda, (await tuneLambda(chooseSolver(energy, problem), training, energy, tuning)).lambda);
  assert.ok((await error(energy, { tuning })) < (await error(energy, { lambda: 100 })));
  const own = { restarts: 1, steps: 200 };
  const chosen = await error(generator, { tuning, own });
  assert.ok(chosen < (await error(generator, { lambda: 100, own })));
  assert.ok(chosen < 0.01); // the noise on a level known from six measurements of √16 gain has variance below 0.001
});

test("the default λ of a batch does not follow one signal that is far larger", async () => {
  const { y } = await measure(flat(3, 1), operator, { noise: 0.1 });
  const louder = ndarray(
    Float32Array.from(y.data, (v, at) => (at < y.size / 3 ? 100 * v : v)),
    y.shape,
  );
  for (const prior of [parsePenalty("tikhonov", [4, 4]), parsePenalty("tv", [4, 4]), generator]) {
    const [plain, beside] = [y, louder].map((own) => problemWith({ operator, y: own, noise: 0.01 }));
    const { default: usual } = chooseSolver(prior, plain!).lambda!;
    const ratio = Number(await usual(beside!, prior)) / Number(await usual(plain!, prior));
    assert.ok(ratio > 0.3 && ratio < 3, `${prior.name}: ${ratio}`); // the median is that of another signal of three
  }
});

test("an automatic λ leaves solvers without one alone", async () => {
  const { y } = await measure(flat(3, 1), operator, { noise: 0.1 });
  const prior: Prior = {
    ...{ kind: "gaussian", name: "unit", shape: [4, 4], mean: new Float64Array(16) },
    covariance: Float64Array.from({ length: 256 }, (_, at) => Number(at % 17 === 0)),
  };
  const { outcomes, chosen } = await methodOf("m", prior, { lambda: "auto" }).recover(
    problemWith({ operator, y, noise: 0.1 }),
  );
  assert.equal([outcomes[0], chosen.lambda], ["exact", undefined]);
});

test("a reconstruction is read back as it was written", async () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "reconstruction-")), "xhat.npz");
  const truth = flat(2, 3);
  const made = {
    estimate: flat(2, 4),
    truth,
    errors: Float64Array.of(0.1, 0.2),
    facts: { method: "tv", lambda: null },
  };
  await saveReconstruction(file, made);
  const back = await loadReconstruction(file);
  assert.equal([...back.estimate.data], [...made.estimate.data]);
  assert.equal([back.truth?.shape, back.errors, back.facts], [[2, 4, 4], made.errors, made.facts]);
});

test.run();
