import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { parseOperator } from "../../../operators/registry.ts";
import { generatorPrior } from "../../../priors/generator/index.ts";
import { initialWeights, type NetworkSpec } from "../../../priors/generator/network.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { modes } from "../../../scripts/experiments/density/modes.ts";
import { logDensity, spiral, uniformOf } from "../../../scripts/experiments/density/spiral.ts";
import { logVolume, requireCurved } from "../../../scripts/experiments/density/volume.ts";
import { density } from "../../../scripts/experiments/density.ts";
import { cholesky, logDeterminant } from "../../../src/data/cholesky.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { problemOf } from "../../../src/solve/index.ts";
import { inProcess } from "../../cli/spawn.ts";
import { refuses, scratch } from "../../data/tiny.ts";

const test = suite("density");
const file = scratch();

const close = (found: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(found - expected) < tolerance, `${what}: ${found}, expected ${expected}`);

/** log det JᵀJ of rows z, and its gradient by automatic differentiation. */
async function volumes(prior: GeneratorPrior, rows: readonly (readonly number[])[]) {
  const z = ndarray(Float32Array.from(rows.flat()), [rows.length, prior.latent]);
  const compiled = await compile(
    (given: { z: tf.Tensor }) => ({
      value: logVolume(prior, given.z),
      slope: tf.grad((at) => tf.sum(logVolume(prior, at)))(given.z),
    }),
    { z },
  );
  const { value, slope } = await compiled.run({ z });
  await compiled.dispose();
  return { value: value.data, slope: slope.data };
}

/** A generator with random weights, 3 → 8 → 6. */
function network(activation: NetworkSpec["activation"]): GeneratorPrior {
  const spec: NetworkSpec = { latent: 3, hidden: [8], activation, output: 6, linear: false };
  const filled = (value: number) => ndarray(new Float32Array(6).fill(value), [6]);
  const decoder = { centre: filled(0), scale: filled(1) };
  return generatorPrior(activation, { network: spec, weights: initialWeights(spec, 1), decoder, shape: [6] });
}

test("the spiral: p(z)/√det JᵀJ is the density along the curve in closed form", async () => {
  const zs = [-1.5, -0.4, 0, 0.7, 1.8];
  const { value } = await volumes(
    spiral,
    zs.map((z) => [z]),
  );
  for (const [i, z] of zs.entries()) {
    const found = -0.5 * (z ** 2 + Math.log(2 * Math.PI)) - value[i]! / 2;
    close(found, logDensity(uniformOf(z)), 2e-3, `z = ${z}`);
  }
});

test("a network: the gradient by automatic differentiation is that of differences", async () => {
  const at = [0.3, -0.8, 0.5];
  const step = 0.01;
  const prior = network("tanh");
  const moved = at.flatMap((_, i) => [1, -1].map((sign) => at.map((v, j) => v + (i === j ? sign * step : 0))));
  const { slope } = await volumes(prior, [at]);
  const { value } = await volumes(prior, moved);
  for (const i of at.keys()) close(slope[i]!, (value[2 * i]! - value[2 * i + 1]!) / (2 * step), 5e-3, `slope ${i}`);
  await requireCurved("--prior", prior);
});

/** x = (z₁ a₁ + z₂ a₂) with rows a of normal numbers, [2, 4]. */
const a = stream(1, "affine").fillNormal(new Float32Array(8));
const affine: GeneratorPrior = {
  ...{ kind: "generator", name: "affine", latent: 2, shape: [4] },
  decode: (z) => tf.matMul(z as tf.Tensor2D, tf.tensor2d(a, [2, 4])),
};

test("affine generators: log det AᵀA, and both modes agree; none is refused by its own line", async () => {
  const gram = [0, 1].flatMap((i) =>
    [0, 1].map((j) => [0, 1, 2, 3].reduce((sum, q) => sum + a[4 * i + q]! * a[4 * j + q]!, 0)),
  );
  const { value } = await volumes(affine, [[0.2, -1]]);
  close(value[0]!, logDeterminant(cholesky(gram, 2), 2), 1e-3, "log det");
  const operator = parseOperator("gaussian:m=3", [4], 1);
  const y = ndarray(Float32Array.of(0.5, -1, 0.3), [1, 3]);
  const problem = problemOf({ operator, y, noise: gaussianNoise(0.1) });
  const starts = { z: ndarray(new Float32Array(2), [1, 2]), c: ndarray(new Int32Array(1), [1]), perSignal: 1 };
  const options = { steps: 300, learningRate: 0.1, schedule: "cosine", tolerance: 0, lambda: 0.05 } as const;
  const [z, x] = [
    await modes("z", problem, affine, starts, options),
    await modes("x", problem, affine, starts, options),
  ];
  for (const i of [0, 1]) close(x.best.data[i]!, z.best.data[i]!, 1e-3, `latent ${i}`);
  await refuses(
    () => requireCurved("--prior", affine),
    /^--prior: affine is affine, or affine in pieces: .*; give a smooth generator$/,
  );
  await refuses(() => requireCurved("--prior", network("relu")), /^--prior: relu is affine, or affine in pieces/);
});

test("descents find the known modes of the spiral, and the mode of x is not the worse one by much noise", async () => {
  const words = ["density", "--points", "60", "--sigma", "0.1", "--out", file("report"), "--json"];
  const { code, stdout, stderr } = await inProcess(words, { density });
  assert.is(code, 0, stderr);
  const { spiral: rows } = JSON.parse(stdout) as { spiral: { errors: { mean: number }[]; agreeing: number[] }[] };
  const { errors, agreeing } = rows[0]!;
  assert.ok(
    agreeing.every((part) => part >= 0.95),
    `${agreeing}`,
  );
  assert.ok(errors[2]!.mean < errors[0]!.mean && errors[2]!.mean < errors[1]!.mean);
});

test("what cannot be run ends in one line that says why", async () => {
  const said = async (...words: string[]) => (await inProcess(["density", ...words], { density })).stderr;
  assert.is(await said("--sigma", "0"), "error: --sigma: expected positive numbers, got 0\n");
  assert.is(await said("--points", "1"), "error: --points: expected an integer of at least 2, got 1\n");
  assert.match(await said("--prior", "tv"), /^error: --prior: .*\n$/);
});

test.run();
